//go:build unix

// Command bench measures Athar beside a reference in the same run: fits a
// second of the headline model, and time and memory of a whole assess.
//
// The reference is fixest where R has it, else pyfixest, which is installed
// once into a folder of its own in the user's cache. Without either it says so
// and prints our figures alone. Both fit the same file with errors clustered by
// area, and their coefficients must agree to 1e-6.
package main

import (
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"athar"
	"athar/effect/spillover"
	"athar/sim"
	"athar/stat"
)

var (
	//go:embed reference.py
	python string
	//go:embed reference.R
	rscript string
)

func main() {
	program := flag.String("athar", "bin/athar", "the program to time")
	study := flag.String("study", "examples/isis-2020/study.yaml", "the study to assess")
	plot := flag.String("plot", "", "measure cost against size only, and draw it into this SVG file")
	only := flag.String("only", "", "measure this part alone: panel, multiverse, did, bsts, synth, tail, change, losses, wake, stochint, excite, page, knox, scan")
	flag.Parse()
	if *plot != "" {
		if err := plotCosts(*plot); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*program, *study, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(program, study, only string) error {
	dir, err := os.MkdirTemp("", "athar-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("%s, %d cores, %s\n\n", runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, bench := range []struct {
		name string
		run  func(dir string) error
	}{{"panel", func(dir string) error { return benchPanel(program, study, dir) }}, {"multiverse", func(dir string) error { return benchMultiverse(program, study, dir) }}, {"did", benchDiD}, {"bsts", benchBSTS}, {"synth", benchSynth}, {"tail", benchTail}, {"change", benchChange}, {"losses", benchLosses}, {"wake", benchWake}, {"stochint", benchStochint}, {"excite", benchExcite}, {"page", func(dir string) error { return benchPage(program, study, dir) }}, {"knox", benchKnox}, {"scan", benchScan}} {
		if only != "" && only != bench.name {
			continue
		}
		if err := bench.run(dir); err != nil {
			return fmt.Errorf("%s: %w", bench.name, err)
		}
	}
	return nil
}

// benchPanel times the whole program, and the headline fit against pyfixest.
func benchPanel(program, study, dir string) error {
	out := filepath.Join(dir, "out")
	if err := assess(program, study, out); err != nil {
		return err
	}
	name, real, err := readPanel(filepath.Join(out, "panel.csv"))
	if err != nil {
		return err
	}
	ref := newReference(dir)
	if ref == nil {
		fmt.Println("No reference at hand: R has no fixest here, and pyfixest could not be installed.")
	}
	// As large as the panels of this study would be with all districts: 160
	// areas, 30 months.
	large, _ := sim.World{Name: "large", Inside: 8, Ring: 16, Far: 120, Pre: 18, Level: .5, Phi: 2}.Panel(1, 0)
	for _, c := range []struct {
		name string
		p    *athar.Panel
	}{{"isis-2020, " + name, real}, {"invented, 160 areas and 30 months", large}} {
		if err := compare(c.name, c.p, ref, dir); err != nil {
			return err
		}
	}
	return nil
}

// assess times the whole program three times and prints the best.
func assess(program, study, out string) error {
	best, peak := time.Duration(math.MaxInt64), int64(0)
	for range 3 {
		cmd := exec.Command(program, "assess", "--out", out, study)
		cmd.Stderr = os.Stderr
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w (run make build first)", program, err)
		}
		best = min(best, time.Since(start))
		rss := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		if runtime.GOOS != "darwin" {
			rss *= 1024
		}
		peak = max(peak, rss)
	}
	fmt.Printf("assess %s: %.2f s (best of 3), peak memory %d MB\n\n", study, best.Seconds(), peak>>20)
	return nil
}

// readPanel reads the campaign with the most used cells from panel.csv.
func readPanel(path string) (name string, p *athar.Panel, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return "", nil, err
	}
	col := map[string]int{}
	for i, h := range rows[0] {
		col[h] = i
	}
	used := map[string]int{}
	for _, r := range rows[1:] {
		if c := r[col["campaign"]]; r[col["used"]] == "true" {
			if used[c]++; used[c] > used[name] || used[c] == used[name] && c < name {
				name = c
			}
		}
	}
	p = &athar.Panel{}
	areas, periods := map[string]int{}, map[string]int{}
	for _, r := range rows[1:] {
		if r[col["campaign"]] != name {
			continue
		}
		code, first := r[col["area"]], r[col["period_first"]]
		if _, ok := areas[code]; !ok {
			areas[code] = len(areas)
			role := athar.LeftOut
			switch s := r[col["role"]]; s {
			case "inside":
				role = athar.Inside
			case "far":
				role = athar.Far
			default:
				var k int
				if _, err := fmt.Sscanf(s, "ring-%d", &k); err == nil {
					role = athar.Role(k)
				} else if _, err := fmt.Sscanf(s, "ring %d", &k); err == nil {
					role = athar.Role(k)
				}
			}
			p.Areas = append(p.Areas, athar.PanelArea{Code: code, Role: role})
		}
		if _, ok := periods[first]; !ok {
			periods[first] = len(periods)
			q := athar.Period{Phase: athar.Phase(r[col["phase"]])}
			if q.Days, err = strconv.ParseFloat(r[col["days"]], 64); err != nil {
				return "", nil, err
			}
			p.Periods = append(p.Periods, q)
		}
		n, err := strconv.ParseFloat(r[col["count"]], 64)
		if err != nil {
			return "", nil, err
		}
		p.Count = append(p.Count, n)
		p.Use = append(p.Use, r[col["used"]] == "true")
	}
	if len(p.Count) != len(p.Areas)*len(p.Periods) {
		return "", nil, errors.New("panel.csv is not complete")
	}
	return name, p, nil
}

// design is the headline's regressors: a dummy for every role and phase with
// events, over the cells of its fit.
func design(p *athar.Panel) (x [][]float64, use []bool) {
	nt := len(p.Periods)
	use = make([]bool, len(p.Count))
	last := athar.Inside
	for k := range use {
		q, a := p.Periods[k%nt], p.Areas[k/nt]
		use[k] = p.Use[k] && q.Days > 0 && a.Role != athar.LeftOut &&
			(q.Phase == athar.Pre || q.Phase == athar.During || q.Phase == athar.Post)
		last = max(last, a.Role)
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		for r := athar.Inside; r <= last; r++ {
			col, events := make([]float64, len(p.Count)), 0.0
			for k := range col {
				if use[k] && p.Areas[k/nt].Role == r && p.Periods[k%nt].Phase == ph {
					col[k] = 1
					events += p.Count[k]
				}
			}
			if events > 0 {
				x = append(x, col)
				continue
			}
			for k, v := range col {
				if v == 1 {
					use[k] = false
				}
			}
		}
	}
	return x, use
}

// rate is how often f runs in a second, over at least a second.
func rate(f func()) float64 {
	f()
	n, start := 0, time.Now()
	for time.Since(start) < time.Second {
		f()
		n++
	}
	return float64(n) / time.Since(start).Seconds()
}

func compare(name string, p *athar.Panel, ref *reference, dir string) error {
	x, use := design(p)
	var w stat.TwoWay
	w.Design(len(p.Areas), len(p.Periods), x, use, nil)
	if err := w.Fit(p.Count); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	cells := 0
	for _, in := range w.In {
		if in {
			cells++
		}
	}
	areas, _ := w.Fitted()
	fmt.Printf("%s: %d areas with events, %d cells, %d regressors\n", name, areas, cells, len(x))
	var v []float64
	ours := func() float64 {
		return rate(func() {
			var w stat.TwoWay
			w.Design(len(p.Areas), len(p.Periods), x, use, nil)
			if w.Fit(p.Count) == nil {
				v = w.Linearise().CR1(p.Count)
			}
		})
	}
	before := ours()
	theirs, err := ref.fit(p, x, w.In, dir)
	if err != nil {
		return err
	}
	with := max(before, ours())
	fmt.Printf("  %-46s %10.0f a second\n", "fit, design reused", rate(func() { _ = w.Fit(p.Count) }))
	fmt.Printf("  %-46s %10.0f a second\n", "design, fit and errors clustered by area", with)
	fmt.Printf("  %-46s %10.0f a second\n", "all effects of a specification, CR2 and tests", rate(func() { spillover.Estimate(p, spillover.Options{Draws: -1}) }))
	if theirs == nil {
		fmt.Println()
		return nil
	}
	coef, se := 0.0, 0.0
	for k, b := range w.Beta {
		coef = max(coef, math.Abs(theirs.Coef[k]-b)/max(1, math.Abs(b)))
		se = max(se, math.Abs(theirs.SE[k]/math.Sqrt(v[k*len(x)+k])-1))
	}
	fmt.Printf("  %-46s %10.1f a second\n", theirs.Name+", fit and clustered errors", theirs.Rate)
	fmt.Printf("  ratio of the like: %.0f; coefficients agree to %.1g, standard errors to %.1g\n\n", with/theirs.Rate, coef, se)
	if coef > 1e-6 {
		return fmt.Errorf("%s: coefficients differ by %.2g from %s", name, coef, theirs.Name)
	}
	return nil
}

// reference is a program that fits a CSV file.
type reference struct{ command []string }

type fitted struct {
	Name string    `json:"name"`
	Rate float64   `json:"rate"`
	Coef []float64 `json:"coef"`
	SE   []float64 `json:"se"`
}

// newReference finds fixest, else installs pyfixest; nil if neither works.
func newReference(dir string) *reference {
	script := func(name, text string) string {
		path := filepath.Join(dir, name)
		if os.WriteFile(path, []byte(text), 0o600) != nil {
			return ""
		}
		return path
	}
	if exec.Command("Rscript", "-e", "library(fixest)").Run() == nil {
		return &reference{[]string{"Rscript", script("reference.R", rscript)}}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = dir
	}
	venv := filepath.Join(cache, "athar-bench")
	py := filepath.Join(venv, "bin", "python")
	if exec.Command(py, "-c", "import pyfixest").Run() != nil {
		fmt.Println("installing pyfixest into", venv)
		if exec.Command("python3", "-m", "venv", venv).Run() != nil ||
			exec.Command(py, "-m", "pip", "install", "-q", "pyfixest").Run() != nil {
			return nil
		}
	}
	return &reference{[]string{py, script("reference.py", python)}}
}

// fit writes the cells to a CSV file and has the reference fit it, on one
// thread.
func (r *reference) fit(p *athar.Panel, x [][]float64, in []bool, dir string) (*fitted, error) {
	if r == nil {
		return nil, nil
	}
	path := filepath.Join(dir, "panel.csv")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := csv.NewWriter(f)
	head := []string{"area", "period", "y"}
	for k := range x {
		head = append(head, fmt.Sprintf("x%d", k))
	}
	w.Write(head)
	nt := len(p.Periods)
	for k, ok := range in {
		if !ok {
			continue
		}
		row := []string{strconv.Itoa(k / nt), strconv.Itoa(k % nt), strconv.FormatFloat(p.Count[k], 'g', -1, 64)}
		for _, c := range x {
			row = append(row, strconv.FormatFloat(c[k], 'g', -1, 64))
		}
		w.Write(row)
	}
	w.Flush()
	if err := errors.Join(w.Error(), f.Close()); err != nil {
		return nil, err
	}
	cmd := exec.Command(r.command[0], append(r.command[1:], path)...)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "NUMBA_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "RAYON_NUM_THREADS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the reference failed: %w", err)
	}
	var got fitted
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, fmt.Errorf("the reference said %q: %w", out, err)
	}
	if len(got.Coef) != len(x) || len(got.SE) != len(x) {
		return nil, fmt.Errorf("the reference fitted %d of %d terms", len(got.Coef), len(x))
	}
	return &got, nil
}
