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
	"slices"
	"strconv"
	"strings"
	"time"

	"athar/adapt/change"
	"athar/stat"
)

var (
	//go:embed change.py
	changePython string
	//go:embed change.R
	changeR string
)

type segmented struct {
	Name string
	Runs []struct {
		Seconds float64
		Cuts    []int
	}
}

// benchChange times PELT on Poisson counts of ten thousand to a million periods
// beside R's changepoint, or its translation to Cython, at the same cost and penalty;
// their change points must be ours. Both times include the running sums.
func benchChange(dir string) error {
	fmt.Println("change points (PELT), Poisson cost, penalty 3 ln n, regimes of 200 periods on average")
	sizes := []int{1e4, 1e5, 1e6}
	y := regimes(sizes[len(sizes)-1])
	ref, err := changeReference(y, sizes, dir)
	if err != nil {
		return err
	}
	if ref == nil {
		fmt.Println("  neither changepoint nor changepoint-cython could be had; changepoint 2.2.4 is reported to need 0.36 s for a million points")
	}
	last := 0.0
	for i, n := range sizes {
		penalty := change.Conservative * math.Log(float64(n))
		best, cuts := math.Inf(1), []int(nil)
		for range 3 {
			start := time.Now()
			cuts = change.PELT(change.Poisson(y[:n], nil), penalty, 1)
			best = min(best, time.Since(start).Seconds())
		}
		fmt.Printf("  %8d periods, %5d change points: %9.2f ms", n, len(cuts), 1e3*best)
		if last > 0 {
			fmt.Printf(", growth with the power %.2f", math.Log10(best/last))
		}
		last = best
		if ref == nil {
			fmt.Println()
			continue
		}
		r := ref.Runs[i]
		same := slices.Equal(cuts, r.Cuts)
		fmt.Printf("; %s %9.2f ms; ratio %.1f; same change points: %v\n", ref.Name, 1e3*r.Seconds, r.Seconds/best, same)
		if !same {
			return fmt.Errorf("%d periods: %d change points, %s has %d", n, len(cuts), ref.Name, len(r.Cuts))
		}
	}
	fmt.Println()
	return nil
}

// regimes is a Poisson series whose rate is drawn anew after 200 periods on average.
func regimes(n int) []float64 {
	r := stat.Stream(1, "bench/change", 0)
	y := make([]float64, n)
	level := 10.0
	for t := range y {
		if t > 20 && r.Float64() < 1./200 {
			level = 1 + 29*r.Float64()
		}
		y[t] = stat.NegBin(r, level, 1)
	}
	return y
}

// changeReference has a reference segment the prefixes; nil without one.
func changeReference(y []float64, sizes []int, dir string) (*segmented, error) {
	var data strings.Builder
	for _, v := range y {
		data.WriteString(strconv.Itoa(int(v)))
		data.WriteByte('\n')
	}
	var args []string
	for _, n := range sizes {
		args = append(args, strconv.Itoa(n))
	}
	ref := &segmented{}
	if exec.Command("Rscript", "-e", "library(changepoint)").Run() == nil {
		in, code := filepath.Join(dir, "change.data"), filepath.Join(dir, "change.R")
		for file, text := range map[string]string{in: data.String(), code: changeR} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				return nil, err
			}
		}
		out, err := exec.Command("Rscript", append([]string{code, in}, args...)...).Output()
		if err != nil {
			return nil, fmt.Errorf("changepoint failed: %w", err)
		}
		return ref, json.Unmarshal(out, ref)
	}
	py := changepointCython(dir)
	if py == "" {
		return nil, nil
	}
	return ref, runPython(py, dir, "change", changePython, data.String(), ref, args...)
}

// changepointCython installs the package into a folder of its own: its build needs
// an older Cython than others do, and numpy before it starts.
func changepointCython(dir string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = dir
	}
	venv := filepath.Join(cache, "athar-bench-changepoint")
	py := filepath.Join(venv, "bin", "python")
	if exec.Command(py, "-c", "import pychangepoints").Run() == nil {
		return py
	}
	fmt.Println("  installing changepoint-cython into", venv)
	for _, c := range [][]string{
		{"python3", "-m", "venv", venv},
		{py, "-m", "pip", "install", "-q", "cython<3", "setuptools<60", "wheel", "numpy"},
		{py, "-m", "pip", "install", "-q", "--no-build-isolation", "changepoint-cython"},
	} {
		if exec.Command(c[0], c[1:]...).Run() != nil {
			return ""
		}
	}
	return py
}
