package lake

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

// periods holds, for every unit, the SQL of the first and the last day of the
// period in which the middle day of an event lies. As in [panel.Grid.Add], the
// middle of an even number of days is the earlier one.
var periods = map[Unit]struct{ first, last string }{
	Day:   {"mid", "mid"},
	Week:  {"CAST(date_trunc('week', mid) AS DATE)", "CAST(date_trunc('week', mid) AS DATE) + 6"},
	Month: {"CAST(date_trunc('month', mid) AS DATE)", "last_day(mid)"},
}

// Panel counts events by area, period and country. All counts are integers and
// all cells are sorted, so that the result does not depend on the machine.
func (l *Lake) Panel(ctx context.Context, q PanelQuery) (*PanelResult, error) {
	period, ok := periods[q.Unit]
	if !ok && q.Unit != Interval {
		return nil, fmt.Errorf("the unit %q is not known; it can be day, week or month", q.Unit)
	}
	s, err := l.open(ctx, q.Filter)
	if err != nil {
		return nil, err
	}
	defer s.close()
	out := &PanelResult{}
	place, err := s.areas(ctx, q, out)
	if err != nil {
		return nil, err
	}
	if q.Unit == Interval {
		period.first, period.last = "first", "last"
	}
	// An event belongs to the period of its middle day if that holds at least
	// half of its days. Deaths are summed as integers of any size.
	query := `
		WITH events AS (SELECT *, first + CAST((last - first) // 2 AS INTEGER) AS mid FROM ` + s.from + s.where + `),
		     dated AS (SELECT *, ` + period.first + ` AS p, ` + period.last + ` AS q FROM events),
		     placed AS (SELECT country, place_precision, deaths_low, deaths_best, deaths_high, p, q,
		                       2 * (least(last, q) - greatest(first, p) + 1) >= last - first + 1 AS fits, ` + place.area + ` AS area
		                FROM dated ` + place.join + `)
		SELECT area, country, p - DATE '1970-01-01', q - DATE '1970-01-01', fits, count(*),
		       CAST(coalesce(sum(deaths_low), 0) AS BIGINT), CAST(coalesce(sum(deaths_best), 0) AS BIGINT), CAST(coalesce(sum(deaths_high), 0) AS BIGINT),
		       CAST(sum(CASE WHEN place_precision <> 0 THEN 1 ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN place_precision > 3 THEN 1 ELSE 0 END) AS BIGINT)
		FROM placed GROUP BY area, country, p, q, fits ORDER BY area, p, q, country, fits`
	why := map[int]int{}
	coarse := 0
	names := place.names
	cells, err := collect(ctx, s.conn, query, func(row func(...any) error) (c Cell, err error) {
		var area int
		var fits bool
		err = row(&area, &c.Country, &c.When.First, &c.When.Last, &fits, &c.N, &c.Deaths.Low, &c.Deaths.Best, &c.Deaths.High, &c.Placed, &c.Coarse)
		out.Events += c.N
		if !fits {
			coarse += c.N
			c.N = 0
			return c, err
		}
		if area < 0 {
			why[area] += c.N
		} else {
			c.Area = names[area]
		}
		return c, err
	})
	if err != nil {
		return nil, err
	}
	out.Cells = merge(cells)
	for _, r := range []struct {
		reason string
		n      int
	}{{"coarse-date", coarse}, {"outside-areas", why[outside]}, {"place-too-coarse", why[tooCoarse]}, {"unknown-area", why[unknownArea]}} {
		if r.n > 0 {
			out.Unplaced = append(out.Unplaced, athar.ReasonCount{Reason: r.reason, N: r.n})
		}
	}
	return out, nil
}

// merge joins cells that differ only in why they are in no area, drops those
// that are empty, and sorts by area, period and country.
func merge(cells []Cell) []Cell {
	cells = slices.DeleteFunc(cells, func(c Cell) bool { return c.N == 0 })
	slices.SortStableFunc(cells, func(a, b Cell) int {
		return cmpCell(&a, &b)
	})
	out := cells[:0]
	for _, c := range cells {
		if n := len(out); n > 0 && cmpCell(&out[n-1], &c) == 0 {
			o := &out[n-1]
			o.N += c.N
			o.Placed += c.Placed
			o.Coarse += c.Coarse
			o.Deaths = athar.Deaths{Low: o.Deaths.Low + c.Deaths.Low, Best: o.Deaths.Best + c.Deaths.Best, High: o.Deaths.High + c.Deaths.High}
			continue
		}
		out = append(out, c)
	}
	return out
}

func cmpCell(a, b *Cell) int {
	if c := strings.Compare(a.Area, b.Area); c != 0 {
		return c
	}
	if c := int(a.When.First) - int(b.When.First); c != 0 {
		return c
	}
	if c := int(a.When.Last) - int(b.When.Last); c != 0 {
		return c
	}
	return strings.Compare(a.Country, b.Country)
}

// Why an event is in no area: numbers below those of areas.
const (
	outside     = -1 - iota // no point, or a point outside all areas
	tooCoarse               // a point of a class of precision worse than asked for
	unknownArea             // a published area code that nobody knows
)

// placing is the SQL that gives an event the number of its area.
type placing struct {
	join, area string
	names      []string
}

// areas settles the area of every published code and every point in tables of
// their own, so that the SQL has only to join them.
func (s *session) areas(ctx context.Context, q PanelQuery, out *PanelResult) (*placing, error) {
	p := &placing{}
	numbers := map[string]int32{}
	number := func(area string, ok bool, otherwise int32) int32 {
		if !ok {
			return otherwise
		}
		n, known := numbers[area]
		if !known {
			n = int32(len(p.names))
			numbers[area] = n
			p.names = append(p.names, area)
		}
		return n
	}
	area := fmt.Sprint(outside)
	if q.Locate != nil {
		if err := s.locate(ctx, q, out, number); err != nil {
			return nil, err
		}
		p.join = "LEFT JOIN located USING (lon, lat)"
		area = fmt.Sprintf("coalesce(located.area, %d)", outside)
		if q.Coarsest != athar.PlaceUnknown {
			area = fmt.Sprintf("CASE WHEN place_precision > %d THEN %d ELSE %s END", q.Coarsest, tooCoarse, area)
		}
	}
	named := q.Named
	if named == nil && q.Locate == nil {
		named = func(code string) (string, bool) { return code, true }
	}
	if named != nil {
		if err := s.name(ctx, named, number); err != nil {
			return nil, err
		}
		p.join += " LEFT JOIN named USING (area_code)"
		area = "CASE WHEN area_code <> '' THEN named.area ELSE " + area + " END"
	}
	p.area = area
	return p, nil
}

type point struct{ lon, lat float64 }

func (s *session) locate(ctx context.Context, q PanelQuery, out *PanelResult, number func(string, bool, int32) int32) error {
	cond := and(s.where, "has_point")
	if q.Coarsest != athar.PlaceUnknown {
		cond = and(cond, fmt.Sprintf("place_precision <= %d", q.Coarsest))
	}
	points, err := collect(ctx, s.conn, "SELECT DISTINCT lon, lat FROM "+s.from+cond,
		func(row func(...any) error) (x point, err error) { return x, row(&x.lon, &x.lat) })
	if err != nil {
		return err
	}
	out.Points = len(points)
	if _, err := s.conn.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE located (lon DOUBLE, lat DOUBLE, area INTEGER)"); err != nil {
		return err
	}
	return appendTo(s.conn, "temp", "located", func(add func(...driver.Value) error) error {
		for _, x := range points {
			area, ok := q.Locate(x.lon, x.lat)
			if err := add(x.lon, x.lat, number(area, ok, outside)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *session) name(ctx context.Context, named func(string) (string, bool), number func(string, bool, int32) int32) error {
	codes, err := collect(ctx, s.conn, "SELECT DISTINCT area_code FROM "+s.from+and(s.where, "area_code <> ''"),
		func(row func(...any) error) (x string, err error) { return x, row(&x) })
	if err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE named (area_code VARCHAR, area INTEGER)"); err != nil {
		return err
	}
	return appendTo(s.conn, "temp", "named", func(add func(...driver.Value) error) error {
		for _, code := range codes {
			area, ok := named(code)
			if err := add(code, number(area, ok, unknownArea)); err != nil {
				return err
			}
		}
		return nil
	})
}

// session is one query's connection with the events that its filter lets
// through: from is a table of SQL, where is "" or a condition with its keyword.
type session struct {
	conn  *sql.Conn
	files []stored
	from  string
	where string
}

func (s *session) close() {
	// Temporary tables belong to the connection, which is used again.
	for _, t := range []string{"located", "named", "sides"} {
		s.conn.ExecContext(context.Background(), "DROP TABLE IF EXISTS temp."+t)
	}
	s.conn.Close()
}

func and(where, condition string) string {
	if where == "" {
		return " WHERE " + condition
	}
	return where + " AND " + condition
}

// open finds the files and turns a filter into SQL. Names are compared in Go,
// once for every distinct one, so that a lake and a reader of a file agree on
// whose an event is.
func (l *Lake) open(ctx context.Context, f Filter) (_ *session, err error) {
	files, err := l.pick(f.Versions)
	if err != nil {
		return nil, err
	}
	s := &session{files: files, from: parquet(paths(files), "")}
	if s.conn, err = l.conn(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if len(f.Kinds) > 0 {
		s.where = and(s.where, "kind IN ("+quoteAll(f.Kinds)+")")
	}
	if len(f.Coverage) > 0 {
		var parts []string
		for _, c := range f.Coverage {
			parts = append(parts, fmt.Sprintf("first <= %s AND last >= %s", date(c.Last), date(c.First)))
		}
		s.where = and(s.where, "("+strings.Join(parts, " OR ")+")")
	}
	if err := s.classes(ctx, f.Classes); err != nil {
		return nil, err
	}
	return s, s.group(ctx, f.Group.Clean())
}

// classes asks for events of some classes, and refuses one that no event has:
// most likely it is misspelt, and the count would be too low without a sign.
func (s *session) classes(ctx context.Context, wanted []string) error {
	if len(wanted) == 0 {
		return nil
	}
	there, err := collect(ctx, s.conn, "SELECT DISTINCT class FROM "+s.from+" ORDER BY class",
		func(row func(...any) error) (x string, err error) { return x, row(&x) })
	if err != nil {
		return err
	}
	var found []string
	for _, w := range wanted {
		any := false
		for _, c := range there {
			if strings.EqualFold(strings.TrimSpace(w), strings.TrimSpace(c)) {
				found, any = append(found, c), true
			}
		}
		if !any {
			return fmt.Errorf("no event of the lake is of class %q; its classes are %s", w, strings.Join(there, ", "))
		}
	}
	s.where = and(s.where, "class IN ("+quoteAll(found)+")")
	return nil
}

type side struct{ name, id string }

// group asks for events with a group on a side.
func (s *session) group(ctx context.Context, g event.Group) error {
	if !g.Named() {
		return nil
	}
	sides, err := collect(ctx, s.conn, "SELECT side_a, side_a_id FROM "+s.from+" UNION SELECT side_b, side_b_id FROM "+s.from+" ORDER BY 1, 2",
		func(row func(...any) error) (x side, err error) { return x, row(&x.name, &x.id) })
	if err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE sides (name VARCHAR, id VARCHAR)"); err != nil {
		return err
	}
	found := false
	err = appendTo(s.conn, "temp", "sides", func(add func(...driver.Value) error) error {
		for _, x := range sides {
			if !isGroup(g, x) {
				continue
			}
			found = true
			if err := add(x.name, x.id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !found {
		var names []string
		for _, x := range sides {
			names = append(names, x.name)
		}
		hint := ""
		if len(g.Aliases) > 0 {
			if near := tabular.Nearest(g.Aliases[0], names, 3); len(near) > 0 {
				hint = "; close to it are " + strings.Join(near, ", ")
			}
		}
		return fmt.Errorf("no event of the lake has the group on a side; check its aliases and ids%s", hint)
	}
	s.where = and(s.where, "((side_a, side_a_id) IN (SELECT (name, id) FROM sides) OR (side_b, side_b_id) IN (SELECT (name, id) FROM sides))")
	return nil
}

// isGroup decides by identifier, and by name only where the source gives none
// or the caller knows none: names have changed over the releases. Coalitions
// have identifiers of their own.
func isGroup(g event.Group, x side) bool {
	if g.InCoalition(x.name) {
		return true
	}
	if x.id != "" && len(g.IDs) > 0 {
		return g.IsID(x.id)
	}
	return g.IsName(x.name)
}

// Points returns events one by one, sorted by time, id and content.
func (l *Lake) Points(ctx context.Context, q PointQuery) ([]athar.Event, error) {
	s, err := l.open(ctx, q.Filter)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if q.Points {
		s.where = and(s.where, "has_point")
	}
	if q.Coarsest != athar.PlaceUnknown {
		s.where = and(s.where, fmt.Sprintf("place_precision <= %d", q.Coarsest))
	}
	return collect(ctx, s.conn, "SELECT "+eventColumns+" FROM "+s.from+s.where+" ORDER BY "+content+", dataset", scanEvent)
}

const eventColumns = `dataset, id, line, first - DATE '1970-01-01', last - DATE '1970-01-01', coalesce(lon, 0), coalesce(lat, 0), has_point,
	place_precision, country, area_code, side_a, side_b, side_a_id, side_b_id, class, kind,
	coalesce(deaths_low, 0), coalesce(deaths_best, 0), coalesce(deaths_high, 0), deaths_best IS NOT NULL`

func scanEvent(row func(...any) error) (e athar.Event, err error) {
	return e, row(&e.Dataset, &e.ID, &e.Line, &e.When.First, &e.When.Last, &e.Lon, &e.Lat, &e.HasPoint, &e.Place, &e.Country, &e.AreaCode,
		&e.SideA, &e.SideB, &e.SideAID, &e.SideBID, &e.Class, &e.Kind, &e.Deaths.Low, &e.Deaths.Best, &e.Deaths.High, &e.HasDeaths)
}
