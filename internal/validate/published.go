package validate

import (
	"math"

	"athar"
	"athar/adapt/change"
	"athar/adapt/mix"
	"athar/adapt/spread"
	"athar/displace/wdd"
	"athar/effect/pool"
	"athar/outlook"
	"athar/stat"
)

// Figure is a published or reference figure and what the program gets for it.
// It agrees if |Got - Want| <= Within.
type Figure struct {
	ID        string // of BENCHMARKS.md
	What      string
	Want, Got float64
	Within    float64
}

// Agrees reports whether the figure is met.
func (f Figure) Agrees() bool { return math.Abs(f.Got-f.Want) <= f.Within }

// coal are the disasters in British coal mines by year, 1851-1962 (Jarrett 1979).
var coal = []float64{4, 5, 4, 1, 0, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3, 2, 2, 1, 1, 1, 1, 3, 0, 0,
	1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3,
	0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1}

// Published recomputes the figures whose data are a few numbers, so that any
// copy of the program can do it without a file. Those that need a data set are tests
// (docs/validation/README.md).
func Published() ([]Figure, error) {
	var out []Figure
	add := func(id, what string, got, want, within float64) {
		out = append(out, Figure{id, what, want, got, within})
	}
	rel := func(id, what string, got, want, within float64) { add(id, what, got, want, within*math.Abs(want)) }

	c := wdd.Counts{Control: [2]float64{308, 318}, Treated: [2]float64{207, 110}, DispControl: [2]float64{150, 140}, DispTreated: [2]float64{178, 157}}
	d := wdd.Diff(c, .05, 1).Total
	add("D1", "weighted displacement difference (Wheeler and Ratcliffe 2018)", d.Est, -118, 0)
	rel("D1", "its standard error", d.SE, 39.59798, 1e-6)
	add("D1", "its z", d.Z, -2.98, .005)
	d = wdd.Diff(wdd.Counts{Control: [2]float64{100, 50}, Treated: [2]float64{80, 20}, Time: [2]float64{2, 1}}, .05, 1).Total
	add("D2", "the same for periods of unequal length", d.Est, -20, 0)
	rel("D2", "its standard error", d.SE, math.Sqrt(115), 1e-12)
	c.Area = [4]float64{.9, 1.2, 1.6, 1.5}
	d = wdd.Diff(c, .05, 1).Total
	rel("D3", "the same for areas of unequal size", d.Est, -99.69444444, 1e-6)
	rel("D3", "its standard error", d.SE, 35.4280755, 1e-6)
	rel("D3", "lower end of its interval", d.Low, -169.1321965, 1e-6)
	rel("D3", "upper end", d.High, -30.25669241, 1e-6)
	add("D5", "weighted displacement quotient, by hand", quotient(), -1, 0)

	nine := make([]float64, 9)
	w := make(spread.Weights, 9)
	for i := range nine {
		nine[i] = float64(i + 1)
		for j := range nine {
			if r, k := i/3-j/3, i%3-j%3; r*r+k*k == 1 {
				w[i] = append(w[i], int32(j))
			}
		}
	}
	rel("D13", "Moran's I of a lattice of nine", spread.Moran(nine, w), .5, 1e-6)

	ln := math.Log(float64(len(coal)))
	year := func(breaks []int, k int) float64 {
		if k >= len(breaks) {
			return math.NaN()
		}
		return 1850 + float64(breaks[k])
	}
	s, err := change.Posterior(coal, nil, change.Prior{Shape: 1, Rate: 1, Poisson: true})
	if err != nil {
		return nil, err
	}
	add("C7", "coal disasters: likeliest last year of the first regime", float64(1851+s.Mode()), 1891, 0)
	add("C7", "its probability", s.P[40], .2450, 1e-4)
	add("C7", "that of 1890", s.P[39], .1848, 1e-4)
	add("C7", "rate before", s.Before, 3.0642, 1e-4)
	add("C7", "rate after", s.After, .9224, 1e-4)
	sic, strict := change.PELT(change.Poisson(coal, nil), change.SIC*ln, 1), change.PELT(change.Poisson(coal, nil), change.Conservative*ln, 1)
	add("C7", "PELT, penalty 2 ln n: changes", float64(len(sic)), 2, 0)
	add("C7", "the first", year(sic, 0), 1891, 0)
	add("C7", "the second", year(sic, 1), 1947, 0)
	add("C7", "penalty 3 ln n: changes", float64(len(strict)), 1, 0)
	add("C7", "the one", year(strict, 0), 1891, 0)

	rel("C14", "Jensen-Shannon divergence, bits", mix.JSD([]float64{.5, .3, .2}, []float64{.2, .3, .5}), .0958156, 1e-6)
	add("C14", "its bias for five classes and twice 50 events", mix.Bias(5, 50, 50), .02885, 5e-6)

	u := pool.Rubin([]float64{1, 1.2, .9, 1.1, .8}, []float64{.04, .04, .04, .04, .04}, math.Inf(1))
	rel("U2", "Rubin's rules: mean", u.Q, 1, 1e-6)
	rel("U2", "total variance", u.T, .07, 1e-6)
	rel("U2", "degrees of freedom", u.DF, 21.77778, 1e-6)
	rel("U2", "missing information", u.FMI, .4746957, 1e-6)

	rr, low, high, p := stat.ExactRatio(20, 1, 8, 1, .05)
	rel("U4", "exact rate ratio, 20 events and then 8", rr, .4, 1e-6)
	rel("U4", "lower end of its interval", low, .1523877, 1e-6)
	rel("U4", "upper end", high, .9480582, 1e-6)
	rel("U4", "its p", p, .03569814, 1e-6)

	rel("U5", "CRPS of the standard normal at 0", outlook.CRPSNormal(0, 1, 0), .2336950, 1e-6)
	rel("U5", "at 1", outlook.CRPSNormal(0, 1, 1), .6024414, 1e-6)
	rel("U5", "of Poisson(3) at 5", outlook.CRPSNegBin(3, math.Inf(1), 5), 1.313114, 1e-6)
	rel("U5", "of the negative binomial (size 2, mean 5) at 0", outlook.CRPSNegBin(5, 2, 0), 2.792245, 1e-6)
	// (u-l) + (2/a)(y-u) by hand: 2 + 40 * 2.
	add("U6", "interval score of [1, 3] at level .95 and 5", outlook.IntervalScore(1, 3, .95, 5), 82, 1e-9)

	for _, f := range []struct{ n, phi, fall, rise float64 }{{20, 1, .36, 2.78}, {100, 2, .52, 1.91}, {500, 1, .82, 1.23}} {
		fall, rise := stat.MDE(stat.RatioSE(f.phi, f.n, f.n, 3*f.n, 3*f.n), math.Inf(1))
		what := "smallest change found in 80%, " + athar.Num(f.n).String() + " events, dispersion " + athar.Num(f.phi).String()
		add("F2", what+": fall", fall, f.fall, .0055)
		add("F2", "rise", rise, f.rise, .0055)
	}
	return out, nil
}

// quotient is D5: treated 100 then 50, ring 100 then 150, control 100 twice, as
// a panel of one area each and one period of equal length.
func quotient() float64 {
	p := &athar.Panel{}
	counts := [][2]float64{{100, 50}, {100, 150}, {100, 100}}
	for i, r := range []athar.Role{athar.Inside, 1, athar.Far} {
		p.Areas = append(p.Areas, athar.PanelArea{Code: string(rune('A' + i)), Role: r})
		p.Count = append(p.Count, counts[i][:]...)
		p.Use = append(p.Use, true, true)
	}
	for t, ph := range []athar.Phase{athar.Pre, athar.During} {
		q := athar.Period{Phase: ph, Days: 30}
		q.First = athar.Date(2020, 1, 1) + athar.Day(30*t)
		q.Last = q.First + 29
		p.Periods = append(p.Periods, q)
	}
	for _, q := range wdd.Estimate(p, wdd.Options{Phi: 1}).Quotients {
		if q.Phase == athar.During {
			return q.Est
		}
	}
	return math.NaN()
}
