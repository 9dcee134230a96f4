package lake

import (
	"cmp"
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
	Week:  {"mid - CAST(isodow(mid) - 1 AS INTEGER)", "mid + CAST(7 - isodow(mid) AS INTEGER)"},
	Month: {"mid - CAST(day(mid) - 1 AS INTEGER)", "last_day(mid)"},
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
	join, area, names, err := s.areas(ctx, q, out)
	if err != nil {
		return nil, err
	}
	last, until := "", "" // the last day of a period follows from its first
	if q.Unit == Interval {
		period.first, period.last = "first", "last"
		last, until = "last, ", ", last - DATE '1970-01-01'"
	}
	// An event belongs to the period of its middle day if that holds at least
	// half of its days.
	// Nested rather than WITH, which some engines store in between.
	events := "SELECT *, first + CAST((last - first) // 2 AS INTEGER) AS mid FROM " + s.from + s.where
	dated := "SELECT *, " + period.first + " AS p, " + period.last + " AS q FROM (" + events + ")"
	placed := fmt.Sprintf("SELECT e.*, CASE WHEN 2 * (least(last, q) - greatest(first, p) + 1) < last - first + 1 THEN %d ELSE %s END AS area_number FROM (%s) e %s",
		noPeriod, area, dated, join)
	deaths := ""
	if q.Deaths {
		deaths = ", CAST(coalesce(sum(deaths_low), 0) AS BIGINT), CAST(coalesce(sum(deaths_best), 0) AS BIGINT), CAST(coalesce(sum(deaths_high), 0) AS BIGINT)"
	}
	query := `SELECT area_number, country, p - DATE '1970-01-01', count(*), count(*) FILTER (WHERE place_precision <> 0), count(*) FILTER (WHERE place_precision > 3)` + until + deaths + `
		FROM (` + placed + `) GROUP BY area_number, ` + last + `p, country ORDER BY area_number, p, ` + last + `country`
	why := map[int]int{}
	cells, err := collect(ctx, s.conn, query, func(row func(...any) error) (c Cell, err error) {
		var number int
		into := [...]any{&number, &c.Country, &c.When.First, &c.N, &c.Placed, &c.Coarse, nil, nil, nil, nil}
		n := 6
		if q.Unit == Interval {
			into[n] = &c.When.Last
			n++
		}
		if q.Deaths {
			n += copy(into[n:], []any{&c.Deaths.Low, &c.Deaths.Best, &c.Deaths.High})
		}
		err = row(into[:n]...)
		if q.Unit != Interval {
			c.When.Last = tabular.Unit(q.Unit).Around(c.When.First).Last
		}
		out.Events += c.N
		if number >= 0 {
			c.Area = names[number]
			return c, err
		}
		why[number] += c.N
		if number == noPeriod {
			c.N = 0
		}
		return c, err
	})
	if err != nil {
		return nil, err
	}
	out.Cells = merge(cells)
	for _, r := range []struct {
		reason string
		number int
	}{{"coarse-date", noPeriod}, {"outside-areas", outside}, {"place-too-coarse", tooCoarse}, {"unknown-area", unknownArea}} {
		if n := why[r.number]; n > 0 {
			out.Unplaced = append(out.Unplaced, athar.ReasonCount{Reason: r.reason, N: n})
		}
	}
	return out, nil
}

// merge drops cells of events without a period and joins those without an area
// that differ only in why they have none. Cells come sorted by number of area:
// those without one first, those with one in their final order.
func merge(cells []Cell) []Cell {
	cells = slices.DeleteFunc(cells, func(c Cell) bool { return c.N == 0 })
	nowhere := cells
	if i := slices.IndexFunc(cells, func(c Cell) bool { return c.Area != "" }); i >= 0 {
		nowhere = cells[:i]
	}
	same := func(a, b *Cell) int {
		return cmp.Or(cmp.Compare(a.When.First, b.When.First), cmp.Compare(a.When.Last, b.When.Last), cmp.Compare(a.Country, b.Country))
	}
	slices.SortFunc(nowhere, func(a, b Cell) int { return same(&a, &b) })
	out := cells[:0]
	for i, c := range cells {
		if n := len(out); i > 0 && i < len(nowhere) && same(&out[n-1], &c) == 0 {
			o := &out[n-1]
			o.N, o.Placed, o.Coarse = o.N+c.N, o.Placed+c.Placed, o.Coarse+c.Coarse
			o.Deaths = athar.Deaths{Low: o.Deaths.Low + c.Deaths.Low, Best: o.Deaths.Best + c.Deaths.Best, High: o.Deaths.High + c.Deaths.High}
			continue
		}
		out = append(out, c)
	}
	return out
}

// Why an event is in no cell with an area: numbers below those of areas.
const (
	outside     = -1 - iota // no point, or a point outside all areas
	tooCoarse               // a point of a class of precision worse than asked for
	unknownArea             // a published area code that nobody knows
	noPeriod                // no period holds half of its days
)

// areas settles the area of every published code and every point in tables of
// their own, so that SQL has only to join them: it returns the joins, the
// expression of an event's area by number, and the areas in their order.
func (s *session) areas(ctx context.Context, q PanelQuery, out *PanelResult) (join, area string, names []string, err error) {
	named := q.Named
	if named == nil && q.Locate == nil {
		named = func(code string) (string, bool) { return code, true }
	}
	cond := and(s.where, "has_point")
	if q.Coarsest != athar.PlaceUnknown {
		cond = and(cond, fmt.Sprintf("place_precision <= %d", q.Coarsest))
	}
	var points []located[point]
	if q.Locate != nil {
		distinct, err := s.points(ctx, s.from+cond)
		if err != nil {
			return "", "", nil, err
		}
		for _, p := range distinct {
			area, ok := q.Locate(p.lon, p.lat)
			points = append(points, located[point]{p, area, ok})
		}
		out.Points = len(points)
	}
	var codes []located[string]
	if named != nil {
		codes, err = collect(ctx, s.conn, "SELECT DISTINCT area_code FROM "+s.from+and(s.where, "area_code <> ''"), func(row func(...any) error) (x located[string], err error) {
			if err = row(&x.from); err == nil {
				x.area, x.ok = named(x.from)
			}
			return x, err
		})
		if err != nil {
			return "", "", nil, err
		}
	}
	for _, x := range points {
		if x.ok {
			names = append(names, x.area)
		}
	}
	for _, x := range codes {
		if x.ok {
			names = append(names, x.area)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	area = fmt.Sprint(outside)
	if q.Locate != nil {
		// Joining by one number takes a fifth of the time of joining by two. The
		// number serves as long as no two of these very points share it.
		key := "located.lon = e.lon AND located.lat = e.lat"
		if unambiguous(points) {
			key = "located.k = e.lon + 1000 * e.lat"
		}
		join = "LEFT JOIN located ON " + key
		area = fmt.Sprintf("coalesce(located.area, %d)", outside)
		if q.Coarsest != athar.PlaceUnknown {
			area = fmt.Sprintf("CASE WHEN place_precision > %d THEN %d ELSE %s END", q.Coarsest, tooCoarse, area)
		}
		err = s.table(ctx, "located", "k DOUBLE, lon DOUBLE, lat DOUBLE", func(add func(...driver.Value) error) error {
			return each(points, func(x located[point]) error { return add(x.from.k, x.from.lon, x.from.lat, x.number(names, outside)) })
		})
		if err != nil {
			return "", "", nil, err
		}
	}
	if named != nil {
		join += " LEFT JOIN named ON named.area_code = e.area_code"
		area = "CASE WHEN e.area_code <> '' THEN named.area ELSE " + area + " END"
		err = s.table(ctx, "named", "area_code VARCHAR", func(add func(...driver.Value) error) error {
			return each(codes, func(x located[string]) error { return add(x.from, x.number(names, unknownArea)) })
		})
	}
	return join, area, names, err
}

// point is a distinct point; k is made of both coordinates by the engine.
type point struct{ lon, lat, k float64 }

func unambiguous(points []located[point]) bool {
	seen := make(map[float64]bool, len(points))
	for _, p := range points {
		seen[p.from.k] = true
	}
	return len(seen) == len(points)
}

// maxPoints bounds how many distinct points are remembered.
const maxPoints = 1_000_000

// points returns the distinct points of a part of the lake. Files of a lake
// never change, so those of the last query are remembered: a study asks for
// many panels of the same events.
func (s *session) points(ctx context.Context, from string) ([]point, error) {
	s.lake.mu.Lock()
	known, ok := s.lake.points[from]
	s.lake.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := collect(ctx, s.conn, "SELECT lon, lat, lon + 1000 * lat FROM (SELECT DISTINCT lon, lat FROM "+from+")",
		func(row func(...any) error) (p point, err error) { return p, row(&p.lon, &p.lat, &p.k) })
	if err == nil && len(found) <= maxPoints {
		s.lake.mu.Lock()
		s.lake.points = map[string][]point{from: found}
		s.lake.mu.Unlock()
	}
	return found, err
}

// located is a point or a code with its area.
type located[T any] struct {
	from T
	area string
	ok   bool
}

// number is the place of the area in the sorted names.
func (x located[T]) number(names []string, otherwise int32) int32 {
	if !x.ok {
		return otherwise
	}
	i, _ := slices.BinarySearch(names, x.area)
	return int32(i)
}

func each[T any](list []T, do func(T) error) error {
	for _, x := range list {
		if err := do(x); err != nil {
			return err
		}
	}
	return nil
}

// table makes a temporary table of columns and the number of an area.
func (s *session) table(ctx context.Context, name, columns string, fill func(add func(...driver.Value) error) error) error {
	if _, err := s.conn.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE "+name+" ("+columns+", area INTEGER)"); err != nil {
		return err
	}
	return appendTo(s.conn, "temp", name, fill)
}

// session is one query's connection with the events that its filter lets
// through: from is a table of SQL, where is "" or a condition with its keyword.
type session struct {
	lake  *Lake
	conn  *sql.Conn
	files []stored
	from  string
	where string
}

func (s *session) close() {
	// Temporary tables belong to the connection, which is used again.
	for _, t := range []string{"located", "named"} {
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
	s := &session{lake: l, files: files, from: parquet(paths(files), "")}
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
	var tuples []string
	for _, x := range sides {
		if isGroup(g, x) {
			tuples = append(tuples, "("+quote(x.name)+", "+quote(x.id)+")")
		}
	}
	if len(tuples) == 0 {
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
	list := strings.Join(tuples, ", ")
	s.where = and(s.where, "((side_a, side_a_id) IN ("+list+") OR (side_b, side_b_id) IN ("+list+"))")
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

// content is the order of events: by time, id and what they say, as readers
// sort them. The line comes last, and so decides only between rows that are
// alike.
const content = `first, last, strlen(id), id, lon, lat, place_precision, country, area_code, class, kind,
	side_a, side_b, side_a_id, side_b_id, deaths_best, deaths_low, deaths_high, line`

const eventColumns = `dataset, id, line, first - DATE '1970-01-01', last - DATE '1970-01-01', coalesce(lon, 0), coalesce(lat, 0), has_point,
	place_precision, country, area_code, side_a, side_b, side_a_id, side_b_id, class, kind,
	coalesce(deaths_low, 0), coalesce(deaths_best, 0), coalesce(deaths_high, 0), deaths_best IS NOT NULL`

func scanEvent(row func(...any) error) (e athar.Event, err error) {
	return e, row(&e.Dataset, &e.ID, &e.Line, &e.When.First, &e.When.Last, &e.Lon, &e.Lat, &e.HasPoint, &e.Place, &e.Country, &e.AreaCode,
		&e.SideA, &e.SideB, &e.SideAID, &e.SideBID, &e.Class, &e.Kind, &e.Deaths.Low, &e.Deaths.Best, &e.Deaths.High, &e.HasDeaths)
}
