package lake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"athar"
)

// Difference is what a newer version of a dataset changed.
type Difference struct {
	Old, New                      Version
	Added, Removed, Changed, Kept int                 // events; Kept: the same in both
	Months                        []DifferenceCount   // by month of the event's first day in the newer version, else in the older
	Kinds                         []DifferenceCount   // likewise, by kind; "" is unknown
	Fields                        []athar.ReasonCount // changed events by the field that changed; an event may count in several
	Changes                       []Change            // the first MaxChanges, in the order of day and id
}

// DifferenceCount counts the changes of one month (2020-09) or kind.
type DifferenceCount struct {
	What                    string
	Added, Removed, Changed int
}

// Change is one event that differs. It names the event and the fields, and
// holds nothing of what they say.
type Change struct {
	ID     string // "" if the source gives none
	Day    athar.Day
	What   string   // added, removed or changed
	Fields []string // of a changed event
}

// MaxChanges is the length of [Difference.Changes] at most.
const MaxChanges = 1000

// compared are the fields in which two versions of an event may differ. The
// line of the file is none.
var compared = []string{"first", "last", "lon", "lat", "place_precision", "country", "area_code", "side_a", "side_b", "side_a_id", "side_b_id",
	"class", "kind", "deaths_low", "deaths_best", "deaths_high"}

// Diff compares two versions of a dataset event by event. Events are known by
// their id; those without one are alike if everything about them is, so that
// a correction shows as one removed and one added.
func (l *Lake) Diff(ctx context.Context, before, after Version) (*Difference, error) {
	a, err := l.open(ctx, Filter{Versions: []Version{before}})
	if err != nil {
		return nil, err
	}
	defer a.close()
	b, err := l.pick([]Version{after})
	if err != nil {
		return nil, err
	}
	d := &Difference{Old: Version{a.files[0].Dataset, a.files[0].File.Version}, New: Version{b[0].Dataset, b[0].File.Version}}
	// Of several rows that share a key, or that one row stands for, the k-th of
	// one version is compared with the k-th of the other.
	side := func(from string) string {
		all := strings.Join(compared, ", ")
		return `SELECT *, row_number() OVER (PARTITION BY key ORDER BY ` + all + `) AS k
			FROM (SELECT CASE WHEN id <> '' THEN 'id ' || id ELSE concat_ws('|', ` + all + `) END AS key, id, ` + all + ` FROM ` + from + `)`
	}
	var differ []string
	for i, f := range compared {
		differ = append(differ, fmt.Sprintf("CASE WHEN o.%s IS DISTINCT FROM n.%s THEN %d ELSE 0 END", f, f, 1<<i))
	}
	join := `WITH o AS (` + side(a.from) + `), n AS (` + side(parquet(paths(b), "")) + `),
		pairs AS (SELECT coalesce(n.id, o.id) AS id, coalesce(n.first, o.first) AS day, coalesce(n.kind, o.kind) AS kind,
		           CASE WHEN o.key IS NULL THEN 'added' WHEN n.key IS NULL THEN 'removed' ELSE 'changed' END AS what,
		           CASE WHEN o.key IS NULL OR n.key IS NULL THEN -1 ELSE ` + strings.Join(differ, " + ") + ` END AS fields
		         FROM o FULL JOIN n ON o.key = n.key AND o.k = n.k) `
	type count struct {
		what, month, kind string
		fields, n         int
	}
	counts, err := collect(ctx, a.conn, join+"SELECT what, strftime(day, '%Y-%m') AS month, kind, fields, count(*) FROM pairs GROUP BY ALL ORDER BY month, kind, what, fields",
		func(row func(...any) error) (c count, err error) {
			return c, row(&c.what, &c.month, &c.kind, &c.fields, &c.n)
		})
	if err != nil {
		return nil, err
	}
	months, kinds := map[string]*DifferenceCount{}, map[string]*DifferenceCount{}
	fields := make([]int, len(compared))
	for _, c := range counts {
		if c.fields == 0 {
			d.Kept += c.n
			continue
		}
		for by, key := range map[*map[string]*DifferenceCount]string{&months: c.month, &kinds: c.kind} {
			if (*by)[key] == nil {
				(*by)[key] = &DifferenceCount{What: key}
			}
			x := (*by)[key]
			switch c.what {
			case "added":
				x.Added += c.n
			case "removed":
				x.Removed += c.n
			default:
				x.Changed += c.n
			}
		}
		if c.what == "changed" {
			for i := range compared {
				fields[i] += c.fields >> i & 1 * c.n
			}
		}
	}
	d.Months, d.Kinds = sorted(months), sorted(kinds)
	for _, m := range d.Months {
		d.Added, d.Removed, d.Changed = d.Added+m.Added, d.Removed+m.Removed, d.Changed+m.Changed
	}
	for i, n := range fields {
		if n > 0 {
			d.Fields = append(d.Fields, athar.ReasonCount{Reason: compared[i], N: n})
		}
	}
	d.Changes, err = collect(ctx, a.conn, join+fmt.Sprintf("SELECT id, day - DATE '1970-01-01', what, fields FROM pairs WHERE fields <> 0 ORDER BY day, strlen(id), id, what, fields LIMIT %d", MaxChanges),
		func(row func(...any) error) (c Change, err error) {
			var bits int
			err = row(&c.ID, &c.Day, &c.What, &bits)
			for i, f := range compared {
				if c.What == "changed" && bits>>i&1 == 1 {
					c.Fields = append(c.Fields, f)
				}
			}
			return c, err
		})
	return d, err
}

func sorted(m map[string]*DifferenceCount) []DifferenceCount {
	var out []DifferenceCount
	for _, c := range m {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b DifferenceCount) int { return strings.Compare(a.What, b.What) })
	return out
}

// Both gives the same panel from two versions of a dataset, for whoever wants
// to know which findings move with the data.
func (l *Lake) Both(ctx context.Context, q PanelQuery, before, after Version) (old, new *PanelResult, err error) {
	q.Versions = []Version{before}
	if old, err = l.Panel(ctx, q); err != nil {
		return nil, nil, err
	}
	q.Versions = []Version{after}
	new, err = l.Panel(ctx, q)
	return old, new, err
}
