package hawkes

import (
	"math"
	"slices"

	"athar/stat"
)

// Check says how well a fit describes its series. P values are against fitted
// parameters and therefore somewhat too large.
type Check struct {
	// Residuals, in time order: for instants the integrated intensity between
	// events, Exp(1) if the model holds (time rescaling; Ogata 1988); for days
	// (y - m)/sqrt(m + m^2/Theta).
	Residuals []float64
	Uniform   float64 // Kolmogorov-Smirnov p of the residuals as Exp(1); NaN for days
	Serial    float64 // Ljung-Box p of no autocorrelation up to lag 10
}

// Check computes the residuals and their tests. It is empty, with NaN, without
// a fit.
func (r *Result) Check() Check {
	c := Check{Uniform: math.NaN(), Serial: math.NaN()}
	if r.best == nil {
		return c
	}
	m := r.m
	c.Residuals = make([]float64, 0, m.rows)
	m.walk(r.best, func(i int, _, all, since float64) {
		if m.y != nil {
			since = (m.y[i] - all) / math.Sqrt(all+all*all/r.Theta)
		}
		c.Residuals = append(c.Residuals, since)
	})
	c.Serial = stat.LjungBox(c.Residuals, 10, 0)
	if m.y == nil {
		u := make([]float64, len(c.Residuals))
		for i, v := range c.Residuals {
			u[i] = -math.Expm1(-v)
		}
		slices.Sort(u)
		c.Uniform = stat.KolmogorovUniform(u)
	}
	return c
}
