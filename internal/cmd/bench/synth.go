//go:build unix

package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"

	"athar/effect/sdid"
	"athar/effect/synth"
	"athar/stat"
)

//go:embed synth.py
var synthScript string

// What synthdid 0.0.9 in R needs for the smoking study's 39 units and 31
// periods on the machine of the reference figures: estimate and 200 placebos.
const synthdidSeconds = .24 + 40

// synthPanel is as large as the smoking study: 38 controls, one treated, 19
// periods before and 12 after, with a common factor.
type synthPanel struct {
	N       int       `json:"n"`
	T       int       `json:"t"`
	N0      int       `json:"n0"`
	T0      int       `json:"t0"`
	K       int       `json:"k"`
	Draws   int       `json:"draws"`
	Maxiter int       `json:"maxiter"`
	Y       []float64 `json:"y"`
	X0      []float64 `json:"x0"`
	X1      []float64 `json:"x1"`
}

func newSynthPanel(n, t, t0 int) *synthPanel {
	p := &synthPanel{N: n, T: t, N0: n - 1, T0: t0, K: 5, Draws: 10, Maxiter: 100}
	r := stat.Stream(1, "bench/synth", n)
	for i := range n {
		level, load := 100+15*r.NormFloat64(), 1+.5*r.NormFloat64()
		if i == n-1 { // inside the range of the others
			level, load = 100, 1
		}
		for k := range t {
			p.Y = append(p.Y, level-load*float64(k)+3*math.Sin(float64(k)/3+level)+2*r.NormFloat64())
		}
		row := p.Y[i*t : i*t+t0]
		x := []float64{row[0], row[t0/4], row[t0/2], row[3*t0/4], row[t0-1]}
		if i < n-1 {
			p.X0 = append(p.X0, x...)
		} else {
			p.X1 = x
		}
	}
	return p
}

func (p *synthPanel) before() (z1, z0 []float64) {
	for i := range p.N {
		if row := p.Y[i*p.T : i*p.T+p.T0]; i < p.N0 {
			z0 = append(z0, row...)
		} else {
			z1 = row
		}
	}
	return
}

// benchSynth times synthetic difference-in-differences with 200 placebos and
// nested synthetic control, beside synthdid-py and pysyncon where they install.
func benchSynth(dir string) error {
	fmt.Println("synthetic difference-in-differences and synthetic control")
	var f sdid.Fit
	var estimate, placebo float64
	first := newSynthPanel(39, 31, 19)
	for _, c := range [][3]int{{39, 31, 19}, {80, 31, 19}, {160, 31, 19}, {39, 62, 38}, {39, 124, 76}} {
		p := newSynthPanel(c[0], c[1], c[2])
		e := 1 / rate(func() { _ = f.Block(p.Y, p.N, p.T, p.N0, p.T0, sdid.Settings{}) })
		all := 1 / rate(func() { _, _ = f.Placebo(p.Y, p.N, p.T, p.N0, p.T0, 0, 1, sdid.Settings{}) })
		each := all / float64(p.N0+2)
		if p.N == first.N && p.T == first.T {
			estimate, placebo = e, each
		}
		fmt.Printf("  %3d units, %3d periods: estimate %8.3f ms, with 200 placebos %8.1f ms\n", p.N, p.T, 1e3*e, 1e3*(e+200*each))
	}
	ours := estimate + 200*placebo
	fmt.Printf("  synthdid 0.0.9 is reported to need %.2f s for estimate and 200 placebos of the first size: %.0f times\n", synthdidSeconds, synthdidSeconds/ours)

	z1, z0 := first.before()
	var s synth.Nested
	nested := 1 / rate(func() { _ = s.Fit(first.X1, first.X0, z1, z0) })
	fmt.Printf("  nested synthetic control, %d predictors, %d donors: %.1f ms, loss %.6f\n", first.K, first.N0, 1e3*nested, s.Loss)

	ref, err := synthReference(first, dir)
	if err != nil || ref == nil {
		return err
	}
	if ref.SDID > 0 {
		if err := f.Block(first.Y, first.N, first.T, first.N0, first.T0, sdid.Settings{Published: true}); err != nil {
			return err
		}
		theirs := ref.SDID + 200*ref.Placebo
		fmt.Printf("  synthdid-py, from %d placebos: %.2f s, %.0f times; with its stopping rule the estimates differ by %.1g\n", first.Draws, theirs, theirs/ours, math.Abs(f.Tau-ref.Tau))
		if math.Abs(f.Tau-ref.Tau) > 1e-6*math.Abs(ref.Tau) {
			return fmt.Errorf("synthdid-py has %g, ours is %g", ref.Tau, f.Tau)
		}
	}
	if ref.Nested > 0 {
		fmt.Printf("  pysyncon, cut at %d of its 1,000 iterations: %.1f s, %.0f times; its loss is %.6f\n", first.Maxiter, ref.Nested, ref.Nested/nested, ref.Loss)
	}
	fmt.Println()
	return nil
}

type synthTimes struct {
	SDID, Placebo, Tau, Nested, Loss float64
}

// synthReference runs the references, installing them once; nil without Python.
func synthReference(p *synthPanel, dir string) (*synthTimes, error) {
	// Whichever of the two is there answers; the script leaves the other out.
	py := pythonModule("pysyncon", "pysyncon", dir)
	if other := pythonModule("synthdid", "synthdid-py", dir); py == "" {
		py = other
	}
	if py == "" {
		return nil, nil
	}
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	t := &synthTimes{}
	if err := runPython(py, dir, "synth", synthScript, string(data), t); err != nil {
		fmt.Println("  no reference ran beside these:", err)
		return nil, nil
	}
	return t, nil
}
