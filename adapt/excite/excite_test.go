package excite

import (
	"cmp"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

// reps is how many worlds a simulation draws: few, or ATHAR_REPS.
func reps(few int) int {
	if n, err := strconv.Atoi(os.Getenv("ATHAR_REPS")); err == nil && n > 0 {
		return n
	}
	return few
}

// world is a record of provinces that follow themselves and each other.
type world struct {
	name       string
	provinces  int        // near, and as many far
	rate       float64    // events a province and day that follow none
	own, cross [2]float64 // followers of an event in its province and in all others, before and after, near
	fall       float64    // of what follows none, near, afterwards
	keep       float64    // of all events near afterwards, at random
	wave       [2]float64 // sd of a log intensity of weeks that provinces near share
	lag        float64
	days       [2]int
	theta      float64
}

func (w world) pattern(seed uint64, rep int) *athar.Pattern {
	r := stat.Stream(seed, "excite/world/"+w.name, rep)
	start := athar.Date(2020, 1, 6)
	p := &athar.Pattern{Grain: 1, Control: true, Before: athar.Span{First: start - athar.Day(w.days[0]), Last: start - 1},
		After: athar.Span{First: start, Last: start + athar.Day(w.days[1]) - 1}, Start: athar.Span{First: start, Last: start}}
	for i := range 2 * w.provinces {
		a := athar.PatternArea{Province: i}
		if i >= w.provinces {
			a.Role = athar.Far
		}
		p.Areas = append(p.Areas, a)
	}
	const burn = 60
	n := burn + w.days[0] + w.days[1]
	q := math.Exp(-1 / w.lag)
	for group := range 2 {
		drive, last := make([]float64, w.provinces), make([]float64, w.provinces)
		shared := 1.0
		for t := range n {
			side := 0
			if t >= burn+w.days[0] && group == 0 {
				side = 1
			}
			if t%7 == 0 {
				sd := w.wave[side]
				shared = math.Exp(sd*r.NormFloat64() - sd*sd/2)
			}
			total := 0.0
			for i := range drive {
				drive[i] = q*drive[i] + (1-q)*last[i]
				total += drive[i]
			}
			for i := range drive {
				mu := w.rate * shared
				if side == 1 {
					mu *= w.fall
				}
				mean := mu + w.own[side]*drive[i] + w.cross[side]/float64(w.provinces-1)*(total-drive[i])
				y := stat.NegBin(r, mean, 1+mean/w.theta)
				last[i] = y
				if t < burn {
					continue
				}
				if side == 1 && w.keep < 1 && y > 0 {
					y = distuv.Binomial{N: y, P: w.keep, Src: r}.Rand()
				}
				if y > 0 {
					d := p.Before.First + athar.Day(t-burn)
					p.Records = append(p.Records, athar.Record{Area: group*w.provinces + i, When: athar.Span{First: d, Last: d}, N: int(y)})
				}
			}
		}
	}
	slices.SortFunc(p.Records, func(a, b athar.Record) int {
		return cmp.Or(cmp.Compare(a.When.First, b.When.First), cmp.Compare(a.Area, b.Area))
	})
	return p
}

func worlds() []world {
	same := world{name: "none", provinces: 4, rate: .4, own: [2]float64{.35, .35}, cross: [2]float64{.25, .25}, fall: 1, keep: 1, lag: 4, days: [2]int{730, 364}, theta: 8}
	fewer := same
	fewer.name, fewer.fall = "S11: 40% fewer start", .6
	thinned := same
	thinned.name, thinned.keep = "S11: 40% of all gone", .6
	busy := fewer
	busy.name, busy.rate, busy.days = "S11: 40% fewer, three times as many events", 1.2, [2]int{400, 400}
	wave := fewer
	wave.name, wave.wave, wave.own, wave.cross = "S11: 40% fewer, no followers, shared weeks", [2]float64{.5, .5}, [2]float64{}, [2]float64{}
	wave.rate = 1
	burst := fewer
	burst.name, burst.theta = "S11: 40% fewer, days of bursts (theta 1)", 1
	both := fewer
	both.name, both.wave = "S11: 40% fewer, followers and shared weeks", [2]float64{.4, .4}
	many := fewer
	many.name, many.provinces = "S11: 40% fewer, eight provinces", 8
	gone := wave
	gone.name, gone.fall, gone.wave[1] = "shared weeks go, nobody ever follows", 1, 0
	apart := same
	apart.name, apart.own[1], apart.cross[1] = "S10: each on its own", .6, 0
	apartFewer := apart
	apartFewer.name, apartFewer.fall = "S10: each on its own, 40% fewer", .6
	apartBusy := apart
	apartBusy.name, apartBusy.rate, apartBusy.days = "S10: each on its own, three times as many", 1.2, [2]int{400, 400}
	half := apart
	half.name, half.own[1], half.cross[1] = "S10: half of it", .475, .125
	joined := apart
	joined.name, joined.own, joined.cross = "S10 turned: they begin to follow each other", [2]float64{.6, .35}, [2]float64{0, .25}
	return []world{same, fewer, thinned, busy, wave, burst, both, many, gone, apart, apartFewer, apartBusy, half, joined}
}

func TestWorlds(t *testing.T) {
	list := worlds()
	if testing.Short() {
		list = list[:1]
	}
	for _, w := range list {
		var p05, supports, opposes, refused, before, after, flat float64
		n := reps(2)
		why := map[string]int{}
		times := 199
		for rep := range n {
			ind := indicator(w.pattern(41, rep), uint64(rep), times)
			switch {
			case ind.Refusal != nil:
				refused++
				why[ind.Refusal.Reason.Code]++
				continue
			case math.IsNaN(float64(ind.P)):
				flat++
			case ind.P <= .05:
				p05++
				if ind.Reading == athar.Supports {
					supports++
				} else {
					opposes++
				}
			}
			before += float64(ind.Before)
			after += float64(ind.After)
		}
		m := float64(n) - refused
		t.Logf("%s: p<=.05 %.3f (supports %.3f, opposes %.3f), flat %.3f, refused %.3f; followers elsewhere %.3f then %.3f %v", w.name, p05/float64(n), supports/float64(n), opposes/float64(n), flat/float64(n), refused/float64(n), before/m, after/m, why)
		null := w.own[0] == w.own[1] && w.wave[0] == w.wave[1]
		if p := p05 / float64(n); null && p > .05+3*math.Sqrt(.05*.95/float64(n))+.02 {
			t.Errorf("%s: found in %v", w.name, p)
		}
		if strings.HasPrefix(w.name, "S10: each") && n >= 100 && !(after < before-.1*m) {
			t.Errorf("%s: followers elsewhere went from %v to %v", w.name, before/m, after/m)
		}
	}
}

// Neither the order of records nor what lies outside the two sides shows.
func TestOrder(t *testing.T) {
	p := worlds()[0].pattern(42, 0)
	one := indicator(p, 7, 49)
	q := *p
	q.Records = slices.Clone(p.Records)
	slices.Reverse(q.Records)
	q.Records = append(q.Records, athar.Record{Area: 0, When: athar.Span{First: p.Before.First - 9, Last: p.Before.First - 9}, N: 50})
	if two := indicator(&q, 7, 49); one.Change != two.Change || one.P != two.P || one.Low != two.Low || one.Refusal != nil {
		t.Errorf("%+v\n%+v", one, two)
	}
	codes := func(x athar.Indicator) (out []string) {
		for _, n := range x.Warnings {
			out = append(out, n.Code)
		}
		return out
	}
	if got := codes(one); !slices.Equal(got, []string{"excite-modules", "excite-range"}) {
		t.Errorf("notes %v", got)
	}
	// What is near and far may change places: the contrast turns its sign.
	turned := *p
	turned.Areas = slices.Clone(p.Areas)
	for i := range turned.Areas {
		turned.Areas[i].Role = athar.Far - turned.Areas[i].Role
	}
	if back := indicator(&turned, 7, 49); math.Abs(float64(back.Change+one.Change)) > .2 {
		t.Errorf("near and far exchanged: %v and %v", one.Change, back.Change)
	}
}

// It refuses with a reason.
func TestRefusals(t *testing.T) {
	base := worlds()[0]
	base.days = [2]int{200, 200}
	base.rate = 1.5
	for _, c := range []struct {
		name string
		p    func() *athar.Pattern
		want string
	}{
		{"coarse", func() *athar.Pattern { p := base.pattern(43, 0); p.Grain = 7; return p }, "excite-coarse"},
		{"one province", func() *athar.Pattern {
			p := base.pattern(43, 0)
			for i := range p.Areas {
				p.Areas[i].Province = 0
			}
			return p
		}, "excite-few-nodes"},
		{"few events", func() *athar.Pattern { p := base.pattern(43, 0); p.Records = p.Records[:100]; return p }, "excite-few-nodes"},
		{"short", func() *athar.Pattern { p := base.pattern(43, 0); p.After.Last = p.After.First + 30; return p }, "contrast-few-blocks"},
		{"none after", func() *athar.Pattern { p := base.pattern(43, 0); p.After.Last = p.After.First - 1; return p }, "contrast-few-blocks"},
		{"undated", func() *athar.Pattern {
			p := base.pattern(43, 0)
			for i := range p.Records {
				if i%2 == 0 {
					p.Records[i].When.Last++
				}
			}
			return p
		}, "excite-undated"},
		{"empty", func() *athar.Pattern { p := base.pattern(43, 0); p.Records = nil; return p }, "excite-few-nodes"},
	} {
		x := indicator(c.p(), 1, 19)
		if x.Refusal == nil || x.Refusal.Reason.Code != c.want || x.Reading != athar.Refused {
			t.Errorf("%s: %+v", c.name, x.Refusal)
		}
	}
	// Without far provinces it is the change near alone, and says so.
	p := base.pattern(43, 0)
	for i := range p.Areas {
		if p.Areas[i].Role == athar.Far {
			p.Areas[i].Role = athar.LeftOut
		}
	}
	if x := indicator(p, 1, 49); x.Refusal != nil || x.FarN != 0 || !math.IsNaN(float64(x.FarBefore)) || !slices.ContainsFunc(x.Warnings, func(n athar.Note) bool { return n.Code == "excite-no-far" }) {
		t.Errorf("without far provinces: %+v", x)
	}
}

// What blocks contribute to the error adds up to nothing on either side, and the
// contrast turns its sign with the sides.
func TestContrast(t *testing.T) {
	var ind athar.Indicator
	m := &study{p: worlds()[0].pattern(44, 0), seed: 1}
	if m.arrange(&ind) != nil || m.pool() != nil {
		t.Fatal("refused")
	}
	for k, g := range m.groups {
		m.gather(k, g)
	}
	if m.change(&ind, 19); ind.Refusal != nil {
		t.Fatal(ind.Refusal)
	}
	var in [2][]int
	for b := range m.u {
		s := 0
		if b >= m.count[0] {
			s = 1
		}
		in[s] = append(in[s], b)
	}
	one, se, _ := m.contrast(in)
	largest := 0.0
	for s, blocks := range in {
		sum := 0.0
		for _, b := range blocks {
			sum += m.u[b]
			largest = max(largest, math.Abs(m.u[b]))
		}
		if math.Abs(sum) > 1e-9 {
			t.Errorf("side %d: blocks add up to %v", s, sum)
		}
	}
	if largest == 0 || !(se > largest/2) {
		t.Errorf("error %v beside a block of %v", se, largest)
	}
	two, same, _ := m.contrast([2][]int{in[1], in[0]})
	if math.Abs(one+two) > 1e-12 || math.Abs(se-same) > 1e-12 {
		t.Errorf("%v (%v) and turned %v (%v)", one, se, two, same)
	}
}
