package sim

import (
	"math"
	"sync"
	"sync/atomic"

	"athar"
	"athar/effect/spillover"
)

// Rate is what many replicates say about one effect of one world.
type Rate struct {
	Key
	Truth    float64
	N        int     // replicates with an estimate
	Refused  int     // without
	Reject   float64 // share with p < .05: type I error where Truth is 1, power elsewhere
	Cover    float64 // share of 95% intervals that hold the truth
	Bias     float64 // mean of ln RR less ln Truth
	BiasSE   float64 // its Monte Carlo standard error
	Cluster  float64 // share with the clustered error
	RejectSE float64 // Monte Carlo standard errors of the shares
	CoverSE  float64
}

// Run draws reps panels of the world and asks the headline method about each.
// The result does not depend on the number of workers.
func Run(w World, seed uint64, reps, workers int, errors spillover.Errors) []Rate {
	type row struct{ effects []athar.Effect }
	rows := make([]row, reps)
	_, truth := w.Panel(seed, 0)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= reps {
					return
				}
				p, _ := w.Panel(seed, k)
				rows[k].effects = spillover.Estimate(p, spillover.Options{Seed: seed, Draws: -1, Errors: errors}).Effects
			}
		})
	}
	wg.Wait()
	var rates []Rate
	for n, e := range rows[0].effects {
		key := Key{e.Question, e.Ring, e.Phase}
		r := Rate{Key: key, Truth: truth[key]}
		target := math.Log(r.Truth)
		var sum, squares float64
		for _, row := range rows {
			e := row.effects[n]
			if e.Refusal != nil || !(e.RR > 0) {
				r.Refused++
				continue
			}
			r.N++
			if e.P < .05 {
				r.Reject++
			}
			if float64(e.Low) <= r.Truth && r.Truth <= float64(e.High) {
				r.Cover++
			}
			if e.Inference == string(spillover.Clustered) {
				r.Cluster++
			}
			d := math.Log(float64(e.RR)) - target
			sum += d
			squares += d * d
		}
		m := float64(r.N)
		r.Reject, r.Cover, r.Cluster, r.Bias = r.Reject/m, r.Cover/m, r.Cluster/m, sum/m
		r.RejectSE = math.Sqrt(r.Reject * (1 - r.Reject) / m)
		r.CoverSE = math.Sqrt(r.Cover * (1 - r.Cover) / m)
		r.BiasSE = math.Sqrt((squares/m - r.Bias*r.Bias) / m)
		rates = append(rates, r)
	}
	return rates
}
