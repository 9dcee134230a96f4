//go:build unix

package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"athar/effect/hawkes"
	"athar/effect/hawkes/spatial"
	"athar/stat"
)

//go:embed excite.R
var exciteR string

// benchExcite times the self-exciting models in processor seconds: with places and
// as counts of districts beside R's surveillance on its own data, and alone
// against the number of events and days.
func benchExcite(dir string) error {
	fmt.Println("self-exciting models, processor time")
	if err := besideSurveillance(dir); err != nil {
		return err
	}
	grow := func(what string, sizes []int, run func(n int) error) error {
		c := curve{x: sizes}
		for _, n := range sizes {
			start := cpu()
			if err := run(n); err != nil {
				return err
			}
			c.seconds = append(c.seconds, cpu()-start)
		}
		fmt.Printf("  %s: sizes %d cost %.3g s, growth with the power %.2f\n", what, c.x, c.seconds, c.exponent())
		return nil
	}
	if err := grow("a fit with places, events at one density", []int{1000, 4000, 16000, 64000}, func(n int) error {
		r, err := spatial.Fit(spread(n), spatial.Options{Reach: 10, Horizon: 20, Space: spatial.Decay})
		if err == nil && r.Refusal != nil {
			err = r.Refusal
		}
		return err
	}); err != nil {
		return err
	}
	err := grow("a fit by days", []int{500, 1000, 2000, 4000, 8000}, func(n int) error {
		y, err := hawkes.SimulateDaily(stat.Stream(1, "bench/days", n), n, hawkes.Params{Mu: .5, Alpha: .5, Decay: .2, Theta: 5}, hawkes.Options{})
		if err == nil {
			_, err = hawkes.Daily(y, hawkes.Options{})
		}
		return err
	})
	fmt.Println()
	return err
}

// spread draws n events, three in ten near an earlier one, over a square that grows
// with them and a thousand days.
func spread(n int) spatial.Events {
	r := stat.Stream(1, "bench/spread", n)
	side := math.Sqrt(float64(n)) * 4
	d := spatial.Events{End: 1000, P: 1, Window: [][][2]float64{{{0, 0}, {side, 0}, {side, side}, {0, side}}}, Cells: []spatial.Cell{{To: 1000, Exposure: 1000 * side * side, X: []float64{1}}}}
	for len(d.Time) < n {
		t, x, y := 1000*(1-r.Float64()), side*r.Float64(), side*r.Float64()
		if k := len(d.Time); k > 0 && r.Float64() < .3 {
			j := r.IntN(k)
			t, x, y = d.Time[j]+20*r.Float64(), d.X[j]+2*r.NormFloat64(), d.Y[j]+2*r.NormFloat64()
		}
		if t <= 1000 && min(x, y) > 0 && max(x, y) < side {
			d.Time, d.X, d.Y, d.Cell = append(d.Time, t), append(d.X, x), append(d.Y, y), append(d.Cell, 0)
		}
	}
	return d
}

func besideSurveillance(dir string) error {
	code := filepath.Join(dir, "excite.R")
	if err := os.WriteFile(code, []byte(exciteR), 0o600); err != nil {
		return err
	}
	out, err := exec.Command("Rscript", code, dir).Output()
	if err != nil {
		fmt.Println("  R's surveillance is not at hand; recorded for 1.20.3: 1.6 s with places, 0.1 s for counts")
		return nil
	}
	var ref struct {
		Name          string
		Space, Counts float64
		SpaceLL       float64 `json:"space_ll"`
		CountLL       float64 `json:"counts_ll"`
	}
	// Its optimiser prints before.
	if err := json.Unmarshal(out[max(0, bytes.LastIndexByte(out, '{')):], &ref); err != nil {
		return err
	}
	d, err := cases(dir)
	if err != nil {
		return err
	}
	rows, err := measles(dir)
	if err != nil {
		return err
	}
	start := cpu()
	r, err := spatial.Fit(d, spatial.Options{Reach: 200, Horizon: 30, Space: spatial.Decay})
	if err != nil {
		return err
	}
	ours := cpu() - start
	fmt.Printf("  %d cases with places: %.3f s; %s %.2f s, %.1f times; log-likelihoods %.6f and %.6f\n", len(d.Time), ours, ref.Name, ref.Space, ref.Space/ours, r.LogLik, ref.SpaceLL)
	var a stat.Additive
	start = cpu()
	const times = 200
	for range times {
		if err := a.Fit(rows, true, false); err != nil {
			return err
		}
	}
	ours = (cpu() - start) / times
	fmt.Printf("  %d counts of districts: %.2f ms; %s %.1f ms, %.0f times; log-likelihoods %.6f and %.6f\n", len(rows.Y), 1e3*ours, ref.Name, 1e3*ref.Counts, ref.Counts/ours, a.LogLik, ref.CountLL)
	// The reference stops before the top.
	if r.LogLik < ref.SpaceLL || r.LogLik > ref.SpaceLL+.01 || math.Abs(a.LogLik-ref.CountLL) > 1e-5 {
		return fmt.Errorf("the fits differ from those of %s", ref.Name)
	}
	return nil
}

// numbers reads a table of numbers with a head.
func numbers(dir, name string) ([][]float64, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(rows)-1)
	for i, row := range rows[1:] {
		for _, s := range row {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, fmt.Errorf("%s, row %d: %w", name, i+2, err)
			}
			out[i] = append(out[i], v)
		}
	}
	return out, nil
}

func cases(dir string) (d spatial.Events, err error) {
	blocks, err := numbers(dir, "blocks.csv")
	if err != nil {
		return d, err
	}
	list, err := numbers(dir, "cases.csv")
	if err != nil {
		return d, err
	}
	corners, err := numbers(dir, "rings.csv")
	if err != nil {
		return d, err
	}
	d.Kinds, d.M, d.P = 2, 3, 4
	cell := map[float64]int{}
	for k, b := range blocks {
		cell[b[0]] = k
		s, c := math.Sincos(2 * math.Pi * b[1] / 365)
		d.Cells = append(d.Cells, spatial.Cell{From: b[1], To: b[2], Exposure: b[3], X: []float64{1, b[1]/365 - 3.5, s, c}})
		d.End = max(d.End, b[2])
	}
	for _, e := range list {
		d.Time, d.X, d.Y, d.Kind = append(d.Time, e[0]), append(d.X, e[1]), append(d.Y, e[2]), append(d.Kind, int(e[3]))
		d.Mark, d.Cell, d.Offset = append(d.Mark, e[4:7]...), append(d.Cell, cell[e[7]]), append(d.Offset, math.Log(e[8]))
	}
	for _, c := range corners {
		if int(c[0]) > len(d.Window) {
			d.Window = append(d.Window, nil)
		}
		d.Window[len(d.Window)-1] = append(d.Window[len(d.Window)-1], [2]float64{c[1], c[2]})
	}
	return d, nil
}

func measles(dir string) (d stat.Rows, err error) {
	counts, err := numbers(dir, "measles.csv")
	if err != nil {
		return d, err
	}
	near, err := numbers(dir, "near.csv")
	if err != nil {
		return d, err
	}
	people, err := numbers(dir, "people.csv")
	if err != nil {
		return d, err
	}
	d.P, d.Q = 4, 2
	for t := 1; t < len(counts); t++ {
		s, c := math.Sincos(2 * math.Pi * float64(t) / 52)
		for k, y := range counts[t] {
			around := 0.0
			for l, v := range near[k] {
				around += v * counts[t-1][l]
			}
			d.Y, d.Offset = append(d.Y, y), append(d.Offset, math.Log(people[k][0]))
			d.X, d.Z = append(d.X, 1, float64(t), s, c), append(d.Z, counts[t-1][k], around)
		}
	}
	return d, nil
}
