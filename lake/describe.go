package lake

import (
	"context"
	"fmt"

	"athar"
)

// maxSides is the number of organisations that a description names.
const maxSides = 20

// places names the classes of [athar.PlacePrecision] in their order.
var places = []string{"unknown", "exact", "near", "district", "province", "fuzzy", "country", "offshore"}

// unknownSide recognises sides that a source names only to say that it does
// not know them.
const unknownSide = "(trim(%[1]s) = '' OR lower(%[1]s) LIKE '%%unidentified%%' OR lower(%[1]s) LIKE '%%unknown%%')"

// Describe counts what the filter lets through.
func (l *Lake) Describe(ctx context.Context, f Filter) (*athar.Holdings, error) {
	s, err := l.open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer s.close()
	d := &athar.Holdings{}
	for _, f := range s.files {
		d.Files = append(d.Files, f.Info())
	}
	from := s.from + s.where
	unknown := fmt.Sprintf(unknownSide, "side_a") + " OR " + fmt.Sprintf(unknownSide, "side_b")
	var ten, round int
	err = s.conn.QueryRowContext(ctx, `SELECT count(*), coalesce(min(first) - DATE '1970-01-01', 0), coalesce(max(last) - DATE '1970-01-01', 0),
		count(*) FILTER (`+unknown+`), count(*) FILTER (has_point), count(*) FILTER (deaths_best >= 10),
		count(*) FILTER (deaths_best >= 10 AND deaths_best % 10 = 0), count(*) FILTER (last - first > 6) FROM `+from).
		Scan(&d.Events, &d.First, &d.Last, &d.NoActor, &d.Points, &d.Tolls, &round, &d.Long)
	if err != nil {
		return nil, failed(ctx, err)
	}
	if err := s.conn.QueryRowContext(ctx, `WITH p AS (SELECT count(*) AS n FROM `+s.from+and(s.where, "has_point")+` GROUP BY lon, lat)
		SELECT count(*), CAST(coalesce((SELECT sum(n) FROM (SELECT n FROM p ORDER BY n DESC LIMIT 10)), 0) AS BIGINT) FROM p`).Scan(&d.DistinctPoints, &ten); err != nil {
		return nil, failed(ctx, err)
	}
	d.OnTen, d.OnRound = share(ten, d.Points), share(round, d.Tolls)
	if err := s.months(ctx, d); err != nil {
		return nil, err
	}
	// A side that lists several organisations counts for each of them once.
	sides, err := s.counts(ctx, `WITH pairs AS (SELECT side_a || ';' || side_b AS sides, count(*) AS n FROM `+from+` GROUP BY 1),
			single AS (SELECT unnest(list_distinct(list_transform(string_split_regex(sides, '[,;]'), lambda m: trim(m)))) AS m, n FROM pairs)
		SELECT m, CAST(sum(n) AS BIGINT) AS events FROM single WHERE m <> '' GROUP BY m ORDER BY events DESC, m`)
	if err != nil {
		return nil, err
	}
	d.Sides, d.Others = sides[:min(len(sides), maxSides)], max(0, len(sides)-maxSides)
	kinds, err := s.counts(ctx, "SELECT kind, count(*) FROM "+from+" GROUP BY kind ORDER BY kind")
	if err != nil {
		return nil, err
	}
	for _, k := range append(athar.Kinds(), "") {
		for _, c := range kinds {
			if c.Name == string(k) {
				d.Kinds = append(d.Kinds, c)
			}
		}
	}
	d.Places, err = s.counts(ctx, "SELECT place_precision, count(*) FROM "+from+" GROUP BY 1 ORDER BY 1")
	for i := range d.Places {
		var class int
		fmt.Sscan(d.Places[i].Name, &class)
		d.Places[i].Name = places[class]
	}
	return d, err
}

func share(n, of int) athar.Num {
	if of == 0 {
		return 0
	}
	return athar.Num(float64(n) / float64(of))
}

func (s *session) counts(ctx context.Context, query string) ([]athar.NamedCount, error) {
	return collect(ctx, s.conn, query, func(row func(...any) error) (c athar.NamedCount, err error) { return c, row(&c.Name, &c.N) })
}

// months counts events by month and finds the months in which a dataset is
// silent between its first and its last.
func (s *session) months(ctx context.Context, d *athar.Holdings) error {
	type month struct {
		dataset string
		athar.NamedCount
	}
	found, err := collect(ctx, s.conn, "SELECT dataset, strftime(first, '%Y-%m') AS month, count(*) FROM "+s.from+s.where+" GROUP BY 1, 2 ORDER BY 1, 2",
		func(row func(...any) error) (m month, err error) { return m, row(&m.dataset, &m.Name, &m.N) })
	if err != nil || len(found) == 0 {
		return err
	}
	total := map[string]int{}
	first, last := found[0].Name, found[0].Name
	for i, m := range found {
		total[m.Name] += m.N
		first, last = min(first, m.Name), max(last, m.Name)
		if i > 0 && found[i-1].dataset == m.dataset {
			for gap := next(found[i-1].Name); gap < m.Name; gap = next(gap) {
				d.Gaps = append(d.Gaps, m.dataset+" "+gap)
			}
		}
	}
	for m := first; m <= last; m = next(m) {
		d.Months = append(d.Months, athar.NamedCount{Name: m, N: total[m]})
	}
	return nil
}

// next is the month after one of the form 2020-09.
func next(month string) string {
	day, err := athar.ParseDay(month + "-28")
	if err != nil {
		panic(err) // months come from dates
	}
	return (day + 4).String()[:7]
}
