package stochint

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Covariate is a variable of the propensity. Exactly one of Map, Day and Field
// is set: a value a cell, a value a day, or both. Maps and days cost next to
// nothing, since the intensity is then a product; a field costs its size.
type Covariate struct {
	Name  string
	Map   []float64
	Day   []float64
	Field [][]float64 // by day, then cell
}

// Propensity is the estimated law of operations: a Poisson process on cells with
// log lambda_t(s) = b_0 + sum_k b_k x_kt(s), in operations per km2 and day.
type Propensity struct {
	Coef       []float64 // b_0, then one a covariate
	SE         []float64 // from the information, as if operations were independent
	Spread     []float64 // standard deviation of each covariate over cells and days
	LogDensity []float64 // sum_{s in W_t} log lambda_t(s) - int lambda_t, by day
	Expected   []float64 // int lambda_t, by day
	LogLik     float64

	x []Covariate
}

var errPropensity = errors.New("stochint: the propensity has no finite or no unique estimate")

// design sorts the covariates: cell variables (the constant, maps, fields) come
// before day variables.
type design struct {
	w       *Window
	treated [][]int32
	cov     []Covariate
	offset  []float64 // by cell; nil: 0
	weight  []float64 // by day; nil: 1
	cell    []int     // covariate of each cell variable but the constant
	day     []int     // covariate of each day variable
	fields  bool
	mid     []float64 // mean and sd of each covariate
	sd      []float64
	p, q    int       // parameters; of them cell variables with the constant
	z       []float64 // cell variables of one day: one after the other, all cells of each
	base    []float64 // exponent without the day's part, a cell
	mass    []float64 // scratch: expected operations a cell, and these times a variable
	part    []float64
	s       []float64 // moments of one day: q, then q x q
	zt      []float64 // q of one operation
}

// fit maximises
//
//	sum_t v_t [ sum_{s in W_t} log lambda_t(s) - sum_s area exp(o(s) + b_0 + sum_k b_k x_kt(s)) ]
//
// by Newton steps with halving; v_t weighs days and o is an offset by cell. With
// maps and days alone the integral is a sum over cells times a sum over days.
// Covariates are centred and scaled inside, so Coef does not depend on their
// units but for rounding.
func fit(w *Window, treated [][]int32, cov []Covariate, offset, weight []float64) (*Propensity, error) {
	d := &design{w: w, treated: treated, cov: cov, offset: offset, weight: weight}
	d.arrange()
	b, h, ll, err := d.maximise()
	if err != nil {
		return nil, err
	}
	out := &Propensity{x: cov, Spread: d.sd, LogLik: ll, LogDensity: make([]float64, len(treated)), Expected: make([]float64, len(treated))}
	for t := range treated {
		d.moments(b, t)
		f := math.Exp(d.daily(b, t))
		out.Expected[t] = f * d.s[0]
		out.LogDensity[t] = d.logs(b, t) - out.Expected[t]
	}
	// From centred and scaled covariates back to their own units.
	order := append(append([]int(nil), d.cell...), d.day...)
	out.Coef, out.SE = make([]float64, d.p), make([]float64, d.p)
	var inv mat.SymDense
	if err := h.InverseTo(&inv); err != nil {
		return nil, errPropensity
	}
	back := make([]float64, d.p) // of the constant, by parameter
	out.Coef[0], back[0] = b[0], 1
	for j, k := range order {
		out.Coef[k+1] = b[j+1] / d.sd[k]
		out.SE[k+1] = math.Sqrt(inv.At(j+1, j+1)) / d.sd[k]
		out.Coef[0] -= b[j+1] * d.mid[k] / d.sd[k]
		back[j+1] = -d.mid[k] / d.sd[k]
	}
	v := mat.NewVecDense(d.p, back)
	out.SE[0] = math.Sqrt(mat.Inner(v, &inv, v))
	return out, nil
}

func (d *design) arrange() {
	n := len(d.w.cells)
	d.mid, d.sd = make([]float64, len(d.cov)), make([]float64, len(d.cov))
	for k, c := range d.cov {
		rows := c.Field
		switch {
		case c.Map != nil:
			rows = [][]float64{c.Map}
		case c.Day != nil:
			rows = [][]float64{c.Day}
		}
		sum, count := 0.0, 0.0
		for _, r := range rows {
			for _, x := range r {
				sum += x
			}
			count += float64(len(r))
		}
		mean, sq := sum/count, 0.0
		for _, r := range rows {
			for _, x := range r {
				sq += (x - mean) * (x - mean)
			}
		}
		d.mid[k], d.sd[k] = mean, math.Sqrt(sq/count)
		if c.Day != nil {
			d.day = append(d.day, k)
			continue
		}
		d.cell = append(d.cell, k)
		d.fields = d.fields || c.Field != nil
	}
	d.q = 1 + len(d.cell)
	d.p = d.q + len(d.day)
	d.z = make([]float64, n*d.q)
	d.base, d.mass, d.part = make([]float64, n), make([]float64, n), make([]float64, n)
	d.s = make([]float64, d.q+d.q*d.q)
	d.zt = make([]float64, d.q)
	d.load(0)
}

// load fills z with the cell variables of day t.
func (d *design) load(t int) {
	for j, k := range d.cell {
		x, mid, scale := d.cov[k].Map, d.mid[k], 1/d.sd[k]
		if f := d.cov[k].Field; f != nil {
			x = f[t]
		} else if t > 0 {
			continue
		}
		z := d.column(j + 1)
		for i, v := range x {
			z[i] = (v - mid) * scale
		}
	}
	if t == 0 {
		for i := range d.base {
			d.z[i] = 1
		}
	}
}

// column is a cell variable.
func (d *design) column(j int) []float64 { return d.z[j*len(d.base) : (j+1)*len(d.base)] }

// moments fills s with sum_s a e^eta z and sum_s a e^eta z z' of day t without
// the day's own part. Without fields they are the same every day.
func (d *design) moments(b []float64, t int) {
	if t > 0 && !d.fields {
		return
	}
	if d.fields {
		d.load(t)
	}
	q, area := d.q, d.w.Area()
	if clear(d.base); d.offset != nil {
		copy(d.base, d.offset)
	}
	for j := range q {
		floats.AddScaled(d.base, b[j], d.column(j))
	}
	for i, eta := range d.base {
		d.mass[i] = area * math.Exp(eta)
	}
	for j := range q {
		floats.MulTo(d.part, d.mass, d.column(j))
		d.s[j] = floats.Sum(d.part)
		for l := range j + 1 {
			d.s[q+j*q+l] = floats.Dot(d.part, d.column(l))
		}
	}
}

// daily is the day's own part of the exponent.
func (d *design) daily(b []float64, t int) float64 {
	e := 0.0
	for j, k := range d.day {
		e += b[d.q+j] * (d.cov[k].Day[t] - d.mid[k]) / d.sd[k]
	}
	return e
}

// logs is sum_{s in W_t} log lambda_t(s), after moments of that day.
func (d *design) logs(b []float64, t int) float64 {
	own, sum := d.daily(b, t), 0.0
	for _, c := range d.treated[t] {
		sum += d.base[c] + own
	}
	return sum
}

// evaluate returns the log likelihood and fills gradient and information.
func (d *design) evaluate(b, g []float64, h *mat.SymDense) float64 {
	q, ll := d.q, 0.0
	clear(g)
	h.Zero()
	dz := make([]float64, len(d.day))
	for t, cells := range d.treated {
		v := 1.0
		if d.weight != nil {
			v = d.weight[t]
		}
		if v == 0 && d.fields {
			continue
		}
		d.moments(b, t)
		f := v * math.Exp(d.daily(b, t))
		ll += v*d.logs(b, t) - f*d.s[0]
		n := float64(len(cells))
		for j, k := range d.day {
			dz[j] = (d.cov[k].Day[t] - d.mid[k]) / d.sd[k]
		}
		for _, c := range cells {
			for j := range q {
				g[j] += v * d.column(j)[c]
			}
		}
		for j := range q {
			g[j] -= f * d.s[j]
			for l := range j + 1 {
				h.SetSym(j, l, h.At(j, l)+f*d.s[q+j*q+l])
			}
		}
		for j, x := range dz {
			g[q+j] += x * (v*n - f*d.s[0])
			for l := range q {
				h.SetSym(q+j, l, h.At(q+j, l)+f*x*d.s[l])
			}
			for l := range j + 1 {
				h.SetSym(q+j, q+l, h.At(q+j, q+l)+f*x*dz[l]*d.s[0])
			}
		}
	}
	return ll
}

func (d *design) maximise() (b []float64, h *mat.Cholesky, ll float64, err error) {
	for _, s := range d.sd {
		if !(s > 0) || math.IsInf(s, 0) { // a constant, or not a number
			return nil, nil, 0, errPropensity
		}
	}
	total, days, sum := 0.0, 0.0, 0.0
	for t, c := range d.treated {
		v := 1.0
		if d.weight != nil {
			v = d.weight[t]
		}
		total += v * float64(len(c))
		days += v
	}
	for i := range d.base {
		if d.offset == nil {
			sum++
		} else {
			sum += math.Exp(d.offset[i])
		}
	}
	if !(total > 0) {
		return nil, nil, 0, errPropensity
	}
	b = make([]float64, d.p)
	b[0] = math.Log(total / (days * d.w.Area() * sum))
	g, try := make([]float64, d.p), make([]float64, d.p)
	info, h := mat.NewSymDense(d.p, nil), &mat.Cholesky{}
	var step mat.VecDense
	ll = d.evaluate(b, g, info)
	for range 60 {
		if !h.Factorize(info) || h.Cond() > 1e12 {
			return nil, nil, 0, errPropensity
		}
		grad := mat.NewVecDense(d.p, g)
		if err := h.SolveVecTo(&step, grad); err != nil {
			return nil, nil, 0, errPropensity
		}
		if gain := mat.Dot(&step, grad); gain < 1e-10*max(1, total) {
			for j := range b { // the last step leaves an error of the square of what it moves
				b[j] += step.AtVec(j)
			}
			return b, h, ll + gain/2, nil
		}
		share, next := 1.0, math.NaN()
		for range 30 {
			for j := range try {
				try[j] = b[j] + share*step.AtVec(j)
			}
			if next = d.evaluate(try, g, info); next >= ll-1e-9*math.Abs(ll) {
				break
			}
			share /= 2
		}
		if math.IsNaN(next) || math.IsInf(next, 0) {
			return nil, nil, 0, errPropensity
		}
		copy(b, try)
		ll = next
	}
	return nil, nil, 0, errPropensity
}

// intensity fills dst with lambda_t by cell.
func (p *Propensity) intensity(dst []float64, t int) {
	for i := range dst {
		dst[i] = p.Coef[0]
	}
	for k, c := range p.x {
		b := p.Coef[k+1]
		switch {
		case c.Map != nil:
			for i, x := range c.Map {
				dst[i] += b * x
			}
		case c.Day != nil:
			for i := range dst {
				dst[i] += b * c.Day[t]
			}
		default:
			for i, x := range c.Field[t] {
				dst[i] += b * x
			}
		}
	}
	for i, x := range dst {
		dst[i] = math.Exp(x)
	}
}

// mean is the mean map of the intensity over days, scaled to integrate to 1.
func (p *Propensity) mean(w *Window) []float64 {
	out, one := make([]float64, len(w.cells)), make([]float64, len(w.cells))
	total := 0.0
	for t := range p.Expected {
		p.intensity(one, t)
		for i, x := range one {
			out[i] += x
		}
	}
	for _, x := range out {
		total += x * w.Area()
	}
	for i := range out {
		out[i] /= total
	}
	return out
}
