package match

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Taxonomy gives a source's own codes a place in categories that all sources
// share, from fine to coarse.
type Taxonomy struct {
	Name  string
	depth int
	ids   []map[string]int32 // of the categories, one map a level
	codes map[Ref][]int32
}

// NewTaxonomy starts an empty taxonomy of depth levels, at least 1.
func NewTaxonomy(name string, depth int) *Taxonomy {
	t := &Taxonomy{Name: name, depth: depth, codes: map[Ref][]int32{}}
	for range depth {
		t.ids = append(t.ids, map[string]int32{})
	}
	return t
}

// Depth is the number of levels.
func (t *Taxonomy) Depth() int { return t.depth }

// Add gives a code of a source its categories, fine to coarse. Source "" means
// every source that has no entry of its own for the code. An entry may be
// repeated but not contradicted.
func (t *Taxonomy) Add(source, code string, levels ...string) error {
	if len(levels) != t.depth {
		return fmt.Errorf("taxonomy %s has %d levels; %q of %q has %d", t.Name, t.depth, code, source, len(levels))
	}
	ids := make([]int32, t.depth)
	for l, category := range levels {
		if category == "" {
			return fmt.Errorf("taxonomy %s: %q of %q has no category in level %d", t.Name, code, source, l+1)
		}
		id, ok := t.ids[l][category]
		if !ok {
			id = int32(len(t.ids[l]))
			t.ids[l][category] = id
		}
		ids[l] = id
	}
	key := Ref{source, code}
	if old, ok := t.codes[key]; ok && !slices.Equal(old, ids) {
		return fmt.Errorf("taxonomy %s: %q of %q stands twice with different categories", t.Name, code, source)
	}
	t.codes[key] = ids
	return nil
}

func (t *Taxonomy) lookup(source, code string) ([]int32, bool) {
	if l, ok := t.codes[Ref{source, code}]; ok {
		return l, true
	}
	l, ok := t.codes[Ref{"", code}]
	return l, ok
}

// ReadTaxonomy reads the CSV layout of MELTT: a header, then source, code and
// the categories from fine to coarse. The columns go by position.
func ReadTaxonomy(name string, r io.Reader) (*Taxonomy, error) {
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("taxonomy %s: %w", name, err)
	}
	if len(header) < 3 {
		return nil, fmt.Errorf("taxonomy %s: the columns are source, code and one or more levels; there are %d", name, len(header))
	}
	t := NewTaxonomy(name, len(header)-2)
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("taxonomy %s: %w", name, err)
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if err := t.Add(row[0], row[1], row[2:]...); err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if len(t.codes) == 0 {
		return nil, fmt.Errorf("taxonomy %s has no rows", name)
	}
	return t, nil
}
