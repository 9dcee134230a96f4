//go:build unix

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"

	"athar"
	"athar/effect/wake"
	"athar/stat"
)

// benchWake times matched wake analysis on 25 windows (2 to 10 days by 2 to 10 km)
// of invented events, 85% outcome, 10% control and 5% treated: in the compatible
// form, which does what mwa does, and in the corrected one, with its block errors
// and with its permutations. mwa is not installed from a distribution; its costs
// are those recorded when the reference outputs were made, processor seconds, so
// ours are processor seconds too. They name no region: 50,000 events are timed at
// the density of 2,000 events in five years and packed into these five years.
func benchWake(string) error {
	fmt.Println("matched wake analysis, 25 windows")
	recorded := map[int]float64{2000: 3.6, 10_000: 13, 50_000: 57}
	grid := wake.Options{Days: []int{2, 4, 6, 8, 10}, Km: []float64{2, 4, 6, 8, 10}, Draws: -1}
	compatible, permuted := grid, grid
	compatible.Compatible, permuted.Draws = true, 0
	least := func(ops, events []wake.Event, o wake.Options, times int) float64 {
		best := math.Inf(1)
		for range times {
			start := cpu()
			wake.Analyse(ops, events, o)
			best = min(best, cpu()-start)
		}
		return best
	}
	var size, cost []float64
	for _, n := range []int{2000, 10_000, 50_000, 200_000, 1_000_000} {
		times := 3
		if n > 100_000 {
			times = 1
		}
		ops, events := wakeWorld(n, float64(n)/2000)
		ours, corrected := least(ops, events, compatible, times), least(ops, events, grid, times)
		fmt.Printf("  %8d events at one density: compatible %9.1f ms, corrected %9.1f ms", n, 1e3*ours, 1e3*corrected)
		if ref := recorded[n]; ref > 0 {
			fmt.Printf("; mwa 0.5.0, recorded %.1f s: %.0f and %.0f times", ref, ref/ours, ref/corrected)
		}
		if n == 50_000 || n == 1_000_000 {
			fmt.Printf("; with the default permutations %.1f s", least(ops, events, permuted, 1))
		}
		fmt.Println()
		size, cost = append(size, math.Log(float64(n))), append(cost, math.Log(corrected))
	}
	fmt.Printf("  fitted growth of the corrected form with the power %.2f\n", slope(size, cost))
	ops, events := wakeWorld(50_000, 1)
	ours, corrected := least(ops, events, compatible, 3), least(ops, events, grid, 3)
	fmt.Printf("    50000 events packed 25 times as densely: compatible %.1f ms, corrected %.1f ms: %.0f and %.0f times\n", 1e3*ours, 1e3*corrected, 57/ours, 57/corrected)
	ops, events = wakeWorld(1_000_000, 1)
	fmt.Printf("  1000000 events packed 500 times as densely: corrected %.1f s\n\n", least(ops, events, grid, 1))
	return nil
}

// cpu is the processor time of this process in seconds, all threads, collection
// of memory included.
func cpu() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return math.NaN()
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// wakeWorld draws n events over 5 years times the stretch, in 4 by 3 degrees, most
// of them around a hundred places.
func wakeWorld(n int, stretch float64) (ops, events []wake.Event) {
	r := stat.Stream(1, "bench/wake", n)
	var places [100][2]float64
	for i := range places {
		places[i] = [2]float64{43 + 4*r.Float64(), 32 + 3*r.Float64()}
	}
	for i := range n {
		p := places[r.IntN(len(places))]
		at := r.Float64() * 1826 * stretch
		e := wake.Event{Day: athar.Day(12000 + int(at)), Second: int(math.Mod(at, 1) * 86400), Row: i,
			Lon: p[0] + .1*r.NormFloat64(), Lat: p[1] + .1*r.NormFloat64()}
		if i%5 == 0 {
			e.Lon, e.Lat = 43+4*r.Float64(), 32+3*r.Float64()
		}
		switch u := r.Float64(); {
		case u < .85:
			events = append(events, e)
			continue
		case u > .95:
			e.Kind = wake.Treated
		}
		e.Covariates = covariates(r)
		ops = append(ops, e)
	}
	return ops, events
}

func covariates(r *rand.Rand) []float64 { return []float64{3 * r.NormFloat64(), r.Float64()} }

// slope is that of the least-squares line through the points.
func slope(x, y []float64) float64 {
	mx, my := 0.0, 0.0
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(x))
	}
	xx, xy := 0.0, 0.0
	for i := range x {
		xx, xy = xx+(x[i]-mx)*(x[i]-mx), xy+(x[i]-mx)*(y[i]-my)
	}
	return xy / xx
}
