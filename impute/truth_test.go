package impute_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/effect/pool"
	"athar/effect/spillover"
	"athar/impute"
	"athar/stat"
)

// squares is a map of side x side square areas of .4 degrees at the equator,
// about 44 km wide, in provinces of 3 x 3.
type squares struct{}

const (
	side   = 12
	width  = .4
	months = 24
	before = 16
)

func code(x, y int) string { return fmt.Sprintf("%02d%02d", x, y) }

func xy(code string) (x, y int) {
	x, _ = strconv.Atoi(code[:2])
	y, _ = strconv.Atoi(code[2:])
	return
}

func (squares) Locate(lon, lat float64) (string, bool) {
	x, y := int(math.Floor(lon/width)), int(math.Floor(lat/width))
	return code(x, y), x >= 0 && y >= 0 && x < side && y < side
}

func (squares) Province(c string) string { x, y := xy(c); return code(x/3, y/3) }

func (squares) Members(p string) (out []string) {
	x, y := xy(p)
	for i := range 3 {
		for j := range 3 {
			out = append(out, code(3*x+i, 3*y+j))
		}
	}
	return
}

func (squares) Country(string) string { return "X" }

// role: ten areas inside, the areas that touch them in ring 1, all others far.
func role(x, y int) athar.Role {
	in := func(x, y int) bool { return x >= 4 && x <= 8 && y >= 5 && y <= 6 }
	if in(x, y) {
		return athar.Inside
	}
	for i := -1; i <= 1; i++ {
		for j := -1; j <= 1; j++ {
			if in(x+i, y+j) {
				return 1
			}
		}
	}
	return athar.Far
}

// record is how a source places events: a share near up to 25 km off, a share
// coarse at the centroid of the province, which rises to during inside once the
// campaign has begun.
type record struct{ near, coarse, during float64 }

// world draws a world with the rate ratio rr inside, as it was and as a source
// recorded it (world S13 of METHODS.md F1).
func world(r *rand.Rand, rr float64, w record) (truth, recorded []athar.Event) {
	for x := range side {
		for y := range side {
			level := 3 * math.Exp(.6*math.Sin(float64(7*x+3*y)))
			for t := range months {
				mu, coarse := level, w.coarse
				if role(x, y) == athar.Inside && t >= before {
					mu, coarse = mu*rr, w.during
				}
				for range int(distuv.Poisson{Lambda: mu, Src: r}.Rand()) {
					d := athar.Date(2019, time.Month(1+t), 1) + athar.Day(r.IntN(28))
					e := athar.Event{ID: strconv.Itoa(len(truth)), When: athar.Span{First: d, Last: d}, HasPoint: true, Place: athar.PlaceExact, Class: "c",
						Lon: (float64(x) + r.Float64()) * width, Lat: (float64(y) + r.Float64()) * width}
					truth = append(truth, e)
					switch u := r.Float64(); {
					case u < w.near:
						s, a := 25/111.195*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
						e.Place, e.Lon, e.Lat = athar.PlaceNear, min(max(e.Lon+s*math.Cos(a), 0), side*width-1e-9), min(max(e.Lat+s*math.Sin(a), 0), side*width-1e-9)
					case u < w.near+coarse:
						e.Place, e.Lon, e.Lat = athar.PlaceProvince, (float64(x/3*3)+1.5)*width, (float64(y/3*3)+1.5)*width
					}
					recorded = append(recorded, e)
				}
			}
		}
	}
	return
}

// fit counts the placed events and asks the headline model.
func fit(placed []impute.Placed) []athar.Effect {
	p := &athar.Panel{Count: make([]float64, side*side*months), Use: make([]bool, side*side*months)}
	for x := range side {
		for y := range side {
			p.Areas = append(p.Areas, athar.PanelArea{Code: code(x, y), Role: role(x, y)})
		}
	}
	for t := range months {
		q := athar.Period{Days: 28, Phase: athar.Pre}
		q.First, q.Last = athar.Date(2019, time.Month(1+t), 1), athar.Date(2019, time.Month(2+t), 0)
		if t >= before {
			q.Phase = athar.During
		}
		p.Periods = append(p.Periods, q)
	}
	for k := range p.Use {
		p.Use[k] = true
	}
	for _, e := range placed {
		if e.Area != "" {
			x, y := xy(e.Area)
			at := e.Day.Time()
			p.Count[(x*side+y)*months+12*(at.Year()-2019)+int(at.Month())-1]++
		}
	}
	return spillover.Estimate(p, spillover.Options{Draws: -1}).Effects
}

// published places events by their recorded point, those of provinces nowhere.
func published(events []athar.Event) (out []impute.Placed) {
	for _, e := range events {
		if e.Place > athar.PlaceDistrict {
			continue
		}
		c, _ := squares{}.Locate(e.Lon, e.Lat)
		out = append(out, impute.Placed{Area: c, Day: e.When.First})
	}
	return
}

// tally averages what one way of analysis says about the change inside.
type tally struct {
	log, se, fmi, covered, n float64
}

func (s *tally) see(list []athar.Effect, truth float64) {
	e := list[0]
	s.n++
	s.log += math.Log(float64(e.RR))
	s.se += float64(e.SE)
	if float64(e.Low) <= truth && truth <= float64(e.High) {
		s.covered++
	}
	if e.FMI != nil {
		s.fmi += float64(*e.FMI)
	}
}

func (s tally) rr() float64 { return math.Exp(s.log / s.n) }

// analyse asks about reps worlds in three ways: with every event in its place,
// with the events that the source places at least to a district, and pooled over
// draws.
func analyse(t *testing.T, rr float64, w record, reps, draws int) (exact, complete, pooled tally) {
	t.Helper()
	for k := range reps {
		truth, recorded := world(stat.Stream(1, "S13", k), rr, w)
		exact.see(fit(published(truth)), rr)
		complete.see(fit(published(recorded)), rr)
		x := impute.New(recorded, squares{})
		pooled.see(pool.Run(draws, func(d int) []athar.Effect { return fit(x.Draw(uint64(k), d)) }), rr)
	}
	for i, s := range []tally{exact, complete, pooled} {
		t.Logf("%-8s RR %.3f, SE %.3f, covers %.3f, FMI %.3f", []string{"exact", "complete", "pooled"}[i], s.rr(), s.se/s.n, s.covered/s.n, s.fmi/s.n)
	}
	return
}

// World S13: places that are off by chance pull the estimate towards 1. Pooling
// does not undo that (its draws are blind to the campaign, so it pulls further);
// its interval is wider than the one with every event in place and holds the
// truth.
func TestLocationNoise(t *testing.T) {
	const rr = .6
	exact, complete, pooled := analyse(t, rr, record{.3, .15, .15}, 12, 5)
	if math.Abs(exact.rr()-rr) > .05 {
		t.Errorf("with every event in place RR is %.3f, planted %v", exact.rr(), rr)
	}
	if !(exact.rr() < complete.rr() && complete.rr() < pooled.rr() && pooled.rr() < .8) {
		t.Errorf("RR %.3f exact, %.3f complete, %.3f pooled: not in the order of their attenuation", exact.rr(), complete.rr(), pooled.rr())
	}
	if pooled.covered < pooled.n-1 || pooled.se <= exact.se {
		t.Errorf("the pooled interval holds the truth in %v of %v worlds, SE %.3f against %.3f", pooled.covered, pooled.n, pooled.se/pooled.n, exact.se/exact.n)
	}
	if f := pooled.fmi / pooled.n; f < .05 || f > .5 {
		t.Errorf("FMI %.3f for events of which near half are imprecise", f)
	}
}

// Where places become coarser as the campaign begins, leaving the coarse events
// out makes a decline of nothing; drawing them takes a good part of it back.
func TestCoarserDuringCampaign(t *testing.T) {
	exact, complete, pooled := analyse(t, 1, record{0, .1, .5}, 12, 5)
	if math.Abs(exact.rr()-1) > .07 || complete.rr() > .65 {
		t.Errorf("RR %.3f exact, %.3f complete: not the world that was meant", exact.rr(), complete.rr())
	}
	if gain := math.Log(pooled.rr()/complete.rr()) / -math.Log(complete.rr()); gain < .2 {
		t.Errorf("RR %.3f pooled against %.3f complete: %.2f of the false decline taken back", pooled.rr(), complete.rr(), gain)
	}
}
