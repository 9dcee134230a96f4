package event

import (
	"cmp"
	"fmt"
	"slices"

	"athar"
	"athar/tabular"
)

// Options says what a reader of events keeps.
type Options struct {
	Dataset string            // name of the data, for [athar.Event.Dataset]
	Columns map[string]string // our field -> the file's column
	Group   Group             // kept if it is on a side; unnamed: everybody
	Filter  Filter
	// Organisations are names that machine-coded sources may keep, beside
	// those that the readers know and the group's own.
	Organisations []string
	// Numbers are columns of numbers, by the file's own names, whose cells a reader
	// of tables passes on by line, NaN where a cell is no number.
	Numbers []string
	Number  func(line int, cells []float64)
}

// A Collector gathers the events that a reader emits into one list that does
// not depend on the order of rows.
type Collector struct {
	Monadic bool // rows of one id are the sides of one event

	events []athar.Event
	times  map[int]int // line -> events of that line, where there are several
}

// Add takes one event. A row that stands for several events comes once for
// each of them, without a break.
func (c *Collector) Add(e *athar.Event) error {
	if n := len(c.events); n > 0 && c.events[n-1].Line == e.Line {
		if c.times == nil {
			c.times = map[int]int{}
		}
		c.times[e.Line] = max(1, c.times[e.Line]) + 1
		return nil
	}
	c.events = append(c.events, *e)
	return nil
}

// Events returns one event of every id, the first by time and content
// whatever the order of rows, and lets again account for the others. The
// deaths of a row that stands for several events go to the first of them.
func (c *Collector) Events(again func(e *athar.Event, first int)) []athar.Event {
	slices.SortFunc(c.events, func(a, b athar.Event) int {
		return cmp.Or(compare(&a, &b), cmp.Compare(a.Line, b.Line))
	})
	first := map[string]int{} // position in kept
	kept := c.events[:0]
	for i := range c.events {
		e := &c.events[i]
		if k, known := first[e.ID]; known && e.ID != "" {
			if c.Monadic {
				join(&kept[k], e)
			}
			again(e, kept[k].Line)
			continue
		}
		first[e.ID] = len(kept)
		kept = append(kept, *e)
	}
	if c.times == nil {
		return kept
	}
	var out []athar.Event
	for _, e := range kept {
		for range max(1, c.times[e.Line]) {
			out = append(out, e)
			e.Deaths = athar.Deaths{}
		}
	}
	return out
}

// join gives an event of a monadic table its other side.
func join(kept, again *athar.Event) {
	if kept.SideB == "" && again.SideB == "" && again.SideA != kept.SideA {
		kept.SideB, kept.SideBID = again.SideA, again.SideAID
	}
}

// Once passes on the first row of every id in the order of the file. It holds
// eight bytes an event: what it remembers of an id is a 64-bit hash (FNV-1a),
// which two of a million ids share with a probability of one in thirty million.
type Once struct {
	Emit    func(*athar.Event) error
	Again   func(e *athar.Event, first int) // accounts for a repeated row; first is 0: its line is not remembered
	Monadic bool                            // rows of one id that follow each other are the sides of one event

	seen    ids
	line    int // passed on last
	dropped int
	held    athar.Event
}

// Add takes one event; a row that stands for several comes once for each of
// them, without a break.
func (o *Once) Add(e *athar.Event) error {
	switch {
	case e.Line == o.dropped:
		return nil
	case e.ID != "" && e.Line != o.line && !o.seen.add(hash(e.ID)):
		if o.Monadic && e.ID == o.held.ID {
			join(&o.held, e)
		}
		o.dropped = e.Line
		o.Again(e, 0)
		return nil
	}
	o.line = e.Line
	if !o.Monadic {
		return o.Emit(e)
	}
	err := o.Flush()
	o.held = *e
	return err
}

// Flush passes on what is held back; it ends a monadic table.
func (o *Once) Flush() error {
	if o.held.ID == "" {
		return nil
	}
	last := o.held
	o.held = athar.Event{}
	return o.Emit(&last)
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// ids is a set of hashes with open addressing, at most three quarters full.
type ids struct {
	slots []uint64
	n     int
	zero  bool // 0 marks a free slot
}

func (s *ids) add(h uint64) bool {
	if h == 0 {
		known := s.zero
		s.zero = true
		return !known
	}
	if 4*(s.n+1) > 3*len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, max(1024, 2*len(old)))
		for _, x := range old {
			if x != 0 {
				s.slots[s.find(x)] = x
			}
		}
	}
	i := s.find(h)
	if s.slots[i] == h {
		return false
	}
	s.slots[i] = h
	s.n++
	return true
}

// find returns the slot of h, or the free one where it belongs.
func (s *ids) find(h uint64) int {
	mask := uint64(len(s.slots) - 1)
	i := (h * 0x9E3779B97F4A7C15 >> 20) & mask
	for s.slots[i] != 0 && s.slots[i] != h {
		i = (i + 1) & mask
	}
	return int(i)
}

// Rejecter accounts for repeated rows as damaged ones.
func Rejecter(f *tabular.File, t *tabular.Tally, idField string) func(e *athar.Event, first int) {
	return func(e *athar.Event, first int) {
		where := "an earlier line"
		if first > 0 {
			where = fmt.Sprintf("line %d", first)
		}
		t.Reject(e.Line, f.Column(idField), "duplicate-id", fmt.Sprintf("id %s is also in %s", e.ID, where))
	}
}
