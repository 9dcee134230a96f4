// Package assess runs a study: it reads what the study names, arranges it,
// asks every method and collects the answers as a report.
//
// The package thinks of a run as a plan of numbered, independent tasks, one
// for each campaign and each total. A task sees only the grid and its own
// design, draws its random numbers from its own stream, and writes to its own
// place in the report; so the report does not depend on how many workers there
// are or in which order they finish. It computes nothing itself: the arithmetic
// is in the methods, the words are chosen by the verdict.
package assess

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"athar"
	"athar/panel"
	"athar/study"
	"athar/verdict"
)

// Schema names the layout of findings.json.
const Schema = "athar-findings/1"

// Options of a run.
type Options struct {
	Version string
	// Parts is a folder for the results of the tasks of the multiverse: those
	// that are there already are not computed again. "": no multiverse is run.
	Parts string
	// Progress, if set, is told after each step how many of the steps are
	// done. It may be called from several goroutines, one call at a time.
	Progress func(done, of int, what string)
}

// Result is a report and the tables that go beside it.
type Result struct {
	Report  *athar.Report
	Panels  []CampaignPanel
	Rejects []athar.Reject

	in   *inputs // what the material of a bundle is made from
	unit panel.Unit
	file string // base name of the study file
}

// CampaignPanel is the panel that a campaign's methods saw.
type CampaignPanel struct {
	Campaign string
	Panel    *athar.Panel
}

// Run assesses the study in the given file.
func Run(ctx context.Context, file string, o Options) (*Result, error) {
	s, err := study.Parse(file)
	if err != nil {
		return nil, err
	}
	return run(ctx, s, file, o)
}

func run(ctx context.Context, s *study.Study, file string, o Options) (*Result, error) {
	in, g, unit, err := prepare(ctx, s)
	if err != nil {
		return nil, err
	}
	r := &athar.Report{Schema: Schema, Study: info(s, unit), Data: in.info, Coverage: in.span, Unplaced: byReason(g.Unplaced), Map: in.mapInfo(g),
		Campaigns: make([]athar.CampaignReport, len(s.Campaigns)), Totals: make([]athar.TotalReport, len(s.Totals)),
		Claims: []athar.ClaimResult{}, Manifest: manifest(s, in, file, o)}
	sites, err := in.sites(g)
	if err != nil {
		return nil, err
	}
	draws, err := in.impute(ctx, unit)
	if err != nil {
		return nil, err
	}
	unknown, err := in.bound(unit)
	if err != nil {
		return nil, err
	}
	if err := in.weighted(unit); err != nil {
		return nil, err
	}
	in.distances()
	res := &Result{Report: r, Panels: make([]CampaignPanel, len(sites)), Rejects: in.rejects, in: in, unit: unit, file: filepath.Base(file)}
	design := design(s)

	curves := make([][]athar.Multiverse, len(sites))
	if o.Parts != "" {
		p, err := in.plan(ctx, file, g, unit, sites, o)
		if err != nil {
			return nil, err
		}
		if _, err := p.Work(ctx, o.Parts, p.All(), o.Progress); err != nil {
			return nil, err
		}
		if curves, err = p.join(o.Parts); err != nil {
			return nil, err
		}
	}

	var stretches []stretch
	r.SpaceTime, stretches = in.spaceTime()
	if r.HotSpots, err = in.hotSpots(g); err != nil {
		return nil, err
	}
	n := len(sites) + len(s.Totals)
	err = parallel(ctx, n+len(stretches), o.Progress, func(i int) string {
		if i >= n {
			r.SpaceTime.Operations.Stretches[i-n] = in.askOperations(stretches[i-n])
			return "operations"
		}
		if i < len(sites) {
			v := g.ForCampaign(sites[i], others(sites, i), design)
			r.Campaigns[i] = campaign(s, i, in, g, v, draws, unknown, curves[i])
			res.Panels[i] = CampaignPanel{s.Campaigns[i].ID, v.Panel}
			return s.Campaigns[i].ID
		}
		k := i - len(sites)
		r.Totals[k] = total(s, k, in, g, design)
		return s.Totals[k].ID
	})
	if in.harm != nil {
		r.Harm = &in.harm.info
	}
	if err != nil {
		return nil, err
	}
	hotSpotRoles(r.HotSpots, r.Campaigns)
	verdict.Family(r.Campaigns)
	r.Pooled = together(s, in, g, sites, design)
	r.Claims = claims(s, r)
	r.Outlook = outlooks(s, in)
	r.Methods = methodsRun(r)
	return res, nil
}

// prepare reads all that a study names, and arranges the counts.
func prepare(ctx context.Context, s *study.Study) (*inputs, *panel.Grid, panel.Unit, error) {
	in, err := load(ctx, s)
	if err != nil {
		return nil, nil, "", err
	}
	g, unit, err := in.grid()
	return in, g, unit, err
}

// parallel runs n tasks on as many workers as there are processors and stops
// early when ctx ends. A task that panics makes the run panic.
func parallel(ctx context.Context, n int, progress func(int, int, string), task func(int) string) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	var failure any
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() {
				if p := recover(); p != nil {
					mu.Lock()
					failure = p
					mu.Unlock()
				}
			}()
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n || ctx.Err() != nil {
					return
				}
				what := task(i)
				mu.Lock()
				done++
				if progress != nil {
					progress(done, n, what)
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if failure != nil {
		panic(failure)
	}
	return ctx.Err()
}

// others are all sites but one.
func others(sites []panel.Site, i int) []panel.Site { return slices.Concat(sites[:i:i], sites[i+1:]) }

func design(s *study.Study) panel.Design {
	c := s.Choices
	return panel.Design{PreMonths: c.PreMonths, PostMonths: c.PostMonths, WashIn: c.WashIn, Rings: c.Rings, MinRing: 30,
		FarCountry: c.Far == "country", Overlap: panel.Overlap(c.Overlap), Ramadan: ramadan}
}

func info(s *study.Study, unit panel.Unit) athar.StudyInfo {
	c := s.Choices
	i := athar.StudyInfo{ID: s.ID, Title: s.Title, Group: s.Group.Name, Outcome: s.Outcome, Unit: string(unit), Limits: s.Limits}
	for _, d := range s.Data {
		i.Limits = append(i.Limits, d.Caveats...)
	}
	if i.Limits == nil {
		i.Limits = []athar.Names{}
	}
	add := func(name string, v any) {
		i.Choices = append(i.Choices, athar.Choice{Name: name, Value: fmt.Sprint(v)})
	}
	add("period", c.Period)
	add("pre_months", c.PreMonths)
	add("post_months", c.PostMonths)
	add("wash_in", c.WashIn)
	rings := make([]string, len(c.Rings))
	for i, km := range c.Rings {
		rings[i] = athar.Num(km).String()
	}
	add("rings", strings.Join(rings, ", "))
	add("far", c.Far)
	add("overlap", c.Overlap)
	add("smallest_effect", c.SmallestEffect)
	add("seed", c.Seed)
	add("draws", c.Draws)
	add("imputations", c.Imputations)
	if h := c.Harm; h.Given() {
		add("harm", harmChoice(h))
	}
	for _, e := range c.Calendar {
		add("calendar", fmt.Sprintf("%s: %s to %s", e.Name.En, e.When.First, e.When.Last))
	}
	return i
}

// byReason lists counts by reason.
func byReason(n map[string]int) []athar.ReasonCount {
	out := []athar.ReasonCount{}
	for _, reason := range sortedKeys(n) {
		out = append(out, athar.ReasonCount{Reason: reason, N: n[reason]})
	}
	return out
}

// methodsRun counts the effects of every method, and its refusals.
func methodsRun(r *athar.Report) []athar.MethodInfo {
	n := map[string]*athar.MethodInfo{}
	count := func(list []athar.Effect) {
		for _, e := range list {
			m := n[e.Method]
			if m == nil {
				m = &athar.MethodInfo{Method: e.Method}
				n[e.Method] = m
			}
			m.Runs++
			if e.Refusal != nil {
				m.Refuse++
			}
		}
	}
	for _, c := range r.Campaigns {
		count(c.Effects)
	}
	for _, t := range r.Totals {
		count(t.Effects)
	}
	if r.Pooled != nil {
		count(r.Pooled.Effects)
	}
	for _, m := range spaceTimeMethods(r) {
		n[m.Method] = &m
	}
	out := []athar.MethodInfo{}
	for _, m := range n {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b athar.MethodInfo) int {
		if a.Method < b.Method {
			return -1
		}
		return 1
	})
	return out
}

func nums(x []float64) []athar.Num {
	out := make([]athar.Num, len(x))
	for i, v := range x {
		out[i] = athar.Num(v)
	}
	return out
}

func nulls(n int) []athar.Num {
	out := make([]athar.Num, n)
	for i := range out {
		out[i] = athar.Num(math.NaN())
	}
	return out
}
