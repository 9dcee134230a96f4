package wake

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"athar"
)

// iraq reads the published air operations and insurgent events of one file pair:
// air strikes are the kind in question, shows of force the comparison.
func iraq(t testing.TB, years string) (ops, events []Event) {
	t.Helper()
	read := func(name string) (list []Event, kinds []string) {
		c, n := table(t, "data/events/iraq_"+name+"_"+years+".csv")
		for i := range n {
			at, err := time.Parse(time.DateOnly, c["date"][i])
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, Event{Day: athar.DayOf(at), Lon: num(t, c["longitude"][i]), Lat: num(t, c["latitude"][i]), Row: i})
		}
		return list, c["type"]
	}
	ops, kinds := read("airstrikes")
	for i, k := range kinds {
		switch k {
		case "Airstrike":
			ops[i].Kind = Treated
		case "SOF":
		default:
			t.Fatalf("operation of type %q", k)
		}
	}
	events, _ = read("insurgencies")
	for i := range events {
		events[i].Row += len(ops)
	}
	return ops, events
}

// fromBaghdad gives operations the distance to a point of the capital as a
// covariate, in degrees of the map.
func fromBaghdad(ops []Event) []Event {
	ops = slices.Clone(ops)
	for i := range ops {
		e := &ops[i]
		e.Covariates = []float64{math.Hypot((e.Lon-44.366)*math.Cos(33.315*math.Pi/180), e.Lat-33.315)}
	}
	return ops
}

// Air strikes against shows of force, insurgent events around them; the log is
// the table in docs/validation/wake.md. Tested is that no order of rows matters
// and that the rows with numbers are whole.
func TestIraq(t *testing.T) {
	for _, years := range []string{"2006", "2007_2008"} {
		ops, events := iraq(t, years)
		for _, matching := range []string{"tendency and other operations", "the same and distance to the capital"} {
			list := ops
			if matching != "tendency and other operations" {
				list = fromBaghdad(ops)
			}
			o := Options{Seed: 1, Draws: 99}
			if *runs >= 1000 {
				o.Draws = 999
			}
			start := time.Now()
			res := Analyse(list, events, o)
			t.Logf("%s, matched on %s: %d operations, %d events, critical |t| %.2f, %.1f s", years, matching, len(ops), len(events), float64(res.Critical), time.Since(start).Seconds())
			for _, r := range res.Rows {
				if r.Refusal != nil {
					t.Errorf("(%d, %v): %v", r.Days, r.Km, r.Refusal)
					continue
				}
				if r.MatchedTreated > r.Treated || r.MatchedControl > r.Control || !(r.Low < r.Effect && r.Effect < r.High) || r.PAdj < r.P/10 && r.PAdj > .01 {
					t.Errorf("(%d, %v): %+v", r.Days, r.Km, r)
				}
				if r.Days%14 == 0 && r.Days != 42 || r.Days == 7 {
					t.Logf("| %d | %v | %d/%d | %d/%d | %.3f (%.3f to %.3f) | %.3f | %.3f | %.2f | %.2f | %d | %.2f | %.2f |", r.Days, r.Km, r.MatchedTreated, r.Treated, r.MatchedControl, r.Control,
						float64(r.Effect), float64(r.Low), float64(r.High), float64(r.P), float64(r.PAdj), float64(r.MDE), float64(r.L1Matched), r.Blocks, float64(r.SO), float64(r.MO))
				}
			}
		}
		o := Options{Days: []int{2, 4, 8}, Km: []float64{5, 20}, Draws: 19}
		want := text(t, Analyse(ops, events, o))
		compatible := o
		compatible.Compatible = true
		var low, high [6]float64
		r := rand.New(rand.NewPCG(5, 6))
		for k := range 6 {
			a, b := slices.Clone(ops), slices.Clone(events)
			r.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
			r.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
			if text(t, Analyse(a, b, o)) != want {
				t.Fatal("another order of rows gives another answer")
			}
			rows := r.Perm(len(a) + len(b)) // the original follows the order of rows within a day
			for i := range a {
				a[i].Row = rows[i]
			}
			for i := range b {
				b[i].Row = rows[len(a)+i]
			}
			for w, row := range Analyse(a, b, compatible).Rows {
				if p := float64(row.P); k == 0 {
					low[w], high[w] = p, p
				} else {
					low[w], high[w] = min(low[w], p), max(high[w], p)
				}
			}
		}
		for w, row := range Analyse(ops, events, o).Rows {
			t.Logf("%s (%d, %v): p %.3g; compatible form over six orders of rows: %.2g to %.2g", years, row.Days, row.Km, float64(row.P), low[w], high[w])
		}
	}
}
