package wake

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"athar"
	"athar/internal/testdata"
)

// table reads a CSV file as columns by name.
func table(t testing.TB, path string) (map[string][]string, int) {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cols := map[string][]string{}
	for k, name := range rows[0] {
		for _, r := range rows[1:] {
			cols[name] = append(cols[name], r[k])
		}
	}
	return cols, len(rows) - 1
}

func num(t testing.TB, s string) float64 {
	t.Helper()
	if s == "NA" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// reference reads the events of a reference run.
func reference(t testing.TB, path string) (ops, events []Event) {
	t.Helper()
	c, n := table(t, path)
	for i := range n {
		at, err := time.Parse(time.DateTime, c["timestamp"][i])
		if err != nil {
			t.Fatal(err)
		}
		e := Event{Day: athar.DayOf(at), Second: at.Hour()*3600 + at.Minute()*60 + at.Second(), Row: i + 1,
			Lon: num(t, c["lon"][i]), Lat: num(t, c["lat"][i])}
		switch c["type"][i] {
		case "dependent":
			events = append(events, e)
			continue
		case "treatment":
			e.Kind = Treated
		}
		e.Covariates = []float64{num(t, c["match1"][i]), num(t, c["match2"][i])}
		ops = append(ops, e)
	}
	return ops, events
}

var gridOfReference = Options{Days: []int{2, 4, 6, 8, 10}, Km: []float64{2, 4, 6, 8, 10}, Compatible: true}

// All 25 windows of the shipped example in four settings, and of 2,000 invented
// events with hours: matched numbers, L1, estimates, p values and R squared.
func TestReferenceEstimates(t *testing.T) {
	for _, c := range []struct {
		file, data string
		change     func(*Options)
	}{
		{"doc", "mwa_data", func(*Options) {}},
		{"plain", "mwa_data", func(o *Options) { o.AnyOverlap, o.Unweighted = true, true }},
		{"unweighted", "mwa_data", func(o *Options) { o.Unweighted = true }},
		{"sutva", "mwa_data", func(o *Options) { o.DropOverlap = true }},
		{"synth_2000", "synth_2000", func(*Options) {}},
	} {
		t.Run(c.file, func(t *testing.T) {
			ops, events := reference(t, "golden/mwa/"+c.data+".csv")
			o := gridOfReference
			c.change(&o)
			res := Analyse(ops, events, o)
			want, n := table(t, "golden/mwa/estimates_"+c.file+".csv")
			if res.Refusal != nil || len(res.Rows) != n {
				t.Fatalf("%d windows, want %d (%v)", len(res.Rows), n, res.Refusal)
			}
			estimates := 0
			for i, r := range res.Rows {
				check := func(name string, got, tol float64) {
					w, ok := want[name]
					if !ok {
						return
					}
					if v := num(t, w[i]); math.IsNaN(v) != math.IsNaN(got) || math.Abs(got-v) > tol*max(1, math.Abs(v)) {
						t.Errorf("(%d days, %v km) %s: %v, want %v", r.Days, r.Km, name, got, v)
					}
				}
				check("t_window", float64(r.Days), 0)
				check("spat_window", float64(r.Km), 0)
				check("control_pre", float64(r.Control), 0)
				check("treatment_pre", float64(r.Treated), 0)
				check("control_post", float64(r.MatchedControl), 0)
				check("treatment_post", float64(r.MatchedTreated), 0)
				check("n_strata", float64(r.Strata), 0)
				check("n_matched_strata", float64(r.MatchedStrata), 0)
				check("L1_pre", float64(r.L1All), .00051) // printed with three digits
				check("L1_post", float64(r.L1Matched), .00051)
				check("commonSupport_pre", 100*float64(r.SupportAll), .051)
				check("commonSupport_post", 100*float64(r.SupportMatched), .051)
				check("estimate", float64(r.Effect), 1e-12)
				check("adj.r.squared", float64(r.R2), 1e-10)
				check("intercept", float64(r.Intercept), 1e-12)
				if p := num(t, want["pvalue"][i]); !math.IsNaN(p) {
					estimates++
					if math.Abs(float64(r.P)/p-1) > 1e-9 {
						t.Errorf("(%d, %v) p %v, want %v", r.Days, r.Km, r.P, p)
					}
					check("se_treatment", float64(r.SE), 1e-12)
					check("coef_pre", float64(r.Before), 1e-12)
					check("df_resid", float64(r.DF), 0)
				}
			}
			if estimates == 0 {
				t.Error("no window of the reference has an estimate")
			}
		})
	}
}

// All 1,875 wakes of the example, which of them are matched, and the shares of
// overlaps.
func TestReferenceWakes(t *testing.T) {
	ops, events := reference(t, "golden/mwa/mwa_data.csv")
	g := &grid{ops: ops, o: &gridOfReference, c: count(ops, events, &gridOfReference)}
	at := map[int]int{} // rows of the reference are events in order of time, from 1
	for i, e := range ops {
		at[e.Row] = i
	}
	want, n := table(t, "golden/mwa/wakes_doc.csv")
	matched, _ := table(t, "golden/mwa/matched_doc.csv")
	if n != 1875 {
		t.Fatalf("%d wakes", n)
	}
	windows := map[string]*window{}
	rows := map[string]Row{}
	for d, days := range gridOfReference.Days {
		for k, km := range gridOfReference.Km {
			row, w := g.window(d, k)
			key := fmt.Sprintf("%d/%v", days, km)
			windows[key], rows[key] = w, row
		}
	}
	for r := range n {
		get := func(name string) int { return int(num(t, want[name][r])) }
		i, ok := at[get("eventID")]
		if !ok {
			t.Fatalf("wake %d: no operation in row %d", r, get("eventID"))
		}
		w := ((get("t_window")/2-1)*5+get("spat_window")/2-1)*g.c.n + i
		for _, v := range []struct {
			name string
			got  int32
		}{{"dependent_pre", g.c.before[w]}, {"dependent_trend", g.c.trend[w]}, {"dependent_post", g.c.after[w]}, {"SO_pre", g.c.soBefore[w]},
			{"MO_pre", g.c.moBefore[w]}, {"SO_post", g.c.soAfter[w]}, {"MO_post", g.c.moAfter[w]}, {"treatment", int32(ops[i].Kind)}} {
			if int(v.got) != get(v.name) {
				t.Errorf("row %d, (%s, %s) %s: %d, want %d", ops[i].Row, want["t_window"][r], want["spat_window"][r], v.name, v.got, get(v.name))
			}
		}
		key := want["t_window"][r] + "/" + want["spat_window"][r]
		if matched["eventID"][r] != want["eventID"][r] || matched["t_window"][r] != want["t_window"][r] {
			t.Fatal("the two files are not in one order")
		}
		if got := windows[key].slot[i] >= 0; got != (matched["matched"][r] == "1") {
			t.Errorf("%s: operation %d matched: %v", key, ops[i].Row, got)
		}
	}
	overlap, _ := table(t, "golden/mwa/sutva_doc.csv")
	for r := range overlap["SO"] {
		row := rows[overlap["t_window"][r]+"/"+overlap["spat_window"][r]]
		for name, got := range map[string]athar.Num{"SO_pre": row.SOBefore, "SO_post": row.SOAfter, "SO": row.SO, "MO_pre": row.MOBefore, "MO_post": row.MOAfter, "MO": row.MO} {
			if v := num(t, overlap[name][r]); math.Abs(float64(got)-v) > .00051 {
				t.Errorf("(%d, %v) %s: %v, want %v", row.Days, row.Km, name, got, v)
			}
		}
	}
}

// The cuts of every variable in every window.
func TestReferenceCuts(t *testing.T) {
	ops, events := reference(t, "golden/mwa/mwa_data.csv")
	g := &grid{ops: ops, o: &gridOfReference, c: count(ops, events, &gridOfReference)}
	want, n := table(t, "golden/mwa/bins_doc.csv")
	all := make([]int, len(ops))
	for i := range all {
		all[i] = i
	}
	for r := range n {
		for v, col := range g.columns(r*g.c.n, all) {
			name := []string{"match1", "match2", "dependent_trend", "SO_pre", "MO_pre"}[v]
			text := strings.Split(want[name][r], ", ")
			got := edges(col)
			if got == nil {
				got = col[:1]
			}
			if len(text) != len(got) {
				t.Errorf("window %d, %s: %d cuts, want %d", r, name, len(got), len(text))
				continue
			}
			for k, s := range text {
				if math.Abs(got[k]-num(t, s)) > 1e-7*max(1, math.Abs(got[k])) {
					t.Errorf("window %d, %s: cut %v, want %s", r, name, got[k], s)
				}
			}
		}
	}
}

// Sums of all wakes of the invented events, which have hours and minutes.
func TestReferenceSums(t *testing.T) {
	ops, events := reference(t, "golden/mwa/synth_2000.csv")
	c := count(ops, events, &gridOfReference)
	want, n := table(t, "golden/mwa/wakesums_synth_2000.csv")
	for r := range n {
		get := func(name string) int { return int(num(t, want[name][r])) }
		at := ((get("t_window")/2-1)*5 + get("spat_window")/2 - 1) * c.n
		got := map[string]int{}
		for i, e := range ops {
			if int(e.Kind) != get("treatment") || !c.in[at+i] {
				continue
			}
			got["one"]++
			for name, v := range map[string][]int32{"dependent_pre": c.before, "dependent_post": c.after, "SO_pre": c.soBefore, "MO_pre": c.moBefore, "SO_post": c.soAfter, "MO_post": c.moAfter} {
				got[name] += int(v[at+i])
			}
		}
		for name, v := range got {
			if v != get(name) {
				t.Errorf("(%d, %d) kind %d %s: %d, want %d", get("t_window"), get("spat_window"), get("treatment"), name, v, get(name))
			}
		}
	}
}
