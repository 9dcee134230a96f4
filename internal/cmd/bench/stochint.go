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
	"strconv"
	"strings"

	"athar/effect/stochint"
	"athar/stat"
)

//go:embed stochint.R
var stochintR string

// benchStochint times stochastic interventions on invented records as large as
// the reference's two: 60 days with 88 operations and 5,606 attacks, 499 days
// with 2,446 and 68,573, on 64 x 64 pixels. geocausal is in no package source of
// the system; its recorded cost stands beside, and spatstat, which does its
// smoothing, runs on the same points where R has it.
func benchStochint(dir string) error {
	fmt.Println("stochastic interventions, 64 x 64 pixels, adaptive smoothing, one thread")
	const spatstatDays = 4
	for _, c := range []struct {
		days, treated, outcome int
		geocausal              float64 // recorded cpu seconds
	}{{60, 88, 5606, 28}, {499, 2446, 68573, 306}} {
		in, outline := stochintRecord(c.days, c.treated, c.outcome)
		regions := in.Window.Rings([][2]float64{{600, 477}}, 100, 200, 300)
		run := func() *stochint.Model {
			m := stochint.New(in)
			m.Contrast(stochint.Options{From: 2, To: 4, Quantile: .95, Regions: regions})
			return m
		}
		took := 1 / rate(func() { run() })
		fmt.Printf("  %d days, %d operations, %d attacks: %.3f s; geocausal 0.4.2 as recorded %.0f s, ratio %.0f\n", c.days, c.treated, c.outcome, took, c.geocausal, c.geocausal/took)
		var points strings.Builder
		points.WriteString("day,x,y\n")
		for _, e := range in.Outcome {
			fmt.Fprintf(&points, "%d,%s,%s\n", e.Day, strconv.FormatFloat(e.X, 'g', -1, 64), strconv.FormatFloat(e.Y, 'g', -1, 64))
		}
		files := map[string]string{"stochint.csv": points.String(), "outline.csv": outline, "stochint.R": stochintR}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				return err
			}
		}
		out := filepath.Join(dir, "surfaces.txt")
		text, err := exec.Command("Rscript", filepath.Join(dir, "stochint.R"), filepath.Join(dir, "stochint.csv"),
			filepath.Join(dir, "outline.csv"), strconv.Itoa(spatstatDays), out).Output()
		if err != nil {
			fmt.Println("  R has no spatstat here")
			continue
		}
		var ref struct {
			Name       string
			Pilot, Day float64
		}
		if err := json.Unmarshal(text, &ref); err != nil {
			return err
		}
		m := run()
		values, err := os.ReadFile(out)
		if err != nil {
			return err
		}
		worst, top := 0.0, 0.0
		fields := strings.Fields(string(values))
		if len(fields) != spatstatDays*in.Window.Cells() {
			return fmt.Errorf("%d values from %s, %d expected", len(fields), ref.Name, spatstatDays*in.Window.Cells())
		}
		for i, f := range fields {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				return err
			}
			worst, top = max(worst, math.Abs(v-m.Outcome.V[i])), max(top, v)
		}
		smoothing := ref.Pilot + ref.Day*float64(c.days)
		fmt.Printf("  %s, smoothing alone: %.2f s and %.3f s a day (%d of them), so %.1f s; ratio to all of ours %.0f; surfaces differ by %.1g of their peak\n",
			ref.Name, ref.Pilot, ref.Day, spatstatDays, smoothing, smoothing/took, worst/top)
		if worst > 1e-6*top {
			return fmt.Errorf("surfaces differ by %.2g of their peak from %s", worst/top, ref.Name)
		}
	}
	fmt.Println()
	return nil
}

// stochintRecord invents a record in a country of about the size and shape that
// the reference's has.
func stochintRecord(days, treated, outcome int) (in stochint.Input, outline string) {
	var ring [][2]float64
	var text strings.Builder
	text.WriteString("x,y\n")
	for k := range 840 {
		a := 2 * math.Pi * float64(k) / 840
		r := 370 + 60*math.Cos(3*a) + 8*math.Sin(40*a)
		p := [2]float64{540 + r*math.Cos(a), 470 + r*math.Sin(a)}
		ring = append(ring, p)
		fmt.Fprintf(&text, "%s,%s\n", strconv.FormatFloat(p[0], 'g', -1, 64), strconv.FormatFloat(p[1], 'g', -1, 64))
	}
	w := stochint.FromPolygon([][][2]float64{ring}, 64, 64)
	r := stat.Stream(1, "bench/stochint", days)
	draw := func(n int) []stochint.Event {
		out := make([]stochint.Event, 0, n)
		for len(out) < n {
			e := stochint.Event{Day: int(r.Float64() * float64(days))}
			s := []float64{12, 40, 150}[int(3*r.Float64())]
			if e.X, e.Y = 600+s*r.NormFloat64(), 477+s*r.NormFloat64(); w.Has(e.X, e.Y) {
				out = append(out, e)
			}
		}
		return out
	}
	base := draw(5000)
	return stochint.Input{Window: w, Days: days, Treatment: draw(treated), Outcome: draw(outcome), Base: stochint.Density(w, base, 0, .05),
		Covariates: []stochint.Covariate{{Name: "distance", Map: w.Distance([][2]float64{{600, 477}})}},
		Smooth:     stochint.Smoothing{Adaptive: true, Classes: true}}, text.String()
}
