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

	"athar/adapt/tail"
	"athar/stat"
)

var (
	//go:embed tail.R
	tailR string
	//go:embed tail.py
	tailPython string
)

// powerlawDraw is what one bootstrap of poweRlaw needs for 1,297 sizes on the
// machine of the reference figures.
const powerlawDraw = .58

type tailFit struct {
	Name  string
	Fit   float64 // seconds
	Draw  float64 // seconds a bootstrap; 0 where it has none
	Xmin  int
	Alpha float64
	KS    float64
	P     float64
}

// benchTail times the fit of a power law with the search of where it begins and
// its bootstrap with that search repeated, on one worker, beside poweRlaw and
// powerlaw on the same sizes: as many as the two published sets have, and with
// their exponents.
func benchTail(dir string) error {
	fmt.Println("power law in the tail of sizes, where it begins estimated in every bootstrap")
	for _, c := range []struct {
		n, xmin, sims int
		alpha, below  float64
	}{{1297, 20, 10, 2.2, .79}, {9101, 12, 4, 2.37, .94}} {
		sizes := tailSizes(c.n, c.xmin, c.alpha, c.below)
		t := tail.NewTally(sizes)
		f, ok := tail.Best(t, 2)
		if !ok {
			return fmt.Errorf("no power law in %d sizes", c.n)
		}
		fit := 1 / rate(func() { tail.Best(tail.NewTally(sizes), 2) })
		const draws = 200
		draw := 1 / rate(func() { tail.Test(t, f, tail.Bootstrap{Draws: draws, Seed: 1, Least: 2}) }) / draws
		p := tail.Test(t, f, tail.Bootstrap{Seed: 1, Least: 2}).P
		fmt.Printf("  %d sizes: fit %.3f ms, bootstrap %.3f ms a draw; xmin %d, alpha %.6f, KS %.6f, p %.3f of 1,000\n",
			c.n, 1e3*fit, 1e3*draw, f.Xmin, f.Alpha, f.KS, p)
		var text strings.Builder
		for _, x := range sizes {
			fmt.Fprintln(&text, x)
		}
		refs, err := tailReferences(text.String(), c.sims, dir)
		if err != nil {
			return err
		}
		for _, r := range refs {
			fmt.Printf("  %s: fit %.1f ms, ratio %.0f", r.Name, 1e3*r.Fit, r.Fit/fit)
			if r.Draw > 0 {
				fmt.Printf("; bootstrap %.1f ms a draw (%d of them), ratio %.0f; p %.2f", 1e3*r.Draw, c.sims, r.Draw/draw, r.P)
			}
			fmt.Printf("; xmin %d, alpha %.6f, KS %.6f\n", r.Xmin, r.Alpha, r.KS)
			if r.Xmin == f.Xmin && math.Abs(r.Alpha-f.Alpha) > 1e-3 {
				return fmt.Errorf("exponent %.6f, %s has %.6f", f.Alpha, r.Name, r.Alpha)
			}
		}
		if len(refs) == 0 {
			fmt.Printf("  no reference at hand; poweRlaw is reported to need %.0f ms a draw for 1,297 sizes: %.0f times\n", 1e3*powerlawDraw, powerlawDraw/draw)
		}
	}
	fmt.Println()
	return nil
}

// tailSizes has a share of sizes spread below xmin and the others from the
// power law, rounded down from the continuous one.
func tailSizes(n, xmin int, alpha, below float64) []int {
	r := stat.Stream(1, "bench/tail", n)
	x := make([]int, n)
	for i := range x {
		if r.Float64() < below {
			u := r.Float64()
			x[i] = 1 + int(float64(xmin-1)*u*u)
			continue
		}
		x[i] = int(math.Min(1e5, (float64(xmin)-.5)*math.Pow(1-r.Float64(), -1/(alpha-1))+.5))
	}
	return x
}

// tailReferences runs poweRlaw where R has it and powerlaw where it can be
// installed.
func tailReferences(data string, sims int, dir string) ([]tailFit, error) {
	var out []tailFit
	if exec.Command("Rscript", "-e", "library(poweRlaw)").Run() == nil {
		in, code := filepath.Join(dir, "tail.data"), filepath.Join(dir, "tail.R")
		for file, text := range map[string]string{in: data, code: tailR} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				return nil, err
			}
		}
		cmd := exec.Command("Rscript", code, in, strconv.Itoa(sims))
		cmd.Stderr = os.Stderr
		text, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("poweRlaw failed: %w", err)
		}
		// bootstrap_p says on the first line how long it will take.
		var f tailFit
		if err := json.Unmarshal(text[max(0, strings.LastIndex(string(text), "{")):], &f); err != nil {
			return nil, fmt.Errorf("poweRlaw said %q: %w", text, err)
		}
		out = append(out, f)
	}
	if py := pythonModule("powerlaw", "powerlaw", dir); py != "" {
		var f tailFit
		if err := runPython(py, dir, "tail", tailPython, data, &f); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}
