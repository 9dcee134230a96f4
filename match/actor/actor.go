// Package actor says which organisation a published name means.
//
// The package thinks that a wrong merge of two organisations is worse than a
// missed one. A name means an organisation if, after the spelling rules of its
// script, it is one of the names in a table that somebody curated; nothing
// else is ever matched. Names that look like one of the table go to a list for
// a reader. A name that the table does not have stays as published. The table
// holds organisations only.
package actor

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"athar"
	"athar/internal/spelling"
)

// Role says what kind of side an actor is.
type Role string

// The roles.
const (
	Group      Role = "group"      // an armed group
	Government Role = "government" // a state's forces and those under its command
	Civilians  Role = "civilians"  // the side of those attacked, never an organisation
)

// Actor is one organisation of the table.
type Actor struct {
	ID        string
	Name      athar.Names
	Aliases   []string // other published names, in any script
	Role      Role
	Family    string     // organisations that are factions, predecessors or successors of each other
	FactionOf string     // ID of the organisation that it belongs to, "" if none
	Countries []string   // where its names mean it, for short names mean others elsewhere; nil: everywhere
	Valid     athar.Span // when an organisation of this name existed; both ends wide if unknown
}

// Always is the validity of an actor whose dates are not given, wide enough for
// any date and narrow enough to be counted in days.
var Always = athar.Span{First: -1 << 29, Last: 1 << 29}

// Table is a set of actors with their names.
type Table struct {
	actors []Actor
	byID   map[string]int
	byName map[string][]int // normalised names
	seen   sync.Map         // published names already looked up, with their actors: few names stand in many rows
}

//go:embed aliases.csv
var curated []byte

// Curated is the table that comes with Athar.
var Curated = sync.OnceValue(func() *Table {
	t, err := Read(bytes.NewReader(curated))
	if err != nil {
		panic("the curated table of actors: " + err.Error())
	}
	return t
})

var columns = []string{"id", "en", "ar", "aliases", "role", "family", "faction_of", "countries", "from", "to"}

// Read reads a table of the columns id, en, ar, aliases (separated by ;),
// role, family, faction_of, countries (separated by ;, as the sources write
// them in English), from, to. It refuses, with the line, an id that stands
// twice, a role, date or faction_of that is none, and a name that two actors
// bear at one time in one country.
func Read(r io.Reader) (*Table, error) {
	return (&Table{}).With(r)
}

// With is the table with more rows, read as [Read] reads them. A row with the
// id of an actor that the table has, and nothing but aliases beside it, gives
// that actor more names.
func (t *Table) With(r io.Reader) (*Table, error) {
	t = &Table{actors: slices.Clone(t.actors), byID: maps.Clone(t.byID), byName: maps.Clone(t.byName)}
	if t.byID == nil {
		t.byID, t.byName = map[string]int{}, map[string][]int{}
	}
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("line 1: the columns are %s; found %s", strings.Join(columns, ","), strings.Join(header, ","))
	}
	before := len(t.actors)
	var lines []int
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		if err := t.add(row); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if len(t.actors) > before+len(lines) {
			lines = append(lines, line)
		}
	}
	for i, a := range t.actors[before:] {
		if _, ok := t.byID[a.FactionOf]; a.FactionOf != "" && !ok {
			return nil, fmt.Errorf("line %d: %s is a faction of %q, which is not in the table", lines[i], a.ID, a.FactionOf)
		}
	}
	return t, nil
}

func (t *Table) add(row []string) error {
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	a := Actor{ID: row[0], Name: athar.Names{En: row[1], Ar: row[2]}, Role: Role(row[4]), Family: row[5], FactionOf: row[6], Valid: Always}
	var aliases []string
	if row[3] != "" {
		aliases = strings.Split(row[3], ";")
	}
	if i, ok := t.byID[a.ID]; ok {
		if aliases == nil || strings.Join(row[1:3], "")+strings.Join(row[4:], "") != "" {
			return fmt.Errorf("id %q stands twice; to give it more names, write the id and the aliases and leave the rest empty", a.ID)
		}
		t.actors[i].Aliases = append(slices.Clone(t.actors[i].Aliases), aliases...)
		return t.name(i, aliases)
	}
	if a.ID == "" || a.Name.En == "" || a.Family == "" {
		return errors.New("id, en and family may not be empty")
	}
	if a.Role != Group && a.Role != Government && a.Role != Civilians {
		return fmt.Errorf("role %q is none of %s, %s, %s", a.Role, Group, Government, Civilians)
	}
	for dst, cell := range map[*athar.Day]string{&a.Valid.First: row[8], &a.Valid.Last: row[9]} {
		if cell == "" {
			continue
		}
		day, err := athar.ParseDay(cell)
		if err != nil {
			return err
		}
		*dst = day
	}
	if a.Valid.Last < a.Valid.First {
		return fmt.Errorf("%s ends before it begins", a.ID)
	}
	if row[7] != "" {
		a.Countries = strings.Split(row[7], ";")
	}
	a.Aliases = aliases
	t.byID[a.ID] = len(t.actors)
	t.actors = append(t.actors, a)
	return t.name(len(t.actors)-1, append([]string{a.Name.En, a.Name.Ar}, aliases...))
}

// name gives names to actor i, unless another bears one of them.
func (t *Table) name(i int, names []string) error {
	a := t.actors[i]
	for _, name := range names {
		key := Normalise(name)
		if key == "" || slices.Contains(t.byName[key], i) {
			continue
		}
		for _, j := range t.byName[key] {
			if b := t.actors[j]; b.Valid.Overlap(a.Valid) > 0 && together(a, b) {
				return fmt.Errorf("%q names both %s and %s at one time", name, b.ID, a.ID)
			}
		}
		t.byName[key] = append(slices.Clone(t.byName[key]), i)
	}
	return nil
}

func together(a, b Actor) bool {
	return a.Countries == nil || b.Countries == nil || slices.ContainsFunc(a.Countries, func(c string) bool { return slices.Contains(b.Countries, c) })
}

// years are those of a government, which some sources write after its forces'
// name: "Military Forces of Iraq (2014-)".
var years = regexp.MustCompile(`\s*\(\d{4}\s*-\s*(\d{4})?\)`)

// Normalise brings spellings of one name together: the rules of
// [spelling.Fold], and without the years of a government.
func Normalise(name string) string { return spelling.Fold(years.ReplaceAllString(name, "")) }

// Actors lists the table in its order.
func (t *Table) Actors() []Actor { return slices.Clone(t.actors) }

// ByID returns the actor with an id.
func (t *Table) ByID(id string) (Actor, bool) {
	i, ok := t.byID[id]
	if !ok {
		return Actor{}, false
	}
	return t.actors[i], true
}

// Match returns the organisation that a published name means in a country, ""
// if that is not known, on a day. Where several bore the name one after the
// other, the day decides. Where only one ever bore it there, that one is meant
// whatever the day, for sources use the present name for the past. ok is false
// if the table does not have the name, or if it leaves a choice.
func (t *Table) Match(name, country string, on athar.Day) (a Actor, ok bool) {
	bearers, ok := t.seen.Load(name)
	if !ok {
		bearers, _ = t.seen.LoadOrStore(name, t.byName[Normalise(name)])
	}
	hits := slices.DeleteFunc(slices.Clone(bearers.([]int)), func(i int) bool {
		where := t.actors[i].Countries
		return country != "" && where != nil && !slices.Contains(where, country)
	})
	if len(hits) > 1 {
		hits = slices.DeleteFunc(hits, func(i int) bool { return !t.actors[i].Valid.Has(on) })
	}
	if len(hits) != 1 {
		return Actor{}, false
	}
	return t.actors[hits[0]], true
}

// Side is one organisation of a published side.
type Side struct {
	Published string // the name, or its part of a coalition's
	Actor     Actor  // zero if the table does not have the name
	Known     bool
}

// Sides reads a published side, which may be a coalition with the names of
// its members separated by commas, in the order as published. A name that the
// table has as a whole is not taken apart.
func (t *Table) Sides(name, country string, on athar.Day) []Side {
	parts := []string{name}
	if _, whole := t.Match(name, country, on); !whole {
		parts = strings.Split(name, ",")
	}
	var out []Side
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			a, ok := t.Match(p, country, on)
			out = append(out, Side{p, a, ok})
		}
	}
	return out
}

// Family lists the actors of a family in the order of the table.
func (t *Table) Family(family string) []Actor {
	return slices.DeleteFunc(t.Actors(), func(a Actor) bool { return a.Family != family })
}

// Near is a published name that is like one of the table and not the same.
type Near struct {
	Published string
	Alias     string // the likest name of the table
	ID        string // whose it is
	Score     float64
}

// ReviewScore is the likeness from which a name goes to the review list.
const ReviewScore = 0.93

// Review lists the published names that the table does not have and that are
// like one that it has, by [JaroWinkler] of the normalised names; the likest
// first. Nothing is matched by it: a reader adds the alias, or does not.
func (t *Table) Review(published []string) []Near {
	spelled := slices.Sorted(maps.Keys(t.byName))
	var list []Near
	for _, name := range slices.Compact(slices.Sorted(slices.Values(published))) {
		key := Normalise(name)
		if key == "" || Unknown(name) || t.byName[key] != nil {
			continue
		}
		best := Near{Published: name}
		for _, s := range spelled {
			if score := JaroWinkler(key, s); score > best.Score {
				best.Alias, best.ID, best.Score = s, t.actors[t.byName[s][0]].ID, score
			}
		}
		if best.Score >= ReviewScore {
			list = append(list, best)
		}
	}
	slices.SortStableFunc(list, func(a, b Near) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return list
}

// placeholder is what UCDP writes for an actor that is not known or not yet
// placed: XXX and the number of the country.
var placeholder = regexp.MustCompile(`^xxx ?\d+$`)

// Unknown reports whether a published name says that the actor is not known:
// "Unidentified Armed Group (Iraq)", "Unknown", "XXX645", "مسلحون مجهولون".
// An empty name says nothing and is not unknown.
func Unknown(name string) bool {
	key := Normalise(name)
	for _, w := range strings.Fields(key) {
		switch w {
		case "unidentified", "unknown", "مجهول", "مجهوله", "مجهولون", "مجهولين":
			return true
		}
	}
	return placeholder.MatchString(key)
}

// Names lists every name and alias of the table's organisations.
func (t *Table) Names() []string {
	var out []string
	for _, a := range t.actors {
		for _, n := range append([]string{a.Name.En, a.Name.Ar}, a.Aliases...) {
			if n != "" {
				out = append(out, n)
			}
		}
	}
	return out
}
