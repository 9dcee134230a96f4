package knox

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"athar"
	"athar/internal/testdata"
)

func table(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // some hold an interval without quotes
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
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

// BENCHMARKS D6: surveillance's Knox test on 636 cases, 30 days and 50 km, both
// included. Its times have fractions: a hundred-thousandth of a day is our day
// here.
func TestSurveillance(t *testing.T) {
	rows := table(t, "golden/surveillance/imdepi_events.csv")
	const tick = 100_000
	var events []Event
	for _, r := range rows[1:] {
		events = append(events, Event{athar.Day(math.Round(num(t, r[0]) * tick)), num(t, r[len(r)-2]), num(t, r[len(r)-1])})
	}
	res := Analyse(events, Options{Metric: Planar, Null: AnyDate, Km: []float64{50}, Days: []int{30*tick + 1}})
	if res.Refusal != nil {
		t.Fatal(res.Refusal)
	}
	want := map[string]float64{}
	for _, r := range table(t, "golden/surveillance/knox_imdepi.csv")[1:] {
		want[r[0]] = num(t, r[1])
	}
	for _, c := range []struct {
		name     string
		got, tol float64
	}{
		{"close_pairs", float64(res.At(0, 0).Pairs), 0},
		{"table_close_t_far_s", float64(res.At(1, 0).Pairs), 0},
		{"table_far_t_close_s", float64(res.At(0, 1).Pairs), 0},
		{"table_far_t_far_s", float64(res.At(1, 1).Pairs), 0},
		{"expected_pairs_MC_mean_B999_seed1", float64(res.At(0, 0).Expected), 1e-4},
		{"p_MC_B999_seed1", float64(res.At(0, 0).P), .002}, // two simulations
	} {
		if w, ok := want[c.name]; !ok || math.Abs(c.got-w) > c.tol {
			t.Errorf("%s: %v, want %v", c.name, c.got, w)
		}
	}
	if res.Near.Pairs != 422 || res.Same {
		t.Errorf("the summary of one cell: %+v", res.Near)
	}
}

func arson(t testing.TB) (events []Event) {
	for _, r := range table(t, "golden/nearrepeat/chicago_arson.csv")[1:] {
		d, err := athar.ParseDay(r[2])
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, Event{d, num(t, r[0]) / 1000, num(t, r[1]) / 1000})
	}
	return events
}

// D7: the contingency table of 522 arsons, along streets.
func TestArsonTable(t *testing.T) {
	res := Analyse(arson(t), Options{Metric: Manhattan, Null: AnyDate, Draws: -1, Km: []float64{.001, .2, .4, .6}, Days: []int{1, 2, 3}})
	want := [][]int64{{1, 2, 0, 8}, {8, 1, 1, 45}, {4, 0, 0, 141}, {6, 0, 0, 233}, {393, 710, 770, 133658}}
	for b, row := range want {
		for k, n := range row {
			if got := res.At(b, k).Pairs; got != n {
				t.Errorf("cell %d, %d: %d pairs, want %d", b, k, got, n)
			}
		}
	}
	if !math.IsInf(float64(res.Space[4].To), 1) || res.Space[1].From != .001 || res.Time[3].From != 3 {
		t.Errorf("bands %v %v", res.Space, res.Time)
	}
}

// label is what the Near Repeat Calculator prints beside a band: its "a to b" days
// are [a-1, b), from which same day becomes "0 to 1", and its distances "a to b"
// begin above a-1.
func label(b Band, days bool) string {
	if days {
		return fmt.Sprintf("%v to %v days", b.From, b.To)
	}
	return fmt.Sprintf("%.0f to %.0f m", float64(b.From)*1000+1, float64(b.To)*1000)
}

// D8: what the calculator printed, decoded. Its observed pairs are ours of half-open
// bands, and its ratios of 74.25, 11.65 and 7.71 are these over a simulated mean of
// k/99 pairs, where the exact means give 53.0, 9.1 and 8.3.
func TestCalculator(t *testing.T) {
	const same = 1e-7
	res := Analyse(arson(t), Options{Metric: Manhattan, Null: AnyDate, Km: []float64{same, .2, .4, .6}, Days: []int{1, 2, 3}})
	for k, w := range []struct {
		label            string
		pairs            int64
		expected, ratio  float64
		published, of99s float64
	}{{"1 to 200 m", 9, .1697, 53.0, 74.25, 12}, {"201 to 400 m", 4, .4393, 9.1, 11.65, 34}, {"401 to 600 m", 6, .7241, 8.3, 7.71, 77}} {
		c := res.At(k+1, 0)
		if got := label(res.Space[k+1], false) + ", " + label(res.Time[0], true); got != w.label+", 0 to 1 days" {
			t.Errorf("label %q", got)
		}
		if c.Pairs != w.pairs || math.Abs(float64(c.Expected)-w.expected) > 5e-5 || math.Abs(float64(c.Ratio)-w.ratio) > .05 {
			t.Errorf("%s: %d pairs, expected %v, ratio %v; want %v", w.label, c.Pairs, c.Expected, c.Ratio, w)
		}
		if math.Abs(float64(c.Pairs)/(w.of99s/99)-w.published) > .005 {
			t.Errorf("%s: the published ratio %v is not %d/(%v/99)", w.label, w.published, c.Pairs, w.of99s)
		}
		if c.P > .01 {
			t.Errorf("%s: p %v, published .01 from 99 draws", w.label, c.P)
		}
	}
}

// NearRepeat on the same arsons: pairs exact; its ratios have the mean of 999 draws
// below the line, so they agree within the error of that mean, and its p values
// within that of two simulations.
func TestNearRepeat(t *testing.T) {
	res := Analyse(arson(t), Options{Metric: Manhattan, Null: AnyDate, Km: []float64{.0001, .1, .2, .3, .4}, Days: []int{4, 7, 14}})
	pairs, ratio, ps := table(t, "golden/nearrepeat/arson_observed_pairs.csv"), table(t, "golden/nearrepeat/arson_knox_ratio.csv"), table(t, "golden/nearrepeat/arson_pvalues.csv")
	for b := range 5 {
		for k := range 3 {
			c := res.At(b, k)
			n, p := num(t, pairs[b+1][k+1]), num(t, ps[b+1][k+1])
			if float64(c.Pairs) != n {
				t.Errorf("cell %d, %d: %d pairs, want %v", b, k, c.Pairs, n)
			}
			if n > 0 {
				mean := n / num(t, ratio[b+1][k+1])
				// A count of rare pairs has about the variance of a Poisson.
				if z := (mean - float64(c.Expected)) / math.Sqrt(float64(c.Expected)/999); math.Abs(z) > 4 {
					t.Errorf("cell %d, %d: expected %v, their mean of 999 draws %v: %.1f errors", b, k, c.Expected, mean, z)
				}
			}
			if d := math.Abs(float64(c.P) - p); d > .002+4*math.Sqrt(2*p*(1-p)/999) {
				t.Errorf("cell %d, %d: p %v, theirs %v", b, k, c.P, p)
			}
		}
	}
}
