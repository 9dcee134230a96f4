package stochint

import (
	"math"
	"slices"
)

// Smoothing says how events become surfaces: a Gaussian kernel a event, divided
// by its mass inside the window (Diggle's edge correction), so that every event
// counts 1 over the window.
type Smoothing struct {
	// Sigma is the kernel's standard deviation in km; 0 is Scott's rule,
	// sd n^(-1/6) in each direction.
	Sigma float64
	// Adaptive lets the bandwidth of each event be proportional to the pilot
	// density there to the power -1/2 (Abramson 1982), with a mean on the log
	// scale of Sigma, or of the mean of Scott's two.
	Adaptive bool
	// Classes rounds adaptive bandwidths of a day to the mid-quantiles of as many
	// classes as the root of its number of events, as spatstat does; without it
	// every event keeps its own.
	Classes bool
}

const (
	trim  = 5   // no adaptive bandwidth is wider than so many usual ones
	pilot = 128 // pixels a side of the pilot: bandwidths must not depend on the grid of the result
	// reach is where a kernel ends, in standard deviations: exp(-reach^2/2) is
	// below 1e-17 of its peak.
	reach = 8.9
)

// Surfaces are smoothed events by day, in events per km2.
type Surfaces struct {
	Days  int
	Cells int
	V     []float64 // day by day, cell by cell
}

// Day is the surface of one day.
func (s *Surfaces) Day(t int) []float64 { return s.V[t*s.Cells : (t+1)*s.Cells] }

// Integrals fills dst with the number of events of each day in a region.
func (s *Surfaces) Integrals(dst []float64, w *Window, g Region) {
	for t := range dst {
		v, sum := s.Day(t), 0.0
		for i, x := range g.Share {
			sum += x * v[i]
		}
		dst[t] = sum * w.Area()
	}
}

// kernel is a Gaussian at whole pixels, so scaled that it sums to 1 over the
// offsets -n..n-1 of a torus twice as large as the grid; zero from r pixels on.
type kernel struct {
	g   []float64 // by distance in pixels
	sum []float64 // sum[r+k]: of the offsets below k, k from -r to r+1
	r   int       // offsets from -r to r count
}

func (k *kernel) set(sigma, step float64, n int) {
	k.r = min(n-1, int(reach*sigma/step))
	k.g = k.g[:0]
	total := 0.0
	for d := range k.r + 1 {
		z := float64(d) * step / sigma
		v := math.Exp(-z * z / 2)
		k.g = append(k.g, v)
		total += v
		if d > 0 {
			total += v
		}
	}
	if z := float64(n) * step / sigma; k.r == n-1 && z < reach { // the torus has one offset more on one side
		total += math.Exp(-z * z / 2)
	}
	for d := range k.g {
		k.g[d] /= total
	}
	k.sum = append(k.sum[:0], 0)
	for d := -k.r; d <= k.r; d++ {
		k.sum = append(k.sum, k.sum[len(k.sum)-1]+k.g[max(d, -d)])
	}
}

// below is the kernel's mass on offsets smaller than d.
func (k *kernel) below(d int) float64 { return k.sum[min(max(d+k.r, 0), 2*k.r+1)] }

// scatter adds kernels to a surface. Its buffers are reused.
type scatter struct {
	w      *Window
	kx, ky kernel
}

func (s *scatter) set(sx, sy float64) {
	s.kx.set(sx, s.w.DX, s.w.NX)
	s.ky.set(sy, s.w.DY, s.w.NY)
}

// mass is the kernel's share inside the window, at a pixel.
func (s *scatter) mass(px, py int) float64 {
	w, e := s.w, 0.0
	for r := max(py-s.ky.r, 0); r <= min(py+s.ky.r, w.NY-1); r++ {
		in := 0.0
		for _, u := range w.runs[w.row[r]:w.row[r+1]] {
			in += s.kx.below(u.to-px) - s.kx.below(u.from-px)
		}
		e += in * s.ky.g[max(r-py, py-r)]
	}
	return e
}

// add adds weight times the kernel at a pixel to a map.
func (s *scatter) add(v []float64, px, py int, weight float64) {
	w := s.w
	for r := max(py-s.ky.r, 0); r <= min(py+s.ky.r, w.NY-1); r++ {
		h := weight * s.ky.g[max(r-py, py-r)]
		for _, u := range w.runs[w.row[r]:w.row[r+1]] {
			from, to := max(u.from, px-s.kx.r), min(u.to, px+s.kx.r+1)
			if from >= to {
				continue
			}
			dst := v[u.cell+from-u.from : u.cell+to-u.from]
			// Left of the middle distances fall, right of it they rise.
			mid := min(max(px-from, 0), len(dst))
			left := s.kx.g[max(px-from-mid+1, 0):]
			for i := range mid {
				dst[i] += h * left[mid-1-i]
			}
			right := s.kx.g[max(from-px, 0):]
			for i := range dst[mid:] {
				dst[mid+i] += h * right[i]
			}
		}
	}
}

// scott is sd n^(-1/6) in both directions (Scott 1992); a single place has a
// bandwidth of one pixel.
func scott(w *Window, events []Event) (sx, sy float64) {
	n := float64(len(events))
	mx, my := 0.0, 0.0
	for _, e := range events {
		mx += e.X / n
		my += e.Y / n
	}
	for _, e := range events {
		sx += (e.X - mx) * (e.X - mx)
		sy += (e.Y - my) * (e.Y - my)
	}
	f := math.Pow(n, -1./6)
	sx, sy = f*math.Sqrt(sx/max(n-1, 1)), f*math.Sqrt(sy/max(n-1, 1))
	if sx <= 0 {
		sx = w.DX
	}
	if sy <= 0 {
		sy = w.DY
	}
	return sx, sy
}

// Density is the map of a kernel density of events: Gaussian with Scott's
// bandwidths, or sigma km where it is not 0, divided cell by cell by the
// kernel's mass in the window, and scaled to integrate to 1. Days do not
// matter; events outside the window are left out. Without events the map is
// uniform. floor, between 0 and 1, mixes that share of a uniform map in, so that
// no place is impossible.
func Density(w *Window, events []Event, sigma, floor float64) []float64 {
	in := make([]Event, 0, len(events))
	for _, e := range events {
		e.Day = 0
		in = append(in, e)
	}
	in, _ = w.admit(in, 1)
	v := make([]float64, len(w.cells))
	even := 1 / (w.Area() * float64(len(v)))
	if len(in) == 0 {
		for i := range v {
			v[i] = even
		}
		return v
	}
	sx, sy := sigma, sigma
	if sigma == 0 {
		sx, sy = scott(w, in)
	}
	density(w, in, sx, sy, v)
	for i := range v {
		v[i] = (1-floor)*v[i] + floor*even
	}
	return v
}

// density fills v with the uniformly corrected kernel density of events that
// are in the window.
func density(w *Window, in []Event, sx, sy float64, v []float64) {
	s := scatter{w: w}
	s.set(sx, sy)
	counts := make([]float64, w.NX*w.NY)
	for _, e := range in {
		counts[w.pixel(e.X, e.Y)]++
	}
	for i, n := range counts {
		if n > 0 {
			s.add(v, i%w.NX, i/w.NX, n)
		}
	}
	total := 0.0
	for i, p := range w.cells {
		v[i] /= s.mass(int(p)%w.NX, int(p)/w.NX)
		total += v[i]
	}
	total *= w.Area()
	for i := range v {
		v[i] /= total
	}
}

// bandwidths are Abramson's for sorted events: h0 min((f/g)^(-1/2), trim), f the
// pilot density at the event and g its geometric mean.
func bandwidths(w *Window, events []Event, sigma float64) []float64 {
	sx, sy := scott(w, events)
	h0 := sigma
	if h0 == 0 {
		h0 = (sx + sy) / 2
	}
	fine := w.on(pilot, pilot)
	f := make([]float64, len(fine.cells))
	density(fine, events, sx, sy, f)
	least := math.Inf(1)
	for _, v := range f {
		if v > 0 {
			least = min(least, v)
		}
	}
	h := make([]float64, len(events))
	mean := 0.0
	for i, e := range events {
		h[i] = max(f[fine.Cell(e.X, e.Y)], least)
		mean += math.Log(h[i]) / float64(len(h))
	}
	g := math.Exp(mean)
	for i, v := range h {
		h[i] = h0 * min(math.Sqrt(g/v), trim)
	}
	return h
}

// smooth makes the surfaces of sorted events.
func smooth(w *Window, events []Event, days int, o Smoothing) *Surfaces {
	out := &Surfaces{Days: days, Cells: len(w.cells), V: make([]float64, days*len(w.cells))}
	s := scatter{w: w}
	var h []float64
	switch {
	case o.Adaptive:
		h = bandwidths(w, events, o.Sigma)
	case o.Sigma > 0:
		s.set(o.Sigma, o.Sigma)
	default:
		s.set(scott(w, events))
	}
	var sorted, cut []float64
	for i := 0; i < len(events); {
		j := i
		for j < len(events) && events[j].Day == events[i].Day {
			j++
		}
		today := events[i:j]
		if o.Adaptive && o.Classes {
			sorted = append(sorted[:0], h[i:j]...)
			cut = classes(h[i:j], sorted, cut)
		}
		v := out.Day(today[0].Day)
		last := math.NaN()
		for k, e := range today {
			if h != nil && h[i+k] != last {
				last = h[i+k]
				s.set(last, last)
			}
			px, py := w.clampX(e.X), w.clampY(e.Y)
			if m := s.mass(px, py); m > 0 {
				s.add(v, px, py, 1/(m*w.Area()))
			}
		}
		i = j
	}
	return out
}

// classes replaces the bandwidths of a day by the middle quantile of their
// class, the classes being the intervals between equally spaced quantiles. It
// uses sorted, a copy, and cut, and returns cut. Events at one place fall on the
// edges of classes, where the last bit decides, so the arithmetic is spatstat's.
func classes(h, sorted, cut []float64) []float64 {
	slices.Sort(sorted)
	n := max(1, int(math.Sqrt(float64(len(h)))))
	by := 1 / float64(n)
	quantile := func(p float64) float64 {
		at := 1 + float64(len(sorted)-1)*p
		k := int(at)
		if k >= len(sorted) || sorted[k] == sorted[k-1] {
			return sorted[k-1]
		}
		f := at - float64(k)
		return (1-f)*sorted[k-1] + f*sorted[k]
	}
	cut = cut[:0]
	for k := range n {
		cut = append(cut, quantile(float64(k)*by))
	}
	for i, v := range h {
		k := 0
		for k < n-1 && v >= cut[k+1] {
			k++
		}
		h[i] = quantile((float64(k)*by + min(float64(k+1)*by, 1)) / 2)
	}
	return cut
}

// History is a covariate of the propensity: log(1 + the smoothed number of
// events within 100 km2 in the back days before each day). Days before the
// first have none, so the first days of a record look quieter than they were.
func History(name string, w *Window, events []Event, days, back int, o Smoothing) Covariate {
	in, _ := w.admit(events, days)
	field := make([][]float64, days)
	var v *Surfaces
	if len(in) > 0 {
		v = smooth(w, in, days, o)
	}
	for t := range field {
		field[t] = make([]float64, len(w.cells))
		for u := max(0, t-back); u < t && v != nil; u++ {
			for i, x := range v.Day(u) {
				field[t][i] += x
			}
		}
		for i, x := range field[t] {
			field[t][i] = math.Log1p(100 * x)
		}
	}
	return Covariate{Name: name, Field: field}
}
