package spatial

import (
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

// town is a world of days: towns on a square of 60 km, a background scattered around
// them, and followers.
type town struct {
	rate        float64    // background a day
	alpha       [2]float64 // before, after
	cut         float64    // of the background after, 1: none
	season      float64    // e^season up and down
	period      float64    // in so many days
	days        [2]int     // before, after
	km, memory  float64    // of followers, mean
	local       float64    // e^local up and down in each town by itself, in 45 days
	heavy       bool       // reach as a power law with shape 3
	even, noise bool       // background even; days vary beyond chance
	scale       float64    // of towns, km
}

var frame = [][][2]float64{{{0, 0}, {60, 0}, {60, 60}, {0, 60}}}

func (w town) draw(seed uint64, rep int) Daily {
	r := stat.Stream(seed, "spatial/town", rep)
	const lead = 120 // days before those that are watched, for the history to settle
	total := lead + w.days[0] + w.days[1]
	start := athar.Day(lead + w.days[0])
	var d Daily
	d.Border = edges(frame)
	d.Before, d.After = athar.Span{First: lead, Last: start - 1}, athar.Span{First: start, Last: athar.Day(total - 1)}
	d.Covered = []athar.Span{{First: lead - HorizonDays, Last: athar.Day(total - 1)}}
	d.Seed, d.Task = seed, "town"
	add := func(t int, x, y float64) {
		if t < total && x > 0 && y > 0 && x < 60 && y < 60 {
			d.Day, d.X, d.Y = append(d.Day, athar.Day(t)), append(d.X, x), append(d.Y, y)
		}
	}
	var towns [6][2]float64
	for k := range towns {
		towns[k] = [2]float64{5 + 50*r.Float64(), 5 + 50*r.Float64()}
	}
	for t := range total {
		rate := w.rate * math.Exp(w.season*math.Sin(2*math.Pi*float64(t)/w.period))
		if athar.Day(t) >= start {
			rate *= w.cut
		}
		if w.noise {
			rate *= distuv.Gamma{Alpha: 3, Beta: 3, Src: r}.Rand()
		}
		for range int(distuv.Poisson{Lambda: rate, Src: r}.Rand()) {
			k := min(5, int(12*r.Float64()*r.Float64()))
			if w.local > 0 && r.Float64() > math.Exp(w.local*(math.Sin(2*math.Pi*float64(t)/45+float64(k))-1)) {
				continue
			}
			c := towns[k]
			x, y := c[0]+w.scale*r.NormFloat64(), c[1]+w.scale*r.NormFloat64()
			if w.even || r.Float64() < .2 {
				x, y = 60*r.Float64(), 60*r.Float64()
			}
			add(t, x, y)
		}
	}
	for i := 0; i < len(d.Day); i++ {
		s := 0
		if d.Day[i] >= start {
			s = 1
		}
		for range int(distuv.Poisson{Lambda: w.alpha[s], Src: r}.Rand()) {
			lag, far := HorizonDays+1, math.Inf(1)
			for lag > HorizonDays {
				lag = 1 + int(w.memory*r.ExpFloat64())
			}
			for far > ReachKm {
				if w.heavy { // density of r (1 + r/km)^-3: 1 - (1+2z)/(1+z)^2, by its inverse
					u := math.Sqrt(r.Float64())
					far = w.km * u / (1 - u)
				} else {
					far = w.km * math.Sqrt(2*r.ExpFloat64())
				}
			}
			sin, cos := math.Sincos(2 * math.Pi * r.Float64())
			add(int(d.Day[i])+lag, d.X[i]+far*cos, d.Y[i]+far*sin)
		}
	}
	return d
}

func TestDailyWorlds(t *testing.T) {
	n := 2
	if k, err := strconv.Atoi(os.Getenv("ATHAR_REPS")); err == nil && k > 0 {
		n = k
	}
	base := town{rate: 2, alpha: [2]float64{.4, .4}, cut: 1, days: [2]int{365, 180}, km: 1, memory: 5, scale: 3, period: 365}
	worlds := []struct {
		name string
		f    func(*town)
	}{
		{"nothing changes", func(*town) {}},
		{"no followers", func(w *town) { w.alpha = [2]float64{} }},
		{"half the background", func(w *town) { w.cut = .5 }},
		{"half the followers", func(w *town) { w.alpha[1] = .2 }},
		{"power law", func(w *town) { w.heavy, w.km = true, .5 }},
		{"days vary", func(w *town) { w.noise = true }},
		{"season", func(w *town) { w.season = .5 }},
		{"waves left out", func(w *town) { w.season, w.period = .7, 45 }},
		{"waves by town, no followers", func(w *town) { w.local, w.rate, w.alpha = 1, 4, [2]float64{} }},
	}
	for _, x := range worlds {
		t.Run(x.name, func(t *testing.T) {
			w := base
			x.f(&w)
			var good, hold, found, aHold, kernels float64
			refused := map[string]int{}
			var ln, sq float64
			var a [2]float64
			for rep := range n {
				r := Compare(w.draw(7, rep))
				if r.Refusal != nil {
					refused[r.Refusal.Reason.Code]++
					continue
				}
				good++
				l := math.Log(float64(r.Ratio))
				ln += l
				sq += l * l
				truth := w.alpha[1] / w.alpha[0]
				if float64(r.RatioLow) <= truth && truth <= float64(r.RatioHigh) {
					hold++
				}
				if r.RatioP < .05 {
					found++
				}
				if float64(r.Before.Low) <= w.alpha[0] && w.alpha[0] <= float64(r.Before.High) {
					aHold++
				}
				if r.Kernel == "power-law" {
					kernels++
				}
				a[0] += float64(r.Before.Alpha)
				a[1] += float64(r.After.Alpha)
			}
			m := ln / good
			t.Logf("%v of %d; ln ratio %.3f (%.3f) sd %.3f, holds %.3f, p<.05 %.3f; alpha %.3f %.3f, before holds %.3f; power law %.2f; refused %v", good, n, m, math.Log(w.alpha[1]/w.alpha[0]),
				math.Sqrt(max(0, sq/good-m*m)), hold/good, found/good, a[0]/good, a[1]/good, aHold/good, kernels/good, refused)
			switch {
			case w.local > 0: // they pass for followers, as is said
				if good > 0 && a[0]/good < .04 {
					t.Errorf("%v followers an event where towns have waves", a[0]/good)
				}
			case w.alpha[0] == 0:
				if a[0]/max(1, good) > .15 {
					t.Errorf("%v followers an event", a[0]/good)
				}
			case good < float64(n):
				t.Errorf("refused %v", refused)
			case math.Abs(m-math.Log(w.alpha[1]/w.alpha[0])) > .05+.8/math.Sqrt(good):
				t.Errorf("ln of the ratio %v on average", m)
			case a[0]/good < .36 || a[0]/good > .52: // an upper bound, and not far above
				t.Errorf("%v followers an event before", a[0]/good)
			case n >= 50 && hold/good < .9:
				t.Errorf("the ratio's interval holds in %v", hold/good)
			case (kernels/good > .5) != w.heavy:
				t.Errorf("a power law in %v", kernels/good)
			}
		})
	}
}

// The gradient by days is that of the likelihood, with either kernel and without followers.
func TestDailyGradient(t *testing.T) {
	d := town{rate: 1.6, alpha: [2]float64{.4, .3}, cut: 1, days: [2]int{150, 100}, km: 1, memory: 5, scale: 3, period: 365}.draw(5, 0)
	r := &athar.Followers{}
	m := newDaily(d, r)
	if r.Refusal != nil || m.chart() != nil {
		t.Fatal(r.Refusal)
	}
	rest := []float64{-1, -.3, -.2, .1, -1.2, .3, -.2}
	m.ready(Step, true)
	sameGradient(t, &m.hill, rest[:m.p])
	m.ready(Decay, false)
	sameGradient(t, &m.hill, append(slices.Clone(rest[:m.p]), -1, -.4, -.5, -1.3))
	m.ready(Power, false)
	sameGradient(t, &m.hill, append(slices.Clone(rest[:m.p]), -1, -.4, -.5, .8, -1.3))
	// What is expected of days, and scores by weeks, add up to the whole.
	m.weeks = make([][]float64, m.last/block+1)
	for w := range m.weeks {
		m.weeks[w] = make([]float64, m.dim)
	}
	m.height(append(slices.Clone(rest[:m.p]), -1, -.4, -.5, .8, -1.3), false)
	for j, want := range m.grad {
		sum := 0.0
		for _, s := range m.weeks {
			sum += s[j]
		}
		if math.Abs(sum-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("scores of weeks add up to %v, the gradient is %v", sum, want)
		}
	}
}

// Rows in another order, and the map's pieces in another, say the same; an event outside
// the map or before its history says nothing.
func TestDailyOrder(t *testing.T) {
	w := town{rate: 2.2, alpha: [2]float64{.4, .4}, cut: 1, days: [2]int{120, 90}, km: 1, memory: 5, scale: 3, period: 365}
	d := w.draw(5, 1)
	first := *Compare(d)
	if first.Refusal != nil {
		t.Fatal(first.Refusal)
	}
	e := d
	e.Day, e.X, e.Y, e.Border = append(slices.Clone(d.Day), d.Before.First+40, d.Before.First-HorizonDays-1), append(slices.Clone(d.X), -1, 30), append(slices.Clone(d.Y), 30, 30), slices.Clone(d.Border)
	slices.Reverse(e.Day)
	slices.Reverse(e.X)
	slices.Reverse(e.Y)
	if got := *Compare(e); !reflect.DeepEqual(got, first) {
		t.Errorf("another order:\n%+v\n%+v", got, first)
	}
}

// A chart is a density of places at other times: it integrates to 1 over the map.
func TestChart(t *testing.T) {
	w := town{rate: 3, cut: 1, days: [2]int{300, 200}, even: true, period: 365}
	d := w.draw(6, 0)
	r := &athar.Followers{}
	m := newDaily(d, r)
	if err := m.chart(); r.Refusal != nil || err != nil {
		t.Fatal(r.Refusal, err)
	}
	// Over an even map the mean of 1/u at events is its area.
	sum, n := 0.0, 0.0
	for i, t := range m.day {
		if m.asked[t] {
			sum += 1 / m.u[i]
			n++
		}
	}
	if math.Abs(sum/n/m.area-1) > .1 {
		t.Errorf("the mean of 1/u is %v, the area %v", sum/n, m.area)
	}
}

func TestDailyRefuses(t *testing.T) {
	w := town{rate: 2.2, alpha: [2]float64{.4, .4}, cut: 1, days: [2]int{120, 90}, km: 1, memory: 5, scale: 3, period: 365}
	for _, c := range []struct {
		code string
		f    func(*Daily)
	}{
		{"nearby-no-polygons", func(d *Daily) { d.Border = nil }},
		{"nearby-few-events", func(d *Daily) { d.Day, d.X, d.Y = d.Day[:90], d.X[:90], d.Y[:90] }},
		{"nearby-few-days", func(d *Daily) { d.After.Last = d.After.First + 50 }},
		{"nearby-few-days", func(d *Daily) { d.Covered[0].First = d.Before.First + 40 }}, // a month of history goes
		{"nearby-same-places", func(d *Daily) {
			for i := range d.X {
				d.X[i], d.Y[i] = math.Round(d.X[i]/20)*20+.5, math.Round(d.Y[i]/20)*20+.5
			}
		}},
	} {
		d := w.draw(5, 2)
		c.f(&d)
		if r := Compare(d); r.Refusal == nil || r.Refusal.Reason.Code != c.code {
			t.Errorf("%s: %+v", c.code, r.Refusal)
		}
	}
}

// The likelihood by its definition, pair by pair, with the kernel's rings by Simpson's rule.
func TestDailyByDefinition(t *testing.T) {
	d := town{rate: 1.6, alpha: [2]float64{.4, .3}, cut: 1, days: [2]int{100, 80}, km: 1, memory: 5, scale: 3, period: 365}.draw(5, 3)
	r := &athar.Followers{}
	m := newDaily(d, r)
	if r.Refusal != nil || m.chart() != nil {
		t.Fatal(r.Refusal)
	}
	m.ready(Power, false)
	beta := []float64{-.2, .3, .1, -.4}[:m.p]
	p := append(slices.Clone(beta), math.Log(.5), math.Log(.6), math.Log(.7), math.Log(2.2), math.Log(.2))
	alpha := [2]float64{.5, .3}
	k := spread{of: Power, sigma: .7, shape: 2.2}
	mass := func(from, to float64) (v float64) { // of the plane between two distances
		const n = 200
		for i := range n + 1 {
			x := from + (to-from)*float64(i)/n
			w := 2 + 2*float64(i%2)
			if i == 0 || i == n {
				w = 1
			}
			f, _ := k.at(x * x)
			v += w * 2 * math.Pi * x * f
		}
		return v * (to - from) / n / 3
	}
	all := mass(0, .5) + mass(.5, 5)
	g := func(lag int) float64 {
		sum := 0.0
		for q := 1; q <= 30; q++ {
			sum += math.Exp(-.2 * float64(q))
		}
		return math.Exp(-.2*float64(lag)) / sum
	}
	side := func(i int) int {
		if m.day[i] >= int(d.After.First-d.Before.First)+HorizonDays {
			return 1
		}
		return 0
	}
	want := 0.0
	for day, asked := range m.asked {
		if !asked {
			continue
		}
		mu := math.Exp(dot(m.regress[day], beta))
		want -= mu
		for j, from := range m.day {
			if lag := day - from; lag >= 1 && lag <= 30 {
				seen, _ := m.seen(j, k)
				want -= alpha[side(j)] * g(lag) * seen / all
			}
		}
		for i, at := range m.day {
			if at != day {
				continue
			}
			lambda := mu * m.u[i]
			for j, from := range m.day {
				km := math.Hypot(m.x[i]-m.x[j], m.y[i]-m.y[j])
				if lag := day - from; lag >= 1 && lag <= 30 && km <= 5 {
					low := math.Floor(km*10) / 10
					lambda += alpha[side(j)] * g(lag) * mass(low, low+.1) / all / (math.Pi * ((low+.1)*(low+.1) - low*low))
				}
			}
			want += math.Log(lambda)
		}
	}
	if got := m.height(p, false); math.Abs(got-want) > 1e-6*math.Abs(want) {
		t.Errorf("log-likelihood %v, by its definition %v", got, want)
	}
}
