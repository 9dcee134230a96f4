package match

import (
	"cmp"
	"slices"
)

// FindAsReference chooses partners as the reference program does, so that a
// test can show that nothing but the choice differs: reports of the pool are
// served in order of date, each with the nearest earlier report of the new
// source that is still free, else with the next later one, whatever the score.
func FindAsReference(records []Record, o Options) (*Result, error) {
	s, err := prepare(records, o)
	if err != nil {
		return nil, err
	}
	rank := func(i int32) (first, source, length int32, id string) {
		p := &s.points[i]
		return p.first, p.source, int32(len(p.ref.ID)), p.ref.ID // identifiers are numbers: shorter is smaller
	}
	compare := func(i, j int32) int {
		f1, s1, l1, d1 := rank(i)
		f2, s2, l2, d2 := rank(j)
		return cmp.Or(cmp.Compare(f1, f2), cmp.Compare(s1, s2), cmp.Compare(l1, l2), cmp.Compare(d1, d2))
	}
	return s.merge(window{o.Km, int32(o.Days)}, func(pairs []pair) []pair {
		slices.SortFunc(pairs, func(p, q pair) int {
			if p.a != q.a {
				return compare(p.a, q.a)
			}
			first := s.points[p.a].first
			earlierP, earlierQ := s.points[p.b].first < first, s.points[q.b].first < first
			switch {
			case earlierP && earlierQ:
				return compare(q.b, p.b)
			case earlierP:
				return -1
			case earlierQ:
				return 1
			}
			return compare(p.b, q.b)
		})
		taken := map[int32]bool{}
		var chosen []pair
		for _, p := range pairs {
			if !taken[p.a] && !taken[p.b] {
				taken[p.a], taken[p.b] = true, true
				chosen = append(chosen, p)
			}
		}
		return chosen
	}), nil
}
