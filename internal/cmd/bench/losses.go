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
	"strings"

	"athar"
	"athar/adapt/resume"
	"athar/stat"
)

//go:embed losses.R
var lossesR string

// benchLosses times the weeks after six losses in six years, with 999 sets of
// placebo dates, beside R's glm on the same stacked weeks: one fit for the losses
// and one a set, which is what the sets would cost if each were refitted. Athar
// orders sets by their score, which needs no fit.
func benchLosses(dir string) error {
	fmt.Println("weeks after losses of leadership, six losses in 312 weeks, 999 sets of placebo dates")
	p, stacked := lossesPattern()
	const sets, fits = 999, 100
	whole := 1 / rate(func() { resume.Analyse(p, resume.Options{Placebos: sets, Seed: 1}) })
	r := resume.Analyse(p, resume.Options{Placebos: sets, Seed: 1})
	fmt.Printf("  all, band, recovery and survival included: %.1f ms; ratio %.6f\n", 1e3*whole, r.Ratio)
	data, code := filepath.Join(dir, "losses.csv"), filepath.Join(dir, "losses.R")
	for file, text := range map[string]string{data: stacked, code: lossesR} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	out, err := exec.Command("Rscript", code, data, fmt.Sprint(fits)).Output()
	if err != nil {
		fmt.Println("  R is not at hand")
		fmt.Println()
		return nil
	}
	var ref struct {
		Name          string
		Fit, Coef, SE float64
	}
	if err := json.Unmarshal(out, &ref); err != nil {
		return err
	}
	fmt.Printf("  %s: %.2f ms a fit, %.0f ms for the loss dates and %d sets; ratio of the whole %.0f; ln ratios differ by %.1g\n\n", ref.Name,
		1e3*ref.Fit, 1e3*ref.Fit*(sets+1), sets, ref.Fit*(sets+1)/whole, math.Abs(ref.Coef-math.Log(r.Ratio)))
	if d := math.Abs(ref.Coef - math.Log(r.Ratio)); d > 1e-6 {
		return fmt.Errorf("the ratio after losses differs by %.2g from %s", d, ref.Name)
	}
	return nil
}

// lossesPattern is a record with half of the activity gone for eight weeks after
// each loss, and the same as stacked weeks. The losses are so far apart that no
// window touches another.
func lossesPattern() (*athar.Pattern, string) {
	const weeks = 312
	first := athar.Date(2014, 1, 6)
	p := &athar.Pattern{
		Areas:  []athar.PatternArea{{Code: "a"}},
		Before: athar.Span{First: first, Last: first + 7*weeks/2 - 1},
		After:  athar.Span{First: first + 7*weeks/2, Last: first + 7*weeks - 1},
		Grain:  1,
	}
	var losses []int
	for k := range 6 {
		losses = append(losses, 210+280*k)
	}
	r := stat.Stream(1, "bench/losses", 0)
	counts := make([]float64, 7*weeks)
	for d := range counts {
		mean := 20. / 7
		for _, l := range losses {
			if d >= l && d < l+56 {
				mean /= 2
			}
		}
		if counts[d] = stat.NegBin(r, mean, 1.5); counts[d] > 0 {
			at := first + athar.Day(d)
			p.Records = append(p.Records, athar.Record{When: athar.Span{First: at, Last: at}, N: int(counts[d])})
		}
	}
	var b strings.Builder
	b.WriteString("loss,week,y\n")
	for j, l := range losses {
		at := first + athar.Day(l)
		p.Losses = append(p.Losses, athar.Loss{When: athar.Span{First: at, Last: at}, Level: athar.LossTop})
		for w := -resume.Before; w < resume.Hit; w++ {
			y := 0.0
			for d := l + 7*w; d < l+7*w+7; d++ {
				y += counts[d]
			}
			fmt.Fprintf(&b, "%d,%d,%g\n", j, w, y)
		}
	}
	return p, b.String()
}
