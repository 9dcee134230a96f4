//go:build unix

package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"athar"
	"athar/displace/hotspot"
	"athar/displace/knox"
	"athar/displace/scan"
	"athar/effect/bsts"
	"athar/effect/did"
	"athar/effect/hawkes"
	"athar/effect/hawkes/spatial"
	"athar/effect/sdid"
	"athar/effect/stochint"
	"athar/effect/synth"
	"athar/effect/wake"
	"athar/stat"
)

// curve is the cost of one method against one size.
type curve struct {
	method, size string
	x            []int
	seconds      []float64
}

// spent is the processor seconds that f takes, on average over at least half a second.
func spent(f func()) float64 {
	f()
	n, start := 0, cpu()
	for cpu()-start < .5 {
		f()
		n++
	}
	return (cpu() - start) / float64(n)
}

// costs measures every panel estimator, in processor seconds, against what makes it dear.
func costs() []curve {
	sdidAt := func(n, t int) float64 {
		p := newSynthPanel(n, t, t*6/10)
		var f sdid.Fit
		return spent(func() { _ = f.Block(p.Y, p.N, p.T, p.N0, p.T0, sdid.Settings{}) })
	}
	synthAt := func(n, t int) float64 {
		p := newSynthPanel(n, t, t*6/10)
		z1, z0 := p.before()
		var s synth.Nested
		return spent(func() { _ = s.Fit(p.X1, p.X0, z1, z0) })
	}
	bstsAt := func(n, draws int) float64 {
		y, x := bstsSeries(n, n*7/10)
		return spent(func() {
			_, _ = bsts.Fit(y, x, 1, n*7/10, bsts.FitOptions{Prior: bsts.Published(), Draws: draws, Chains: 1, Seed: 1})
		})
	}
	didAt := func(units, periods int) float64 {
		d := didPanel(units, periods)
		return spent(func() { did.GroupTime(d, did.Options{}).Band(did.Draws{}) })
	}
	list := []curve{
		{method: "synthetic DiD", size: "units", x: []int{20, 40, 80, 160, 320}},
		{method: "nested synthetic control", size: "units", x: []int{20, 40, 80, 160}},
		{method: "group-time DiD, 1,000 draws", size: "units", x: []int{100, 200, 400, 800, 1600, 3200}},
		{method: "synthetic DiD", size: "periods", x: []int{20, 40, 80, 160, 320}},
		{method: "nested synthetic control", size: "periods", x: []int{20, 40, 80, 160, 320}},
		{method: "structural series, 1,000 draws", size: "periods", x: []int{50, 100, 200, 400, 800, 1600}},
		{method: "group-time DiD, 1,000 draws", size: "periods", x: []int{5, 10, 20, 40}},
		{method: "structural series, 100 periods", size: "draws", x: []int{250, 500, 1000, 2000, 4000, 8000}},
	}
	for i := range list {
		c := &list[i]
		for _, x := range c.x {
			var s float64
			switch c.method + "/" + c.size {
			case "synthetic DiD/units":
				s = sdidAt(x, 40)
			case "synthetic DiD/periods":
				s = sdidAt(40, x)
			case "nested synthetic control/units":
				s = synthAt(x, 40)
			case "nested synthetic control/periods":
				s = synthAt(40, x)
			case "group-time DiD, 1,000 draws/units":
				s = didAt(x, 6)
			case "group-time DiD, 1,000 draws/periods":
				s = didAt(200, x)
			case "structural series, 1,000 draws/periods":
				s = bstsAt(x, 1000)
			default:
				s = bstsAt(100, x)
			}
			c.seconds = append(c.seconds, s)
		}
	}
	return list
}

// exponent is the slope of log cost on log size by least squares: cost grows
// as size to this power.
func (c curve) exponent() float64 {
	n := float64(len(c.x))
	var sx, sy, sxx, sxy float64
	for i, x := range c.x {
		a, b := math.Log(float64(x)), math.Log(c.seconds[i])
		sx, sy, sxx, sxy = sx+a, sy+b, sxx+a*a, sxy+a*b
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// plotCosts draws the cost of the panel estimators into a file, and that of the
// space-time methods into one beside it, with -events in its name.
func plotCosts(file string) error {
	if err := drawCosts(file, "Cost of the panel estimators", "other sizes fixed at 40 units and 40 periods (group-time DiD: 6 periods, 200 units)", []string{"units", "periods", "draws"}, costs()); err != nil {
		return err
	}
	list, err := eventCosts()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "athar-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	const pairs = "events, near repeats in a cell"
	beside, err := besideKnox(dir, pairs, []int{1000, 2000, 4000, 8000})
	if err != nil {
		return err
	}
	return drawCosts(strings.TrimSuffix(file, ".svg")+"-events.svg", "Cost of the space-time methods", "invented events, the map or the time growing with them", []string{"events", pairs}, append(list, beside...))
}

// eventCosts measures the space-time methods, in processor seconds, the least of three,
// against events at one density.
func eventCosts() ([]curve, error) {
	methods := []struct {
		name  string
		sizes []int
		run   func(n int) (cost float64, refusal *athar.Refusal, err error)
	}{
		{"wakes, 25 windows", []int{2000, 8000, 32_000, 128_000}, func(n int) (float64, *athar.Refusal, error) {
			ops, events := wakeWorld(n, float64(n)/2000)
			start := cpu()
			wake.Analyse(ops, events, wake.Options{Days: []int{2, 4, 6, 8, 10}, Km: []float64{2, 4, 6, 8, 10}, Draws: -1})
			return cpu() - start, nil, nil
		}},
		{"near repeats, 99 draws", []int{1000, 4000, 16_000, 64_000}, func(n int) (float64, *athar.Refusal, error) {
			events := knoxWorld(n)
			start := cpu()
			r := knox.Analyse(events, knox.Options{Metric: knox.Planar, Draws: 99})
			return cpu() - start, r.Refusal, nil
		}},
		{"scan, 99 draws", []int{1000, 4000, 16_000, 64_000}, func(n int) (float64, *athar.Refusal, error) {
			places, cases := scanWorld(n)
			start := cpu()
			r := scan.SpaceTime(places, cases, scan.Options{Km: 70, Planar: true, Unit: 7, Draws: 99, Study: athar.Span{First: 18000, Last: 18363}})
			return cpu() - start, r.Refusal, nil
		}},
		{"self-exciting with places", []int{1000, 4000, 16_000, 64_000}, func(n int) (float64, *athar.Refusal, error) {
			events := spread(n)
			start := cpu()
			r, err := spatial.Fit(events, spatial.Options{Reach: 10, Horizon: 20, Space: spatial.Decay})
			if err != nil {
				return 0, nil, err
			}
			return cpu() - start, r.Refusal, nil
		}},
		{"self-exciting by days", []int{1000, 4000, 16_000, 64_000}, func(n int) (float64, *athar.Refusal, error) {
			// An event a day on average.
			y, err := hawkes.SimulateDaily(stat.Stream(1, "bench/days", n), n, hawkes.Params{Mu: .5, Alpha: .5, Decay: .2, Theta: 5}, hawkes.Options{})
			if err != nil {
				return 0, nil, err
			}
			start := cpu()
			r, err := hawkes.Daily(y, hawkes.Options{})
			if err != nil {
				return 0, nil, err
			}
			return cpu() - start, r.Refusal, nil
		}},
		{"emerging hot spots, 60 months", []int{1000, 4000, 16_000, 64_000}, func(n int) (float64, *athar.Refusal, error) {
			codes, near, counts := hotspotWorld(n/15, 60, .25) // fifteen events an area
			start := cpu()
			r := hotspot.Analyse(codes, near, counts, 60)
			return cpu() - start, r.Refusal, nil
		}},
		{"stochastic interventions", []int{6000, 12_000, 24_000, 48_000}, func(n int) (float64, *athar.Refusal, error) {
			in, _ := stochintRecord(n/100, n/60, n) // a hundred events a day
			start := cpu()
			stochint.New(in).Contrast(stochint.Options{From: 2, To: 4, Quantile: .95})
			return cpu() - start, nil, nil
		}},
	}
	var list []curve
	for _, m := range methods {
		c := curve{method: m.name, size: "events", x: m.sizes}
		for _, n := range m.sizes {
			least := math.Inf(1)
			for range 3 {
				cost, refusal, err := m.run(n)
				if err == nil && refusal != nil {
					err = refusal
				}
				if err != nil {
					return nil, fmt.Errorf("%s, %d events: %w", m.name, n, err)
				}
				least = min(least, cost)
			}
			c.seconds = append(c.seconds, least)
		}
		list = append(list, c)
	}
	return list, nil
}

// scanWorld draws n events in a year, ten an area, over a map that grows with them.
func scanWorld(n int) (places []scan.Place, cases []scan.Case) {
	r := stat.Stream(1, "bench/scan-world", n)
	side := 35 * math.Sqrt(float64(n)/10)
	for i := range n / 10 {
		places = append(places, scan.Place{Code: fmt.Sprintf("A%05d", i), X: side * r.Float64(), Y: side * r.Float64()})
	}
	for range n {
		cases = append(cases, scan.Case{Place: r.IntN(len(places)), Day: athar.Day(18000 + r.IntN(364))})
	}
	return places, cases
}

// Lines are told apart by colour (Okabe and Ito), dashes and marks together, so that any one
// of these may be lost. A mark is a path around the origin.
var (
	colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9"}
	dashes  = []string{"", "6 3", "2 2", "8 3 2 3", "12 3", "", "4 2"}
	marks   = []string{"M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z", "M-3 -3h6v6h-6z", "M0 -4l4 7h-8z", "M0 -4l4 4l-4 4l-4 -4z", "M-3 -3l6 6M3 -3l-6 6", "M0 4l4 -7h-8z", "M-4 0h8M0 -4v8"}
)

// drawCosts draws cost against sizes on logarithmic scales, one panel a size, with the
// exponent of every line below it.
func drawCosts(file, title, note string, sizes []string, list []curve) error {
	const w, h, left, top, gap, row = 250.0, 260.0, 62.0, 34.0, 90.0, 16.0
	style := map[string]int{} // a method looks the same in every panel
	low, high := math.Inf(1), math.Inf(-1)
	inPanel, rows := map[string]int{}, 0
	for _, c := range list {
		if _, ok := style[c.method]; !ok {
			style[c.method] = len(style) % len(colours)
		}
		low, high = min(low, slices.Min(c.seconds)), max(high, slices.Max(c.seconds))
		inPanel[c.size]++
		rows = max(rows, inPanel[c.size])
	}
	low, high = math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	var b strings.Builder
	height := top + h + 40 + row*float64(rows) + 24
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" font-family="sans-serif" font-size="11">`+"\n", max(left+float64(len(sizes))*(w+gap), 640), height)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/>`+"\n", title)
	for k, size := range sizes {
		x0 := left + float64(k)*(w+gap)
		minX, maxX := math.Inf(1), 0.0
		for _, c := range list {
			if c.size == size {
				minX, maxX = min(minX, float64(c.x[0])), max(maxX, float64(c.x[len(c.x)-1]))
			}
		}
		px := func(x float64) float64 { return x0 + w*math.Log(x/minX)/math.Log(maxX/minX) }
		py := func(s float64) float64 { return top + h*(high-math.Log10(s))/(high-low) }
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" font-weight="bold">processor seconds against %s</text>`+"\n", x0, top-14, size)
		for e := low; e <= high; e++ {
			y := py(math.Pow(10, e))
			fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%g</text>`+"\n", x0, x0+w, y, y, x0-5, y+4, math.Pow(10, e))
		}
		ticks := []float64{minX, maxX}
		for x := math.Pow(10, math.Ceil(math.Log10(minX))); x < maxX; x *= 10 {
			if x > 2*minX && x < maxX/2 {
				ticks = append(ticks, x)
			}
		}
		for _, x := range ticks {
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.0f</text>`+"\n", px(x), top+h+16, x)
		}
		y := top + h + 40
		for _, c := range list {
			if c.size != size {
				continue
			}
			look := style[c.method]
			line := fmt.Sprintf(`fill="none" stroke="%s" stroke-width="1.5" stroke-dasharray="%s"`, colours[look], dashes[look])
			mark := func(x, y float64) {
				fmt.Fprintf(&b, `<path d="%s" transform="translate(%.1f %.1f)" fill="%s" stroke="%[4]s"/>`+"\n", marks[look], x, y, colours[look])
			}
			var points []string
			for i, x := range c.x {
				points = append(points, fmt.Sprintf("%.1f,%.1f", px(float64(x)), py(c.seconds[i])))
				mark(px(float64(x)), py(c.seconds[i]))
			}
			fmt.Fprintf(&b, `<polyline points="%s" %s/>`+"\n", strings.Join(points, " "), line)
			fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" %s/><text x="%.1f" y="%.1f">%s: power %.2f</text>`+"\n",
				x0, x0+36, y-4, y-4, line, x0+42, y, c.method, c.exponent())
			mark(x0+18, y-4)
			fmt.Printf("  %s against %s: %d cost %.3g s, power %.2f\n", c.method, c.size, c.x, c.seconds, c.exponent())
			y += row
		}
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" fill="#555">Measured by make bench; logarithmic scales; %s.</text>`+"\n</svg>\n", left, height-10, note)
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
