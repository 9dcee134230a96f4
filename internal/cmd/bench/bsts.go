//go:build unix

package main

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"athar/effect/bsts"
	"athar/stat"
)

//go:embed bsts.py
var bstsScript string

// causalImpact holds the reference cost of the R package: seconds for 1,000
// draws by length of the series.
var causalImpact = map[int]float64{100: .35, 3000: 16}

// benchBSTS times 10,000 draws of one chain with the published priors and one
// regressor, and what they are worth, beside bsts-causalimpact in the same run.
func benchBSTS(dir string) error {
	const draws = 10000
	fmt.Printf("Bayesian structural time series, %d draws, one chain, one regressor\n", draws)
	for _, n := range []int{100, 300, 1000, 3000} {
		pre := n * 7 / 10
		y, x := bstsSeries(n, pre)
		best := math.Inf(1)
		var p *bsts.Posterior
		for range 3 {
			start := time.Now()
			var err error
			if p, err = bsts.Fit(y, x, 1, pre, bsts.FitOptions{Prior: bsts.Published(), Draws: draws, Chains: 1, Seed: 1}); err != nil {
				return err
			}
			best = min(best, time.Since(start).Seconds())
		}
		means, actual, effect := make([]float64, draws), 0.0, 0.0
		for _, v := range y[pre:] {
			actual += v / float64(p.Ahead)
		}
		for i := range means {
			for _, v := range p.Path[i*p.Ahead : (i+1)*p.Ahead] {
				means[i] += v / float64(p.Ahead)
			}
			effect += (actual - means[i]) / draws
		}
		ess := stat.ESS(means, 1)
		fmt.Printf("  %4d periods: %8.3f s, worth %5.0f draws; effect %.3f", n, best, ess, effect)
		if r, ok := causalImpact[n]; ok {
			fmt.Printf("; CausalImpact 1.4.1 is reported to need %.1f s: at least %.0f times, were its draws independent", 10*r, 10*r/best*ess/draws)
		}
		fmt.Println()
		if n > 1000 {
			continue
		}
		ref, err := bstsReference(y, x, pre, draws, dir)
		if err != nil {
			return err
		}
		if ref == nil {
			fmt.Println("    bsts-causalimpact could not be installed")
			continue
		}
		theirs := stat.ESS(ref.Means, 1)
		fmt.Printf("    %s: %8.3f s, worth %5.0f draws; effect %.3f; %.1f times at equal effective size\n",
			ref.Name, ref.Seconds, theirs, ref.Effect, ess/best/(theirs/ref.Seconds))
	}
	fmt.Println()
	return nil
}

// bstsSeries is a regression on a slow series, with an effect of 10 afterwards.
func bstsSeries(n, pre int) (y, x []float64) {
	r := stat.Stream(1, "bench/bsts", n)
	u := 0.0
	for t := range n {
		u = .999*u + r.NormFloat64()
		x = append(x, 100+u)
		y = append(y, 1.2*x[t]+r.NormFloat64())
		if t >= pre {
			y[t] += 10
		}
	}
	return
}

type bstsTimes struct {
	Name            string
	Seconds, Effect float64
	Means           []float64
}

// bstsReference runs bsts-causalimpact; nil if it cannot be installed.
func bstsReference(y, x []float64, pre, draws int, dir string) (*bstsTimes, error) {
	py := pythonModule("causal_impact", "bsts-causalimpact", dir)
	if py == "" {
		return nil, nil
	}
	var b strings.Builder
	b.WriteString("y,x\n")
	for t := range y {
		fmt.Fprintf(&b, "%.17g,%.17g\n", y[t], x[t])
	}
	r := &bstsTimes{}
	return r, runPython(py, dir, "bsts", bstsScript, b.String(), r, strconv.Itoa(pre), strconv.Itoa(draws))
}
