package hawkes

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"athar/stat"
)

// Simulate draws a series of the continuous model on (0, end], in time order,
// by clusters: events that follow none are Poisson within each row, and each
// event is followed by Poisson(alpha) others after exponential lags, kept with
// probability alpha(t)/max alpha (Hawkes and Oakes 1974). The series starts
// without history. Theta is not used. The error is for options that do not fit
// together and for a branching ratio that reaches 1.
func Simulate(r *rand.Rand, end float64, p Params, o Options) ([]float64, error) {
	if !o.fits(len(o.Cuts)+1) || !slices.IsSorted(o.Cuts) || len(o.Cuts) > 0 && !(o.Cuts[0] > 0 && o.Cuts[len(o.Cuts)-1] < end) || !p.fits(o) || !(p.Mu*end < 1e8) {
		return nil, errShape
	}
	return simulate(r, end, p, o), nil
}

// SimulateDaily draws days counts of the daily model, without history before
// the first. The error is that of [Simulate].
func SimulateDaily(r *rand.Rand, days int, p Params, o Options) ([]float64, error) {
	if !o.fits(days) || len(o.Cuts) > 0 || !p.fits(o) || !(p.Theta > 0) {
		return nil, errShape
	}
	return simulateDaily(r, days, p, o), nil
}

func (p Params) fits(o Options) bool {
	if !(p.Mu > 0) || len(p.Beta) != o.P || !(p.Alpha >= 0) || !(p.Decay > 0) || math.IsNaN(p.Change) {
		return false
	}
	if o.Follow == nil {
		return p.Alpha < 1
	}
	for s := range o.Follow {
		if !(p.ratio(o, s) < 1) {
			return false
		}
	}
	return true
}

func (p Params) ratio(o Options, s int) float64 {
	if o.Follow == nil {
		return p.Alpha
	}
	return p.Alpha * math.Exp(p.Change*o.Follow[s])
}

func (p Params) background(o Options, s int) float64 {
	eta := math.Log(p.Mu)
	for j, b := range p.Beta {
		eta += b * o.X[s*o.P+j]
	}
	return math.Exp(eta)
}

func simulate(r *rand.Rand, end float64, p Params, o Options) []float64 {
	var t []float64
	most, from := 0.0, 0.0
	for s := range len(o.Cuts) + 1 {
		until := end
		if s < len(o.Cuts) {
			until = o.Cuts[s]
		}
		most = max(most, p.ratio(o, s))
		for range poisson(r, p.background(o, s)*(until-from)) {
			t = append(t, until-(until-from)*r.Float64()) // in (from, until]
		}
		from = until
	}
	if most > 0 {
		for i := 0; i < len(t); i++ {
			for range poisson(r, most) {
				u := t[i] + r.ExpFloat64()/p.Decay
				if u < end && r.Float64()*most < p.ratio(o, sort.SearchFloat64s(o.Cuts, u)) {
					t = append(t, u)
				}
			}
		}
	}
	slices.Sort(t)
	return t
}

func poisson(r *rand.Rand, mean float64) int {
	if !(mean > 0) {
		return 0
	}
	return int(distuv.Poisson{Lambda: mean, Src: r}.Rand())
}

func simulateDaily(r *rand.Rand, days int, p Params, o Options) []float64 {
	y := make([]float64, days)
	q := math.Exp(-p.Decay)
	w := math.Expm1(-p.Decay) / math.Expm1(-Lags*p.Decay)
	for t := range y {
		sum := 0.0
		for k := min(Lags, t); k >= 1; k-- {
			sum = sum*q + y[t-k]
		}
		mean := p.background(o, t) + p.ratio(o, t)*w*sum
		y[t] = stat.NegBin(r, mean, 1+mean/p.Theta)
	}
	return y
}

// Spline is a cubic B-spline basis with uniform knots about spacing apart, in
// the unit of at, evaluated at rising points: a background that may bend every
// 90 days is Spline(days, 90). The first of its functions is left out, because
// they add up to 1; p is how many are left, x has one row per point. Where the points span less
// than half a spacing there is nothing to bend and p is 0.
func Spline(at []float64, spacing float64) (x []float64, p int) {
	if len(at) < 2 || !(spacing > 0) {
		return nil, 0
	}
	from, span := at[0], at[len(at)-1]-at[0]
	pieces := int(math.Round(span / spacing))
	if pieces < 1 {
		return nil, 0
	}
	p = pieces + 2
	x = make([]float64, len(at)*p)
	for i, v := range at {
		k, four := stat.CubicSpline((v-from)/span, pieces)
		for j, b := range four {
			if c := k + j - 1; c >= 0 {
				x[i*p+c] = b
			}
		}
	}
	return x, p
}
