package lake

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
	"athar/panel"
	"athar/source"
)

// table is a source that every test can write.
const tableHeader = "id,date,date_end,lat,lon,area,country,class,side_a,side_b,deaths_low,deaths_best,deaths_high,place_precision\n"

var sides = map[string]string{"side_a": "side_a", "side_b": "side_b", "place_precision": "place_precision"}

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func open(t testing.TB, dir string) *Lake {
	t.Helper()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func spec(version, file string) ImportSpec {
	return ImportSpec{Dataset: "made", Version: version, Program: "test",
		Source: source.Spec{File: file, Label: filepath.Base(file), Format: "table", Columns: sides}}
}

func load(t testing.TB, l *Lake, s ImportSpec) Vintage {
	t.Helper()
	v, err := l.Import(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// months counts events by country and the month of their first day.
func months(t testing.TB, l *Lake, f Filter) map[string]int {
	t.Helper()
	r, err := l.Panel(context.Background(), PanelQuery{Filter: f, Unit: Interval})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, c := range r.Cells {
		out[c.Country+" "+c.When.First.String()[:7]] += c.N
	}
	return out
}

// The published counts of data/README: events with IS on a side, by month.
func TestSharedEvents(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "lake"))
	for _, c := range []struct {
		dataset, version, file, format string
		columns                        map[string]string
		rows, events                   int
	}{
		{"ged-irq-syr", "21.1", "ucdp_ged211_irq_syr_2014_2020_joined.csv.gz", "ucdp-ged", nil, 43219, 0},
		{"ged-iraq", "19.1", "ucdp_ged191_iraq_1989_2018_full.csv.gz", "ucdp-ged", nil, 7473, 0},
		{"ged-syria", "19.1", "ucdp_ged191_syria_201601_201911_full.csv.gz", "ucdp-ged", nil, 16566, 0},
		{"ged-nigeria", "20.1", "ucdp_ged201_nigeria_1990_2019_full.csv.gz", "ucdp-ged", nil, 4603, 0},
		{"ged-sample", "23.1", "ucdp_ged231_sample1000_49col.csv.gz", "ucdp-ged", nil, 1000, 0},
		{"iraq-attacks", "2022", "iraq_insurgencies_2006.csv", "table", nil, 37701, 37701},
		{"iraq-attacks", "2022", "iraq_insurgencies_2007_2008.csv", "table", nil, 68573, 68573},
		{"iraq-air", "2022", "iraq_airstrikes_2006.csv", "table", nil, 2101, 2101},
		{"iraq-air", "2022", "iraq_airstrikes_2007_2008.csv", "table", nil, 3938, 3938},
		{"iraq-air-base", "2022", "iraq_airstrikes_base.csv", "table", nil, 808, 808},
	} {
		v := load(t, l, ImportSpec{Dataset: c.dataset, Version: c.version, Program: "test",
			Source: source.Spec{File: testdata.Shared(t, "data/events/"+c.file), Label: c.file, Format: c.format, Columns: c.columns}})
		i := slices.IndexFunc(v.Files, func(f File) bool { return f.Source == c.file })
		if i < 0 {
			t.Fatalf("%s is not in %v", c.file, v)
		}
		f := v.Files[i]
		dropped := 0
		for _, r := range f.Rejected {
			dropped += r.N
		}
		if f.Rows != c.rows || f.Rows != f.Kept+dropped || c.events > 0 && f.Events != c.events {
			t.Errorf("%s: %d rows, %d kept, %v, %d events", c.file, f.Rows, f.Kept, f.Rejected, f.Events)
		}
	}
	got := months(t, l, Filter{Versions: []Version{{Dataset: "ged-irq-syr"}}, Group: source.Group{Aliases: []string{"IS"}, IDs: []string{"234"}}})
	for country, want := range map[string]string{
		"Iraq":  "10 7 6 3 4 3 5 9 14 3 5 7 5 7 4 14 17 7 7 4 2 8 9 4",
		"Syria": "87 60 76 50 23 24 32 32 27 19 13 15 22 19 18 23 29 23 18 9 17 21 25 21",
	} {
		var have []string
		for y := 2019; y <= 2020; y++ {
			for m := 1; m <= 12; m++ {
				have = append(have, fmt.Sprint(got[fmt.Sprintf("%s %d-%02d", country, y, m)]))
			}
		}
		if s := strings.Join(have, " "); s != want {
			t.Errorf("%s:\n got %s\nwant %s", country, s, want)
		}
	}
}

// Panels are those of panel.Grid.Add on the same events, whether the lake
// makes the periods or hands over the intervals.
func TestPanelIsGrid(t *testing.T) {
	dir := t.TempDir()
	day0 := athar.Date(2020, 1, 1)
	areas := []athar.Area{{Code: "A0"}, {Code: "A1"}, {Code: "A2"}}
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 0))
		text := tableHeader
		want := map[Unit]*panel.Grid{}
		grid := func(unit Unit) *panel.Grid {
			g, err := panel.NewGrid(areas, panel.Unit(unit), []athar.Span{{First: day0, Last: day0 + 365}})
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		for _, unit := range []Unit{Week, Month} {
			want[unit] = grid(unit)
		}
		const events = 400
		for i := range events {
			when := athar.Span{First: day0 + athar.Day(r.IntN(440)-40)}
			when.Last = when.First + athar.Day(r.IntN(2)*r.IntN(1+r.IntN(80)))
			x := r.IntN(4)
			for _, g := range want {
				g.Add(fmt.Sprint("A", x), when, 1)
			}
			text += fmt.Sprintf("%d,%s,%s,33,%d.5,,Iraq,attack,a,b,,1,,\n", i, when.First, when.Last, x)
		}
		l := open(t, filepath.Join(dir, fmt.Sprint("lake", seed)))
		load(t, l, spec("1", write(t, dir, fmt.Sprint(seed, ".csv"), text)))
		for unit, want := range want {
			for _, asked := range []Unit{unit, Interval} {
				p, err := l.Panel(context.Background(), PanelQuery{Unit: asked, Locate: func(lon, lat float64) (string, bool) {
					return fmt.Sprint("A", int(lon)), lon < 3
				}})
				if err != nil {
					t.Fatal(err)
				}
				got := grid(unit)
				for _, c := range p.Cells {
					got.Add(c.Area, c.When, c.N)
				}
				if !slices.Equal(got.N, want.N) {
					t.Fatalf("seed %d, %s asked as %q: %v is not %v", seed, unit, asked, got.N, want.N)
				}
				if p.Events != events {
					t.Fatalf("%d events of %d", p.Events, events)
				}
			}
		}
		l.Close()
	}
}
