package validate

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"athar"
	"athar/assess"
	"athar/effect/hawkes"
	"athar/panel"
	"athar/sim"
	"athar/verdict"
)

// Trial turns a replicate of a world into what a study would see of it: counts
// by area and month on a map, and campaigns with dates.
func Trial(w sim.World, replicate int) (assess.Trial, sim.Truth, error) {
	places, err := w.Map()
	if err != nil {
		return assess.Trial{}, nil, err
	}
	p, truth := w.Panel(seed, replicate)
	t := setting(w, places, replicate)
	if t.Grid, err = panel.NewGrid(w.Areas(places), panel.Month, []athar.Span{t.Covered}); err != nil {
		return t, nil, err
	}
	for i, a := range p.Areas {
		for m, q := range p.Periods {
			t.Grid.Add(a.Code, q.Span, int(p.Count[p.At(i, m)]))
		}
	}
	return t, truth, nil
}

// setting is the trial of a replicate without its counts or events.
func setting(w sim.World, places []sim.Place, replicate int) assess.Trial {
	periods := w.Periods()
	last := len(periods) - 1
	km := make([][]float64, len(places))
	for i := range km {
		km[i] = make([]float64, len(places))
		for j := range km[i] {
			km[i][j] = places[i].Km(places[j])
		}
	}
	var sites []panel.Site
	for _, c := range w.Campaigns() {
		s := panel.Site{ID: c.ID, Footprint: c.Areas, Km: make([]float64, len(places))}
		day := periods[c.From].First
		s.Start = athar.Span{First: day, Last: day}
		day = periods[min(c.To-1, last)].Last
		s.End = athar.Span{First: day, Last: day}
		for i := range s.Km {
			s.Km[i] = math.Inf(1)
			for _, j := range c.Areas {
				s.Km[i] = min(s.Km[i], km[i][j])
			}
		}
		sites = append(sites, s)
	}
	return assess.Trial{Site: sites[0], Others: sites[1:], Seed: uint64(replicate), Draws: 500,
		Design:  panel.Design{PreMonths: 24, PostMonths: 6, Rings: sim.RingKm, MinRing: 30},
		Between: func(i, j int) float64 { return km[i][j] }, Covered: athar.Span{First: periods[0].First, Last: periods[last].Last}}
}

// Verdicts counts what many replicates of a world were called, and how the
// intervals of the headline did.
type Verdicts struct {
	N int
	// Words counts headline words by question and phase.
	Words map[sim.Key]map[athar.Verdict]int
	// Silent counts directions where no guard fired at all, Bare those to which none
	// but few-events is attached: what a reader sees without any doubt beside it.
	// Reported counts directions with none but these and reporting, and Fired
	// the guards among all replicates.
	Silent, Bare, Reported map[sim.Key]int
	Fired                  map[string]int
	// Reject and Cover are of the headline's intervals, as published: widened
	// where counts are small. Asked counts those that have one.
	Reject, Cover, Asked map[sim.Key]int
	Truth                sim.Truth
	// LnMDE sums ln of the smallest detectable fall, inside, and LnRise that of the rise in
	// ring 1, during the campaign.
	LnMDE, LnRise float64
	// Contradicted counts DISPLACEMENT that the space-time scan took away, by phase.
	Contradicted map[athar.Phase]int
	Beside       Beside
}

// Beside counts, in the replicates of a world of single events of which everything was
// asked, what is shown beside the words: Scans those in which the scan had a p value,
// ScanP and RankP those in which the one of dealt dates and the one among campaigns that
// did not happen are at most .05, Ranked those that have the second; Repeats those in which
// near repeats inside could be compared, Fewer and More those in which they changed; and the
// self-exciting answers inside, by phase.
type Beside struct {
	N                           int
	Scans, ScanP, Ranked, RankP int
	Repeats, Fewer, More        int
	Asked, Reject, Cover        map[athar.Phase]int
	LnRatio                     map[athar.Phase]float64
}

// MDE is the geometric mean of the smallest detectable fall inside, during the
// campaign, and Rise that of the rise in ring 1.
func (v *Verdicts) MDE() float64  { return math.Exp(v.LnMDE / float64(v.N)) }
func (v *Verdicts) Rise() float64 { return math.Exp(v.LnRise / float64(v.N)) }

func noVerdicts() Verdicts {
	return Verdicts{Words: map[sim.Key]map[athar.Verdict]int{}, Silent: map[sim.Key]int{}, Bare: map[sim.Key]int{}, Reported: map[sim.Key]int{}, Fired: map[string]int{},
		Reject: map[sim.Key]int{}, Cover: map[sim.Key]int{}, Asked: map[sim.Key]int{},
		Contradicted: map[athar.Phase]int{}, Beside: Beside{Asked: map[athar.Phase]int{}, Reject: map[athar.Phase]int{}, Cover: map[athar.Phase]int{}, LnRatio: map[athar.Phase]float64{}}}
}

// add adds the counts of other replicates of the same world.
func (v *Verdicts) add(x Verdicts) {
	v.N += x.N
	v.Truth = x.Truth
	for k, words := range x.Words {
		if v.Words[k] == nil {
			v.Words[k] = map[athar.Verdict]int{}
		}
		for word, n := range words {
			v.Words[k][word] += n
		}
	}
	for _, m := range [][2]map[sim.Key]int{{v.Silent, x.Silent}, {v.Bare, x.Bare}, {v.Reported, x.Reported}, {v.Reject, x.Reject}, {v.Cover, x.Cover}, {v.Asked, x.Asked}} {
		for k, n := range m[1] {
			m[0][k] += n
		}
	}
	for code, n := range x.Fired {
		v.Fired[code] += n
	}
	v.LnMDE += x.LnMDE
	v.LnRise += x.LnRise
	for ph, n := range x.Contradicted {
		v.Contradicted[ph] += n
	}
	b, y := &v.Beside, &x.Beside
	for _, p := range [][2]*int{{&b.N, &y.N}, {&b.Scans, &y.Scans}, {&b.ScanP, &y.ScanP}, {&b.Ranked, &y.Ranked}, {&b.RankP, &y.RankP},
		{&b.Repeats, &y.Repeats}, {&b.Fewer, &y.Fewer}, {&b.More, &y.More}} {
		*p[0] += *p[1]
	}
	for _, m := range [][2]map[athar.Phase]int{{b.Asked, y.Asked}, {b.Reject, y.Reject}, {b.Cover, y.Cover}} {
		for ph, n := range m[1] {
			m[0][ph] += n
		}
	}
	for ph, x := range y.LnRatio {
		b.LnRatio[ph] += x
	}
}

// Judged judges reps replicates of a world. The result does not depend on the number
// of workers.
func Judged(w sim.World, reps, workers int) (Verdicts, error) {
	v := noVerdicts()
	for from := 0; from < reps; from += blockSize {
		b, err := judgedFrom(World{World: w}, from, min(from+blockSize, reps), workers)
		if err != nil {
			return v, err
		}
		v.add(b)
	}
	return v, nil
}

// judgedFrom judges the replicates from, ..., to-1.
func judgedFrom(w World, from, to, workers int) (Verdicts, error) {
	v := noVerdicts()
	v.N = to - from
	draw := func(k int) (assess.Trial, sim.Truth, error) { return Trial(w.World, k) }
	if w.Beside > 0 {
		set, err := polygons(w.World)
		if err != nil {
			return v, err
		}
		draw = func(k int) (assess.Trial, sim.Truth, error) { return EventTrial(w.World, set, k) }
	}
	_, truth, err := draw(from)
	if err != nil {
		return v, err
	}
	v.Truth = truth
	all := make([]assess.Judgement, v.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= v.N {
					return
				}
				t, _, _ := draw(from + k) // as the first, which had no error
				if w.Beside > 0 && (from+k)%w.Beside == 0 {
					all[k], _ = assess.JudgeAll(t) // nothing is read, so nothing can fail
				} else {
					all[k], _ = assess.Judge(t)
				}
			}
		})
	}
	wg.Wait()
	for _, j := range all {
		v.count(j)
		v.Beside.count(j, w.World)
	}
	return v, nil
}

func (v *Verdicts) count(j assess.Judgement) {
	quiet := true
	for _, g := range j.Guards {
		if g.Status == athar.Fired {
			v.Fired[g.Code]++
			quiet = false
		}
	}
	for _, f := range j.Findings {
		k := sim.Key{Question: f.Question, Ring: f.Ring, Phase: f.Phase}
		if v.Words[k] == nil {
			v.Words[k] = map[athar.Verdict]int{}
		}
		v.Words[k][f.Verdict]++
		if f.Question == athar.AskMovement && slices.ContainsFunc(f.Because, func(n athar.Note) bool { return n.Code == "movement-scan-contradicts" }) {
			v.Contradicted[f.Phase]++
		}
		if verdict.Directional(f.Verdict) {
			if quiet {
				v.Silent[k]++
			}
			weighty, reporting := 0, slices.Contains(f.Guards, "reporting")
			for _, code := range f.Guards {
				if code != "few-events" && code != "reporting" {
					weighty++
				}
			}
			if weighty == 0 {
				v.Reported[k]++
				if !reporting {
					v.Bare[k]++
				}
			}
		}
		e := f.Headline
		if e == nil || e.Refusal != nil {
			continue
		}
		v.Asked[k]++
		if e.High < 1 || e.Low > 1 {
			v.Reject[k]++
		}
		if x := v.Truth[k]; float64(e.Low) <= x && x <= float64(e.High) {
			v.Cover[k]++
		}
		if k.Phase == athar.During {
			switch {
			case k.Question == athar.AskInside:
				v.LnMDE += math.Log(float64(e.MDELow))
			case k.Question == athar.AskRing && k.Ring == 1:
				v.LnRise += math.Log(float64(e.MDEHigh))
			}
		}
	}
}

func (b *Beside) count(j assess.Judgement, w sim.World) {
	if j.SpaceTime == nil {
		return
	}
	b.N++
	hit := func(n *int, p athar.Num) {
		if p <= .05 {
			*n++
		}
	}
	if c := j.SpaceTime.Scan; c != nil && c.Coincident.Refusal == nil {
		b.Scans++
		hit(&b.ScanP, c.Coincident.P)
		if !math.IsNaN(float64(c.Coincident.PPlacebo)) {
			b.Ranked++
			hit(&b.RankP, c.Coincident.PPlacebo)
		}
	}
	for _, n := range j.SpaceTime.NearRepeats {
		if n.Around || n.Refusal != nil || math.IsNaN(float64(n.ExtraLow)) {
			continue
		}
		b.Repeats++
		switch {
		case n.Change > 0:
			b.More++
		case n.Change < 0:
			b.Fewer++
		}
	}
	for i, ph := range []athar.Phase{athar.During, athar.Post} {
		for _, e := range j.Effects {
			if e.Method != hawkes.Method || e.Spec != hawkes.Background || e.Question != athar.AskInside || e.Phase != ph || e.Refusal != nil {
				continue
			}
			// What starts by itself falls to the world's ratio at once, whatever follows.
			truth := cmp.Or(w.InsideRR[i], 1)
			b.Asked[ph]++
			b.LnRatio[ph] += math.Log(float64(e.RR))
			if e.High < 1 || e.Low > 1 {
				b.Reject[ph]++
			}
			if float64(e.Low) <= truth && truth <= float64(e.High) {
				b.Cover[ph]++
			}
		}
	}
}
