package lake

import "context"

// Sides lists the distinct sides of the events that the filter lets through,
// as published and in alphabetical order; a coalition is one side.
func (l *Lake) Sides(ctx context.Context, f Filter) ([]string, error) {
	s, err := l.open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return collect(ctx, s.conn, "SELECT DISTINCT side FROM (SELECT side_a AS side FROM "+s.from+s.where+
		" UNION ALL SELECT side_b FROM "+s.from+s.where+") WHERE side <> '' ORDER BY side",
		func(row func(...any) error) (name string, err error) { return name, row(&name) })
}
