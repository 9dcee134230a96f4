//go:build unix

package main

import (
	"fmt"
	"math"
	"os"
	"strings"

	"athar"
	"athar/displace/knox"
	"athar/displace/scan"
	"athar/effect/bsts"
	"athar/effect/did"
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

// costs measures every panel estimator against what makes it dear.
func costs() []curve {
	sdidAt := func(n, t int) float64 {
		p := newSynthPanel(n, t, t*6/10)
		var f sdid.Fit
		return 1 / rate(func() { _ = f.Block(p.Y, p.N, p.T, p.N0, p.T0, sdid.Settings{}) })
	}
	synthAt := func(n, t int) float64 {
		p := newSynthPanel(n, t, t*6/10)
		z1, z0 := p.before()
		var s synth.Nested
		return 1 / rate(func() { _ = s.Fit(p.X1, p.X0, z1, z0) })
	}
	bstsAt := func(n, draws int) float64 {
		y, x := bstsSeries(n, n*7/10)
		return 1 / rate(func() {
			_, _ = bsts.Fit(y, x, 1, n*7/10, bsts.FitOptions{Prior: bsts.Published(), Draws: draws, Chains: 1, Seed: 1})
		})
	}
	didAt := func(units, periods int) float64 {
		d := didPanel(units, periods)
		return 1 / rate(func() { did.GroupTime(d, did.Options{}).Band(did.Draws{}) })
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
	// Okabe-Ito.
	colour := map[string]string{"synthetic DiD": "#0072b2", "nested synthetic control": "#d55e00",
		"group-time DiD, 1,000 draws": "#009e73", "structural series, 1,000 draws": "#cc79a7", "structural series, 100 periods": "#cc79a7",
		"wakes, 25 windows": "#0072b2", "near repeats, 99 draws": "#d55e00", "scan, 99 draws": "#009e73", "self-exciting with places": "#cc79a7", "stochastic interventions": "#000000"}
	if err := drawCosts(file, "Cost of the panel estimators", "other sizes fixed at 40 units and 40 periods (group-time DiD: 6 periods, 200 units)", []string{"units", "periods", "draws"}, colour, costs()); err != nil {
		return err
	}
	list, err := eventCosts()
	if err != nil {
		return err
	}
	beside := strings.TrimSuffix(file, ".svg") + "-events.svg"
	return drawCosts(beside, "Cost of the space-time methods", "invented events, the map or the time growing with them", []string{"events"}, colour, list)
}

// eventCosts measures the space-time methods, in processor seconds, against events at one
// density.
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
			cost, refusal, err := m.run(n)
			if err == nil && refusal != nil {
				err = refusal
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %d events: %w", m.name, n, err)
			}
			c.seconds = append(c.seconds, cost)
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

// drawCosts draws cost against sizes on logarithmic scales, one panel a size, with the
// exponent of every line.
func drawCosts(file, title, note string, sizes []string, colour map[string]string, list []curve) error {
	const w, h, left, top, gap = 250.0, 260.0, 62.0, 34.0, 70.0
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" font-family="sans-serif" font-size="11">`+"\n", max(left+float64(len(sizes))*(w+gap)+70, 640), h+2*top+30)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/>`+"\n", title)
	for k, size := range sizes {
		x0 := left + float64(k)*(w+gap+20)
		minX, maxX := math.Inf(1), 0.0
		for _, c := range list {
			if c.size == size {
				minX, maxX = min(minX, float64(c.x[0])), max(maxX, float64(c.x[len(c.x)-1]))
			}
		}
		const lowY, highY = -6.0, 2.0 // log10 seconds
		px := func(x float64) float64 { return x0 + w*math.Log(x/minX)/math.Log(maxX/minX) }
		py := func(s float64) float64 { return top + h*(highY-math.Log10(s))/(highY-lowY) }
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" font-weight="bold">seconds against %s</text>`+"\n", x0, top-14, size)
		for e := lowY; e <= highY; e += 2 {
			y := py(math.Pow(10, e))
			fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%g</text>`+"\n", x0, x0+w, y, y, x0-5, y+4, math.Pow(10, e))
		}
		for _, x := range []float64{minX, math.Sqrt(minX * maxX), maxX} {
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.0f</text>`+"\n", px(x), top+h+16, x)
		}
		shown := 0
		for _, c := range list {
			if c.size != size {
				continue
			}
			shown++
			var points []string
			for i, x := range c.x {
				points = append(points, fmt.Sprintf("%.1f,%.1f", px(float64(x)), py(c.seconds[i])))
				fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`+"\n", px(float64(x)), py(c.seconds[i]), colour[c.method])
			}
			fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.Join(points, " "), colour[c.method])
			x, y := x0+4, top+14*float64(shown)
			if len(sizes) == 1 {
				x += w + 10 // beside a panel that stands alone
			}
			fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-width="1.5"/><text x="%.1f" y="%.1f">%s: power %.2f</text>`+"\n",
				x, x+14, y-4, y-4, colour[c.method], x+19, y, c.method, c.exponent())
			fmt.Printf("  %s against %s: power %.2f\n", c.method, c.size, c.exponent())
		}
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" fill="#555">Measured by make bench; logarithmic scales; %s.</text>`+"\n</svg>\n", left, h+2*top+16, note)
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
