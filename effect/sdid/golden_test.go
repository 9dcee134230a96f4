package sdid

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"athar/internal/testdata"
)

// prop99 is the matrix of the California smoking study, California last.
func prop99(t testing.TB) (y []float64, states []string, n, periods, n0, t0 int) {
	f, err := os.Open(testdata.Shared(t, "golden/scdid/california_prop99.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string][]float64{}
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if _, seen := series[r[0]]; !seen && r[0] != "California" {
			states = append(states, r[0])
		}
		series[r[0]] = append(series[r[0]], v)
	}
	slices.Sort(states)
	states = append(states, "California")
	for _, s := range states {
		y = append(y, series[s]...)
	}
	return y, states, 39, 31, 38, 19
}

func golden(t *testing.T, file string) map[string]float64 {
	f, err := os.Open(testdata.Shared(t, "golden/scdid/"+file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, r := range rows[1:] {
		if out[r[0]], err = strconv.ParseFloat(r[1], 64); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %.8g, want %.8g +- %g", what, got, want, tol)
	}
}

func TestProp99Estimates(t *testing.T) {
	y, _, n, p, n0, t0 := prop99(t)
	rerun := golden(t, "prop99_estimates.csv")
	var f Fit
	for _, c := range []struct {
		name string
		kind Kind
		want float64
		tol  float64
	}{
		{"did", DiD, rerun["did"], 1e-8}, {"sc", SC, rerun["sc"], .02}, {"synthdid", SDID, rerun["synthdid"], .02},
		{"difp", DIFP, -11.1, .06}, {"sc_reg", SCReg, -21.7, .06}, {"difp_reg", DIFPReg, -16.1, .06},
	} {
		for _, published := range []bool{false, true} {
			if err := f.Block(y, n, p, n0, t0, Settings{Kind: c.kind, Published: published}); err != nil {
				t.Fatal(err)
			}
			tol := c.tol
			switch {
			case published && tol == .02:
				tol = 1e-6
			case c.kind == SC:
				tol = .15 // the published walk stops a tenth of a pack before the minimum
			}
			near(t, c.name, f.Tau, c.want, tol)
		}
	}
}

func TestProp99Weights(t *testing.T) {
	y, states, n, p, n0, t0 := prop99(t)
	var f Fit
	for _, published := range []bool{false, true} {
		for _, c := range []struct {
			file string
			kind Kind
		}{{"did", DiD}, {"sc", SC}, {"synthdid", SDID}} {
			omega, lambda := golden(t, c.file+"_omega.csv"), golden(t, c.file+"_lambda.csv")
			if err := f.Block(y, n, p, n0, t0, Settings{Kind: c.kind, Published: published}); err != nil {
				t.Fatal(err)
			}
			for i, w := range f.Omega {
				near(t, c.file+" "+states[i], w, omega[states[i]], .005)
			}
			for k, l := range f.Lambda {
				year := strconv.Itoa(1970 + k)
				near(t, c.file+" "+year, l, lambda[year], .005)
			}
		}
	}
	near(t, "zeta", f.Zeta, 10.22623, 1e-5)
	for k, want := range []float64{-4.84, -4.33, -8.65, -8.42, -12.55, -16.11, -18.91, -19.35, -20.88, -22.78, -25.94, -24.48} {
		near(t, "curve", f.Curve[t0+k], want, .05)
	}
}

func TestProp99Placebos(t *testing.T) {
	y, _, n, p, n0, t0 := prop99(t)
	var f Fit
	q, err := f.Placebo(y, n, p, n0, t0, 0, 1, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(q.Tau)
	near(t, "sd", q.SE, 9.49459, .05)
	near(t, "rank p", q.Rank, 2./39, 1e-12)
	for _, c := range []struct{ got, want float64 }{
		{q.Tau[0], -31.757}, {q.Tau[1], -15.218}, {q.Tau[36], 14.721}, {q.Tau[37], 14.862},
	} {
		near(t, "extreme placebo", c.got, c.want, .05)
	}
	near(t, "the fit itself is left in place", f.Tau, -15.6038, .02)
}

func BenchmarkProp99(b *testing.B) {
	y, _, n, p, n0, t0 := prop99(b)
	var f Fit
	for b.Loop() {
		if _, err := f.Placebo(y, n, p, n0, t0, 0, 1, Settings{}); err != nil {
			b.Fatal(err)
		}
	}
}
