package sim

import (
	"math"
	"sync"
	"sync/atomic"

	"athar"
)

// Method is asked about one panel. The list of effects it returns must have
// the same questions for every panel of a world.
type Method func(p *athar.Panel) []athar.Effect

// Rate is what many replicates say about one effect of one world.
type Rate struct {
	Key
	Truth   float64
	N       int     // replicates with an estimate
	Refused int     // without
	Reject  float64 // share with p < .05: type I error where Truth is 1, power elsewhere
	Cover   float64 // share of 95% intervals that hold the truth
	Bias    float64 // mean of ln RR less ln Truth, over replicates with a positive RR
	BiasSE  float64 // its Monte Carlo standard error
	Cluster float64 // share with the clustered error
}

// SE is the Monte Carlo standard error of a share among the replicates.
func (r Rate) SE(share float64) float64 { return math.Sqrt(share * (1 - share) / float64(r.N)) }

// Run draws reps panels of the world and asks the method about each. The
// result does not depend on the number of workers.
func Run(w World, seed uint64, reps, workers int, method Method) []Rate {
	rows := make([][]athar.Effect, reps)
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
				rows[k] = method(p)
			}
		})
	}
	wg.Wait()
	var rates []Rate
	for n, e := range rows[0] {
		r := Rate{Key: Key{e.Question, e.Ring, e.Phase}}
		r.Truth = truth[r.Key]
		var logs, sum, squares float64
		for _, row := range rows {
			e := row[n]
			if e.Refusal != nil {
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
			if e.Inference == "cr2" {
				r.Cluster++
			}
			if e.RR > 0 {
				d := math.Log(float64(e.RR) / r.Truth)
				logs++
				sum += d
				squares += d * d
			}
		}
		m := float64(r.N)
		r.Reject, r.Cover, r.Cluster, r.Bias = r.Reject/m, r.Cover/m, r.Cluster/m, sum/logs
		r.BiasSE = math.Sqrt((squares/logs - r.Bias*r.Bias) / logs)
		rates = append(rates, r)
	}
	return rates
}
