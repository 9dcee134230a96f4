//go:build unix

package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"athar"
	"athar/displace/hotspot"
	"athar/displace/knox"
	"athar/displace/scan"
	"athar/stat"
)

var (
	//go:embed knox.R
	knoxR string
	//go:embed knox.py
	knoxPython string
)

// knoxWorld draws n events over five years in towns whose number grows with n, at
// one density, in km. Every fifth lies in the middle of its town.
func knoxWorld(n int) []knox.Event {
	r := stat.Stream(1, "bench/knox", n)
	side := 5 * math.Sqrt(float64(n))
	towns := make([][2]float64, max(1, n/40))
	for i := range towns {
		towns[i] = [2]float64{side * r.Float64(), side * r.Float64()}
	}
	out := make([]knox.Event, n)
	for i := range out {
		t := towns[r.IntN(len(towns))]
		out[i] = knox.Event{Day: athar.Day(14000 + r.IntN(1826)), X: t[0], Y: t[1]}
		if i%5 != 0 {
			out[i].X, out[i].Y = t[0]+3*r.NormFloat64(), t[1]+3*r.NormFloat64()
		}
	}
	return out
}

// benchKnox times the table of six by five bands with 999 draws. NearRepeat is not
// installed from a distribution: its recorded cost of 99 draws is scaled to 999.
// surveillance and pointpats know one cell only: see [besideKnox].
func benchKnox(dir string) error {
	fmt.Println("Knox test, 6 by 5 bands, 999 draws, processor seconds")
	o := knox.Options{Metric: knox.Planar}
	const recorded, ofDraws = 70.0, 99
	var size, cost []float64
	for _, n := range []int{1000, 4000, 20_000, 100_000} {
		events := knoxWorld(n)
		start, wall := cpu(), time.Now()
		res := knox.Analyse(events, o)
		ours := cpu() - start
		if res.Refusal != nil {
			return res.Refusal
		}
		fmt.Printf("  %7d events, %d places: %.2f s (wall %.2f)", n, res.Places, ours, time.Since(wall).Seconds())
		if n == 4000 {
			fmt.Printf("; NearRepeat 0.1.1, recorded for %d draws %.0f s, %.0f s scaled: %.0f times", ofDraws, recorded, recorded*999/ofDraws, recorded*999/ofDraws/ours)
		}
		fmt.Println()
		size, cost = append(size, math.Log(float64(n))), append(cost, math.Log(ours))
	}
	fmt.Printf("  fitted growth with the power %.2f; peak memory of this program so far %d MB\n", slope(size, cost), peakMB())
	crowded := knoxWorld(100_000)
	for i := range crowded { // all of them in a tenth of the area
		crowded[i].X, crowded[i].Y = crowded[i].X/math.Sqrt(10), crowded[i].Y/math.Sqrt(10)
	}
	start := cpu()
	knox.Analyse(crowded, o)
	fmt.Printf("  100000 events ten times as dense: %.1f s; peak memory %d MB\n", cpu()-start, peakMB())
	_, err := besideKnox(dir, "events", []int{4000})
	fmt.Println()
	return err
}

func peakMB() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return -1
	}
	if runtime.GOOS == "darwin" {
		return u.Maxrss >> 20
	}
	return u.Maxrss >> 10
}

// besideKnox times one cell (5 km, 8 days) with 99 draws in processor seconds, by Athar and
// by those references that are at hand, with the same events: a curve each, the first ours.
// surveillance deals fewer dates, because its cost is in them, and is scaled to 99. All must
// find the same pairs.
func besideKnox(dir, size string, sizes []int) ([]curve, error) {
	const draws, fewer = 99, 19
	hasR := exec.Command("Rscript", "-e", "library(surveillance)").Run() == nil
	if !hasR {
		fmt.Println("  surveillance is not at hand (Debian: r-cran-surveillance)")
	}
	py := pythonModule("pointpats", "pointpats", dir)
	list := []curve{{method: "Athar", size: size}}
	at := map[string]int{}
	for _, n := range sizes {
		events := knoxWorld(n)
		var res knox.Result
		ours := spent(func() {
			res = knox.Analyse(events, knox.Options{Metric: knox.Planar, Null: knox.AnyDate, Km: []float64{5}, Days: []int{8}, Draws: draws})
		})
		if res.Refusal != nil {
			return nil, res.Refusal
		}
		list[0].x, list[0].seconds = append(list[0].x, n), append(list[0].seconds, ours)
		fmt.Printf("  %d events, one cell (5 km, 8 days), %d draws: %.3f s, %d pairs, expected %.2f\n", n, draws, ours, res.Near.Pairs, float64(res.Near.Expected))
		var b strings.Builder
		for _, e := range events {
			fmt.Fprintf(&b, "%v,%v,%v\n", e.X, e.Y, int(e.Day))
		}
		type run struct {
			Name    string
			Seconds float64
			Draws   int
			Pairs   int64
		}
		var runs []run
		if hasR {
			in, code := filepath.Join(dir, "knox.csv"), filepath.Join(dir, "knox.R")
			for file, text := range map[string]string{in: b.String(), code: knoxR} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					return nil, err
				}
			}
			out, err := exec.Command("Rscript", code, in, fmt.Sprint(fewer)).Output()
			if err != nil {
				return nil, fmt.Errorf("surveillance failed: %w", err)
			}
			var r run
			if err := json.Unmarshal(out, &r); err != nil {
				return nil, err
			}
			runs = append(runs, r)
		}
		if py != "" {
			var r run
			if err := runPython(py, dir, "knox", knoxPython, b.String(), &r, fmt.Sprint(draws)); err != nil {
				return nil, err
			}
			runs = append(runs, r)
		}
		for _, r := range runs {
			scaled := r.Seconds * draws / float64(r.Draws)
			fmt.Printf("    %s, same run: %.2f s for %d draws, %.2f s for %d: %.0f times; %d pairs\n", r.Name, r.Seconds, r.Draws, scaled, draws, scaled/ours, r.Pairs)
			if r.Pairs != res.Near.Pairs {
				return nil, fmt.Errorf("%s finds %d pairs, Athar %d", r.Name, r.Pairs, res.Near.Pairs)
			}
			k, ok := at[r.Name]
			if !ok {
				k = len(list)
				at[r.Name], list = k, append(list, curve{method: r.Name, size: size})
			}
			list[k].x, list[k].seconds = append(list[k].x, n), append(list[k].seconds, scaled)
		}
	}
	return list, nil
}

// benchScan times the space-time permutation scan at 800 areas by 52 weeks with 999
// draws. scanstatistics is not installed from a distribution; its recorded cost is
// that of a prospective scan of 800 areas by 12 steps with 99 simulations, scaled to
// 52 steps and 999 draws. How many sets of areas it scanned was not recorded; ours
// are about 15 an area.
func benchScan(string) error {
	fmt.Println("space-time permutation scan, 800 areas by 52 weeks, 999 draws, processor seconds")
	const recorded, scaled = 1.2, 1.2 * 999 / 99 * 52 / 12
	r := stat.Stream(1, "bench/scan", 0)
	var places []scan.Place
	for i := range 800 {
		places = append(places, scan.Place{Code: fmt.Sprintf("A%03d", i), X: 1000 * r.Float64(), Y: 800 * r.Float64()})
	}
	world := func(n int) (cases []scan.Case) {
		for range n {
			cases = append(cases, scan.Case{Place: int(800 * r.Float64() * r.Float64()), Day: athar.Day(18000 + r.IntN(364))})
		}
		return cases
	}
	few, many := world(2000), world(20_000)
	for _, c := range []struct {
		name  string
		cases []scan.Case
		o     scan.Options
	}{
		{"prospective, 70 km, up to a year", few, scan.Options{Km: 70, MaxDays: 364, Prospective: true}},
		{"prospective, 70 km, up to a year", many, scan.Options{Km: 70, MaxDays: 364, Prospective: true}},
		{"any time, 70 km, up to 90 days", few, scan.Options{Km: 70}},
		{"any time, 70 km, up to 90 days", many, scan.Options{Km: 70}},
	} {
		c.o.Planar, c.o.Unit, c.o.Study = true, 7, athar.Span{First: 18000, Last: 18363}
		start, wall := cpu(), time.Now()
		res := scan.SpaceTime(places, c.cases, c.o)
		ours := cpu() - start
		if res.Refusal != nil {
			return res.Refusal
		}
		fmt.Printf("  %6d events, lows and highs, %s: %.2f s (wall %.2f)", len(c.cases), c.name, ours, time.Since(wall).Seconds())
		if c.o.Prospective {
			fmt.Printf("; scanstatistics 1.1.2, recorded %.1f s, %.0f s scaled: %.0f times", recorded, scaled, scaled/ours)
		}
		fmt.Println()
	}
	const areas, months = 1600, 60
	codes, near, counts := hotspotWorld(areas, months, 2)
	start := cpu()
	if res := hotspot.Analyse(codes, near, counts, months); res.Refusal != nil {
		return res.Refusal
	}
	fmt.Printf("  emerging hot spots, %d areas by %d months: %.2f s\n\n", areas, months, cpu()-start)
	return nil
}

// hotspotWorld draws counts with the mean given by area and month, twice as dispersed as
// Poisson, on a square map.
func hotspotWorld(areas, months int, mean float64) (codes []string, near [][]int, counts []float64) {
	r := stat.Stream(1, "bench/hotspot", areas)
	side := int(math.Ceil(math.Sqrt(float64(areas))))
	for i := range areas {
		codes, near = append(codes, fmt.Sprintf("C%05d", i)), append(near, nil)
		if i%side > 0 {
			near[i] = append(near[i], i-1)
		}
		if i >= side {
			near[i] = append(near[i], i-side)
		}
		for range months {
			counts = append(counts, stat.NegBin(r, mean, 2))
		}
	}
	return codes, near, counts
}
