//go:build unix

package main

import (
	_ "embed"
	"fmt"
	"math"
	"strings"

	"athar/effect/did"
	"athar/stat"
)

//go:embed did.py
var didScript string

// benchDiD times group-time effects with 1,000 bootstrap draws on panels of the
// size of the minimum-wage data (500 units, 5 periods, three groups) and larger
// ones, and beside diff-diff on the first. did, the original in R, needs 0.3 s
// for the estimates of that size on the machine of the reference figures.
func benchDiD(dir string) error {
	fmt.Println("group-time effects, never-treated controls")
	for n, c := range []struct{ units, periods int }{{500, 5}, {500, 20}, {5000, 5}} {
		d := didPanel(c.units, c.periods)
		analytic := 1 / rate(func() { did.GroupTime(d, did.Options{}) })
		bootstrap := 1 / rate(func() { did.GroupTime(d, did.Options{}).Band(did.Draws{}) })
		e := did.GroupTime(d, did.Options{})
		fmt.Printf("  %5d units, %2d periods, %2d cells: %9.3f ms, with 1,000 draws %9.3f ms\n", c.units, c.periods, len(e.Cells), 1e3*analytic, 1e3*bootstrap)
		if n > 0 {
			continue
		}
		ref, err := diffDiff(d, dir)
		if err != nil {
			return err
		}
		if ref == nil {
			fmt.Printf("  diff-diff could not be installed; did 2.1.2 is reported to need 0.3 s for the estimates: %.0f times\n", .3/bootstrap)
			continue
		}
		fmt.Printf("  %s: %9.3f ms, with 1,000 draws %9.3f ms; ratios %.0f and %.0f; did 2.1.2 is reported to need 300 ms: %.0f\n", ref.Name,
			1e3*ref.Analytic, 1e3*ref.Bootstrap, ref.Analytic/analytic, ref.Bootstrap/bootstrap, .3/bootstrap)
		att, se, shared := 0.0, 0.0, 0
		for _, x := range ref.Cells {
			for _, y := range e.Cells {
				if y.Group == int(x[0])-1 && y.Period == int(x[1])-1 {
					att, se = max(att, math.Abs(x[2]-y.ATT)), max(se, math.Abs(x[3]/y.SE-1))
					shared++
				}
			}
		}
		fmt.Printf("  %d cells in both: estimates agree to %.1g, standard errors to %.1g of their size\n", shared, att, se)
		if att > 1e-6 {
			return fmt.Errorf("group-time effects differ by %.2g from %s", att, ref.Name)
		}
	}
	fmt.Println()
	return nil
}

// didPanel has 62% of the units never treated and three groups of 4, 8 and 26%.
func didPanel(units, periods int) did.Data {
	d := did.Data{Units: units, Periods: periods}
	r := stat.Stream(1, "bench/did", units)
	for i := range units {
		g := did.Never
		switch share := float64(i) / float64(units); {
		case share < .04:
			g = 1
		case share < .12:
			g = 3
		case share < .38:
			g = periods - 1
		}
		d.First = append(d.First, g)
		level := r.NormFloat64()
		for t := range periods {
			y := level + .1*float64(t) + .2*r.NormFloat64()
			if g >= 0 && t >= g {
				y -= .05
			}
			d.Y = append(d.Y, y)
		}
	}
	return d
}

type groupTimes struct {
	Name                string
	Analytic, Bootstrap float64
	Cells               [][4]float64
}

// diffDiff has diff-diff fit the panel; nil if it cannot be installed.
func diffDiff(d did.Data, dir string) (*groupTimes, error) {
	py := pythonModule("diff_diff", "diff-diff", dir)
	if py == "" {
		return nil, nil
	}
	var b strings.Builder
	b.WriteString("unit,time,first,y\n")
	for i, g := range d.First {
		for t := range d.Periods {
			fmt.Fprintf(&b, "%d,%d,%d,%.17g\n", i, t+1, g+1, d.Y[i*d.Periods+t])
		}
	}
	g := &groupTimes{}
	return g, runPython(py, dir, "did", didScript, b.String(), g)
}
