package stochint

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
	"athar/stat"
)

// The reference works on positions in the Iraq National Grid (EPSG:6646).
// Project is that projection: WGS 84 to Karbala 1979 by a shift of the centre,
// then transverse Mercator on the ellipsoid Clarke 1880 (RGS) by Krueger's
// series; km.
func project(lon, lat float64) (x, y float64) {
	const (
		aW, fW = 6378137.0, 1 / 298.257223563
		aK, fK = 6378249.145, 1 / 293.465
		k0     = .9994
		east   = 800000.0
	)
	rad := math.Pi / 180
	l, p := lon*rad, lat*rad
	e2 := fW * (2 - fW)
	n := aW / math.Sqrt(1-e2*math.Sin(p)*math.Sin(p))
	X, Y, Z := n*math.Cos(p)*math.Cos(l)-70.995, n*math.Cos(p)*math.Sin(l)+335.916, n*(1-e2)*math.Sin(p)-262.898
	e2 = fK * (2 - fK)
	l = math.Atan2(Y, X)
	r := math.Hypot(X, Y)
	p = math.Atan2(Z, r*(1-e2))
	for range 8 {
		n = aK / math.Sqrt(1-e2*math.Sin(p)*math.Sin(p))
		p = math.Atan2(Z+e2*n*math.Sin(p), r)
	}
	n = fK / (2 - fK)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	A := aK / (1 + n) * (1 + n2/4 + n4/64)
	alpha := []float64{
		n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180,
		13*n2/48 - 3*n3/5 + 557*n4/1440,
		61*n3/240 - 103*n4/140,
		49561 * n4 / 161280,
	}
	e := math.Sqrt(e2)
	conformal := func(p float64) float64 { return math.Sinh(math.Atanh(math.Sin(p)) - e*math.Atanh(e*math.Sin(p))) }
	tau, dl := conformal(p), l-46.5*rad
	xi, eta := math.Atan2(tau, math.Cos(dl)), math.Asinh(math.Sin(dl)/math.Hypot(tau, math.Cos(dl)))
	xi0 := math.Atan(conformal(29.0262683333333 * rad))
	a, b, c := xi, eta, xi0
	for j, v := range alpha {
		m := 2 * float64(j+1)
		a += v * math.Sin(m*xi) * math.Cosh(m*eta)
		b += v * math.Cos(m*xi) * math.Sinh(m*eta)
		c += v * math.Sin(m*xi0)
	}
	return (east + k0*A*b) / 1000, k0 * A * (a - c) / 1000
}

const golden = "golden/geocausal/"

func table(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	if s == "NA" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// raster reads a map of the reference, row by row from the south.
func raster(t testing.TB, name string) (v []float64, nx int) {
	for _, row := range table(t, golden+name) {
		nx = len(row)
		for _, s := range row {
			v = append(v, number(t, s))
		}
	}
	return v, nx
}

// window reads the outline of the reference.
func window(t testing.TB, nx, ny int) *Window {
	t.Helper()
	text, err := os.ReadFile(testdata.Shared(t, golden+"iraq_window_km_epsg6646.wkt"))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Trim(strings.TrimPrefix(strings.TrimSpace(string(text)), "POLYGON"), " ()")
	var ring [][2]float64
	for _, pair := range strings.Split(body, ",") {
		f := strings.Fields(pair)
		ring = append(ring, [2]float64{number(t, f[0]), number(t, f[1])})
	}
	return FromPolygon([][][2]float64{ring[:len(ring)-1]}, nx, ny)
}

// events reads a file of the record; kinds empty: all rows. Days count from
// first, 0 is that day.
func events(t testing.TB, name, first string, days int, kinds string) []Event {
	from, err := athar.ParseDay(first)
	if err != nil {
		t.Fatal(err)
	}
	var out []Event
	for _, r := range table(t, "data/events/"+name)[1:] {
		day, err := athar.ParseDay(r[0])
		if err != nil {
			t.Fatal(err)
		}
		if kinds != "" && r[3] != kinds || day < from || int(day-from) >= days {
			continue
		}
		x, y := project(number(t, r[1]), number(t, r[2]))
		out = append(out, Event{int(day - from), x, y})
	}
	return out
}

// The record of the reference holds as many rows as its publication says (E17).
func TestRecord(t *testing.T) {
	count := func(name string) (all int, by map[string]int) {
		by = map[string]int{}
		for _, r := range table(t, "data/events/"+name)[1:] {
			all++
			by[r[len(r)-1]]++
		}
		return all, by
	}
	all, by := count("iraq_airstrikes_2007_2008.csv")
	if all != 3938 || by["Airstrike"] != 2446 || by["SOF"] != 1492 {
		t.Errorf("2007-08 operations: %d, %v", all, by)
	}
	all, by = count("iraq_insurgencies_2007_2008.csv")
	if all != 68573 || by["IED"] != 15601 || by["SAF"] != 15680 || by["other"] != 37292 {
		t.Errorf("2007-08 attacks: %d, %v", all, by)
	}
	if all, _ = count("iraq_airstrikes_2006.csv"); all != 2101 {
		t.Errorf("2006 operations: %d", all)
	}
	if all, _ = count("iraq_insurgencies_2006.csv"); all != 37701 {
		t.Errorf("2006 attacks: %d", all)
	}
}

// worst is the largest difference in units of the largest value, where both
// have one; cells must agree.
func worst(t *testing.T, w *Window, got, want []float64, nx int) float64 {
	t.Helper()
	d, top := 0.0, 0.0
	for i, c := range w.at {
		v := want[i/w.NX*nx+i%w.NX]
		if (c < 0) != math.IsNaN(v) {
			t.Fatalf("pixel %d: in the window here %v, there %v", i, c >= 0, !math.IsNaN(v))
		}
		if c >= 0 {
			d, top = max(d, math.Abs(got[c]-v)), max(top, v)
		}
	}
	return d / top
}

// bilinear is the reference's reading of a map between pixel centres; where one
// of the four has no value, that of the pixel itself serves.
func bilinear(w *Window, v []float64, x, y float64) float64 {
	fx, fy := (x-w.X0)/w.DX-.5, (y-w.Y0)/w.DY-.5
	cx, cy := math.Floor(fx), math.Floor(fy)
	dx, dy := fx-cx, fy-cy
	at := func(c, r float64) float64 {
		if c < 0 || r < 0 || int(c) >= w.NX || int(r) >= w.NY || w.at[int(r)*w.NX+int(c)] < 0 {
			return v[w.Cell(x, y)]
		}
		return v[w.at[int(r)*w.NX+int(c)]]
	}
	return (1-dx)*(1-dy)*at(cx, cy) + dx*(1-dy)*at(cx+1, cy) + (1-dx)*dy*at(cx, cy+1) + dx*dy*at(cx+1, cy+1)
}

// quadrature is the reference's integral over the window: a dummy point in each
// of 32 x 32 tiles, at the mean of the pixels (of 128 x 128) that it holds, or
// its middle pixel if that lies outside, and the tile's area shared among all
// points in it, data included.
func quadrature(w *Window) (dummy [][2]float64, area []float64) {
	const tiles = 32
	fine := w.on(128, 128)
	members := make([][]int, tiles*tiles) // column by column, as the reference lists pixels
	for c := range 128 {
		for r := range 128 {
			if i := r*128 + c; fine.at[i] >= 0 {
				k := r/4*tiles + c/4
				members[k] = append(members[k], i)
			}
		}
	}
	for _, m := range members {
		if len(m) == 0 {
			continue
		}
		x, y := 0.0, 0.0
		for _, i := range m {
			cx, cy := fine.centre(i)
			x += cx / float64(len(m))
			y += cy / float64(len(m))
		}
		if !fine.Has(x, y) {
			x, y = fine.centre(m[(len(m)-1)/2])
		}
		dummy = append(dummy, [2]float64{x, y})
	}
	area = make([]float64, tiles*tiles)
	dx, dy := w.DX*float64(w.NX)/tiles, w.DY*float64(w.NY)/tiles
	for k := range area {
		x0, y0 := w.X0+float64(k%tiles)*dx, w.Y0+float64(k/tiles)*dy
		area[k] = clipped(w.rings[0], x0, y0, x0+dx, y0+dy)
	}
	return dummy, area
}

// clipped is the area of a polygon in a rectangle (Sutherland and Hodgman).
func clipped(p [][2]float64, x0, y0, x1, y1 float64) float64 {
	for _, h := range []struct {
		axis int
		at   float64
		sign float64
	}{{0, x0, 1}, {0, x1, -1}, {1, y0, 1}, {1, y1, -1}} {
		var out [][2]float64
		for i, b := range p {
			a := p[(i+len(p)-1)%len(p)]
			ia, ib := h.sign*(a[h.axis]-h.at) >= 0, h.sign*(b[h.axis]-h.at) >= 0
			if ia != ib {
				f := (h.at - a[h.axis]) / (b[h.axis] - a[h.axis])
				out = append(out, [2]float64{a[0] + f*(b[0]-a[0]), a[1] + f*(b[1]-a[1])})
			}
			if ib {
				out = append(out, b)
			}
		}
		p = out
	}
	s := 0.0
	for i, b := range p {
		a := p[(i+len(p)-1)%len(p)]
		s += a[0]*b[1] - b[0]*a[1]
	}
	return math.Abs(s) / 2
}

// example is the documented 60-day example.
type example struct {
	w        *Window
	treated  []Event
	outcome  []Event
	base     []Event
	distance []float64
}

func documented(t testing.TB) *example {
	w := window(t, 64, 64)
	x, y := project(44.366, 33.315)
	return &example{
		w:        w,
		treated:  events(t, "iraq_airstrikes_2006.csv", "2006-01-01", 60, "Airstrike"),
		outcome:  events(t, "iraq_insurgencies_2006.csv", "2006-01-01", 60, ""),
		base:     events(t, "iraq_insurgencies_2007_2008.csv", "2007-02-23", 499, ""),
		distance: w.Distance([][2]float64{{x, y}}),
	}
}

func within(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s: %.12g, reference %.12g", what, got, want)
	}
}

// bounds are the reference's variance bounds, which differ from Athar's in one
// point: the row rho/mean rho divides by the mean over all days, the last one,
// which has no outcome, included, while the row rho Y/mean rho does not.
func (m *Model) bounds(a *Answer, g Region, q float64) (v0, v1, v float64) {
	y := make([]float64, m.Days)
	m.Outcome.Integrals(y, m.Window, g)
	y = y[1:]
	n := float64(len(y))
	r := [2][]float64{make([]float64, len(y)), make([]float64, len(y))}
	ratio := make([]float64, m.Days)
	for k, c := range []float64{2, 4} {
		m.logRatio(ratio, c)
		all := 0.0
		for _, rho := range cut(products(ratio, 1), q) {
			all += rho / (n + 1)
		}
		mean, events := 0.0, 0.0
		for t, rho := range a.Weights[k] {
			mean += rho / n
			events += rho * y[t] / n
		}
		for t, rho := range a.Weights[k] {
			r[k][t] = rho*y[t]/mean - events/mean*rho/all
		}
	}
	for t := range y {
		v0 += r[0][t] * r[0][t] / (n * n)
		v1 += r[1][t] * r[1][t] / (n * n)
		v += (r[1][t] - r[0][t]) * (r[1][t] - r[0][t]) / (n * n)
	}
	return v0, v1, v
}

// TestDocumented follows the reference's documented example step by step with
// its own quadrature, interpolation and regions, which are not Athar's, so that
// every difference has a name.
func TestDocumented(t *testing.T) {
	x := documented(t)
	w := x.w

	// Maps.
	dist, nx := raster(t, "doc2006_60d_dist_map.csv") // lacks the last column, which is empty
	if d := func() (d float64) {
		for i, v := range dist {
			if c := w.at[i/nx*w.NX+i%nx]; c >= 0 && !math.IsNaN(v) {
				d = max(d, math.Abs(x.distance[c]-v))
			}
		}
		return d
	}(); d > 1e-6 {
		t.Errorf("distances differ by up to %g km", d)
	}
	ref, n := raster(t, "doc2006_60d_base_density.csv")
	phi := Density(w, x.base, 0, 0)
	if d := worst(t, w, phi, ref, n); d > 1e-9 {
		t.Errorf("base density differs by %g of its peak", d)
	}

	// Propensity, with the reference's quadrature.
	treated, _ := w.admit(x.treated, 60)
	outcome, lost := w.admit(x.outcome, 60)
	if len(treated) != 88 || len(outcome) != 5606 || lost != 2 {
		t.Fatalf("%d and %d events, %d lost", len(treated), len(outcome), lost)
	}
	// The reference's map has values in fewer pixels than the window; elsewhere
	// it takes the nearest. Dummy points lie between pixels, and the reference's
	// rounding takes the one in the north-east.
	known := make([]bool, 64*64)
	for i, v := range dist {
		known[i/nx*64+i%nx] = !math.IsNaN(v)
	}
	map63 := FromMask(w.X0, w.Y0, w.DX, w.DY, 64, 64, known)
	lookup := func(px, py float64) float64 {
		p := int(map63.cells[map63.Cell(px+1e-5, py+1e-5)])
		return dist[p/64*nx+p%64]
	}
	dummy, area := quadrature(w)
	if len(dummy) != 575 {
		t.Fatalf("%d dummy points", len(dummy))
	}
	tile := func(px, py float64) int {
		return min(int((py-w.Y0)/(2*w.DY)), 31)*32 + min(int((px-w.X0)/(2*w.DX)), 31)
	}
	var yy, xx, off []float64
	days := w.byDay(treated, 60)
	k := 0
	for _, cells := range days {
		today := treated[k : k+len(cells)]
		k += len(cells)
		count := make([]float64, len(area))
		for _, p := range dummy {
			count[tile(p[0], p[1])]++
		}
		for _, e := range today {
			count[tile(e.X, e.Y)]++
		}
		add := func(px, py, y float64) {
			j := tile(px, py)
			yy, xx, off = append(yy, y), append(xx, 1, lookup(px, py)), append(off, math.Log(area[j]/count[j]))
		}
		for _, e := range today {
			add(e.X, e.Y, 1)
		}
		for _, p := range dummy {
			add(p[0], p[1], 0)
		}
	}
	var r stat.Regression
	if err := r.Poisson(yy, xx, off, 2); err != nil {
		t.Fatal(err)
	}
	coef := table(t, golden+"doc2006_60d_obs_coef.csv")
	within(t, "constant", r.Beta[0], number(t, coef[1][1]), 1e-6)
	within(t, "slope", r.Beta[1]*100, 100*number(t, coef[2][1]), 1e-6)

	// Log densities and weights.
	daily := table(t, golden+"doc2006_60d_daily.csv")[1:]
	expected := 0.0
	for i := range w.cells {
		expected += w.Area() * math.Exp(r.Beta[0]+r.Beta[1]*lookup(w.Centre(i)))
	}
	m := &Model{Window: w, Days: 60, Base: phi, count: make([]float64, 60), logBase: make([]float64, 60),
		Propensity: &Propensity{LogDensity: make([]float64, 60)}}
	for _, e := range treated {
		m.count[e.Day]++
		m.Propensity.LogDensity[e.Day] += r.Beta[0] + r.Beta[1]*lookup(e.X, e.Y)
		m.logBase[e.Day] += math.Log(bilinear(w, phi, e.X, e.Y))
	}
	for i, row := range daily {
		within(t, "log intensity, day "+row[0], m.Propensity.LogDensity[i], number(t, row[2]), 1e-6)
		within(t, "expected number", expected, number(t, row[1]), 1e-6)
		m.Propensity.LogDensity[i] -= expected
	}
	weights := table(t, golden+"doc2006_60d_weights_lag1.csv")[1:]

	// Surfaces.
	m.Outcome = smooth(w, outcome, 60, Smoothing{Adaptive: true, Classes: true})
	for i, row := range daily {
		s := 0.0
		for _, v := range m.Outcome.Day(i) {
			s += v * w.Area()
		}
		within(t, "events, day "+row[0], s, number(t, row[5]), 1e-9)
	}

	// Regions as the reference cuts them: a mask of 63 columns stretched over the
	// window. Where it stays inside the window (100 km), pixels take the value of
	// the mask's nearest one; elsewhere the surface is read at the 63 columns, one
	// of the 64 is skipped, and the area of a pixel is 64/63.
	top := 0.0
	for _, v := range dist {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	cutOut := func(skip int) (regions []Region) {
		for k, r := range []float64{100, 200, 300, top} {
			g := Region{Outer: r, Share: make([]float64, len(w.cells))}
			for i, p := range w.cells {
				c := int(p) % w.NX
				share := 1.0
				if k == 0 {
					c = int((float64(c) + .5) * 63 / 64)
				} else {
					if share = 64. / 63; c == skip {
						continue
					} else if c > skip {
						c--
					}
				}
				if dist[int(p)/w.NX*nx+c] < r {
					g.Share[i] = share
				}
			}
			regions = append(regions, g)
		}
		return regions
	}
	// The middle of the 63 columns lies between two of the 64: rounding takes one
	// for the mean surface and the other for the surface of a day.
	regions, daily63 := cutOut(32), cutOut(31)
	a := m.Contrast(Options{From: 2, To: 4, Regions: regions, Quantile: .95})
	for i, row := range weights {
		for k := range 2 {
			within(t, "weight, day "+row[0], a.Weights[k][i], number(t, row[1+k]), 1e-6)
		}
	}
	for k, name := range []string{"doc2006_60d_cf1_ave_surf.csv", "doc2006_60d_cf2_ave_surf.csv"} {
		ref, n := raster(t, name)
		if d := worst(t, w, m.Surfaces(a)[k], ref, n); d > 1e-6 {
			t.Errorf("%s differs by %g of its peak", name, d)
		}
	}
	for i, row := range table(t, golden+"doc2006_60d_estimates.csv")[1:] {
		e := a.Regions[i]
		v0, v1, v := m.bounds(a, daily63[i], .95)
		for j, got := range []float64{e.Events[0], e.Events[1], e.Diff, v0, v1, v} {
			within(t, row[1]+", column "+strconv.Itoa(j+2), got, number(t, row[2+j]), 1e-6)
		}
	}
	if got := math.Round(a.Effective[0]); got != 7 {
		t.Errorf("effective days %g", a.Effective[0])
	}
	if a.Refusal == nil || a.Refusal.Reason.Code != "stochint-effective-days" {
		t.Error("an answer that rests on a few days was not refused")
	}
	for _, q := range []float64{1, .99} {
		b := m.Contrast(Options{From: 2, To: 4, Regions: regions, Quantile: q})
		for _, row := range table(t, golden+"doc2006_60d_trunc_grid.csv")[1:] {
			if row[0] != strconv.FormatFloat(q, 'g', -1, 64) {
				continue
			}
			i := map[string]int{"100km": 0, "200km": 1, "300km": 2, "all(<max)": 3}[row[1]]
			e := b.Regions[i]
			_, _, v := m.bounds(b, daily63[i], q)
			for j, got := range []float64{e.Events[0], e.Events[1], e.Diff, v} {
				within(t, row[1]+" cut at "+row[0], got, number(t, row[2+j]), 1e-6)
			}
		}
	}

	// What Athar says in its own way: its own integral, pixels, regions and
	// bandwidths. Refused, but the figures are comparable.
	own := New(Input{Window: w, Days: 60, Treatment: x.treated, Outcome: x.outcome, Base: phi,
		Covariates: []Covariate{{Name: "distance", Map: x.distance}}, Smooth: Smoothing{Adaptive: true}})
	px, py := project(44.366, 33.315)
	o := own.Contrast(Options{From: 2, To: 4, Quantile: .95, Regions: w.Rings([][2]float64{{px, py}}, 100, 200, 300)})
	if d := own.Propensity.Coef[0] - r.Beta[0]; math.Abs(d) > 1e-2 {
		t.Errorf("own constant differs by %g", d)
	}
	if d := own.Propensity.Coef[1]/r.Beta[1] - 1; math.Abs(d) > 1e-2 {
		t.Errorf("own slope differs by %g of itself", d)
	}
	// The reference's integral is off by one operation in 88; Athar's is exact.
	sum := 0.0
	for _, v := range own.Propensity.Expected {
		sum += v
	}
	within(t, "operations expected", sum, 88, 1e-9)
	for i, e := range o.Regions {
		t.Logf("own propensity, pixels, rings and bandwidths, region %d: %.4f %.4f difference %.4f, bound %.4f", i, e.Events[0], e.Events[1], e.Diff, e.DiffVar)
	}
	if code := o.Refusal.Reason.Code; code != "stochint-few-days" {
		t.Errorf("refused for %s", code)
	}
}
