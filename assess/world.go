package assess

import (
	"context"

	"athar"
	"athar/panel"
	"athar/place"
	"athar/study"
	"athar/verdict"
)

// Trial is one campaign and the counts around it without any file: a world
// whose truth is known, for instance.
type Trial struct {
	Grid     *panel.Grid
	Site     panel.Site
	Others   []panel.Site // other campaigns of the same grid
	Design   panel.Design
	Smallest float64 // effect of interest, above 1; default 1.25
	Seed     uint64
	Draws    int // of simultaneous intervals; default 2,000
	// Between is the distance in km between the edges of two areas of the grid;
	// nil: unknown.
	Between func(i, j int) float64

	// Events stand in place of Grid and Between in a trial of single events: they are
	// located in the polygons of Set, counted by week or month as a study would, drawn
	// Imputations times where their places are coarse, and asked with their days.
	Events      []athar.Event
	Covered     athar.Span // days
	Period      panel.Unit
	Set         *place.Set
	Imputations int
}

// Judgement is what a study would say about a trial.
type Judgement struct {
	Findings []athar.Finding
	Guards   []athar.Guard
	// Effects are all answers, SpaceTime what single events say: nil in a trial of counts
	// and unless all was asked.
	Effects   []athar.Effect
	SpaceTime *athar.CampaignSpaceTime
}

// Judge asks the methods about a trial and puts their answers into words, by
// the same steps as a study: the headline with its donut fits, campaigns that did
// not happen, the methods that vote, the guards, the grammar. Unknown actors and the
// multiverse need a study file and take no part, coarse places and the space-time scan
// only in a trial of events.
//
// What can only take a direction away is asked where there is one, and what is only
// shown beside the words is not asked: the words and the guards that fire are those of
// a study, and worlds cost a fraction. Guards that rest on what was not asked
// are blind or quiet.
func Judge(t Trial) (Judgement, error) { return judge(t, false) }

// JudgeAll asks everything, also what is only shown.
func JudgeAll(t Trial) (Judgement, error) { return judge(t, true) }

func judge(t Trial, all bool) (Judgement, error) {
	if t.Smallest == 0 {
		t.Smallest = 1.25
	}
	if t.Draws == 0 {
		t.Draws = 2000
	}
	if t.Design.Ramadan == nil {
		t.Design.Ramadan = ramadan
	}
	c := study.Campaign{ID: t.Site.ID, Start: t.Site.Start, End: t.Site.End}
	s := &study.Study{Campaigns: []study.Campaign{c}}
	for _, o := range t.Others {
		s.Campaigns = append(s.Campaigns, study.Campaign{ID: o.ID, Name: athar.Names{En: o.ID}, Start: o.Start, End: o.End})
	}
	in := noInputs(s)
	in.between = t.Between
	draws := &imputed{}
	if t.Events != nil {
		var err error
		if draws, err = in.trial(&t); err != nil {
			return Judgement{}, err
		}
	}
	v := t.Grid.ForCampaign(t.Site, t.Others, t.Design)
	a := answers{seed: t.Seed, draws: t.Draws, smallest: t.Smallest, campaign: c.ID, wordsOnly: !all}
	a.spillover(v)
	a.imputed(v, draws)
	inside, any := a.directions()
	if any || all {
		a.near(s, 0, in, t.Grid, v)
	}
	switch {
	case inside || a.noControl || all:
		a.challenge(v, in.between)
	case any: // the others do not speak of rings
		a.series(v)
		a.wdd(v)
	}
	a.beside(s, 0, in, t.Grid, v)
	var j Judgement
	switch {
	case t.Events == nil:
	case all:
		j.SpaceTime = a.singleEvents(s, 0, in, v)
	case inside:
		if x := in.scanInput(c.ID, in.pattern(s, v)); x != nil {
			a.coincidence = x.coincidence(nil)
		}
	}
	j.Findings, j.Guards = a.findings(s, c, in, v)
	j.Effects = a.effects
	return j, nil
}

// trial reads the events of a trial as those of a study's file, and gives the trial its
// grid.
func (in *inputs) trial(t *Trial) (*imputed, error) {
	d := t.Design
	in.study.Choices = study.Choices{Period: string(t.Period), PreMonths: d.PreMonths, PostMonths: d.PostMonths, WashIn: d.WashIn, Rings: d.Rings, Overlap: string(d.Overlap),
		SmallestEffect: t.Smallest, Seed: t.Seed, Draws: t.Draws, Imputations: t.Imputations}
	in.study.Data = []study.Data{{Name: "events", File: "events"}}
	in.set, in.areas, in.isEvents = t.Set, t.Set.Areas, []bool{true}
	in.span, in.coverage = t.Covered, []athar.Span{t.Covered}
	for i, x := range append([]panel.Site{t.Site}, t.Others...) {
		for _, k := range x.Footprint {
			f := &in.study.Campaigns[i].Footprint
			f.Codes = append(f.Codes, in.areas[k].Code)
		}
	}
	names := study.Finder(in.areas)
	find := func(name string, _ int) string { code, _ := names(name); return code }
	left := map[string]int{} // by reason, which nobody asks for
	for _, e := range t.Events {
		in.take(0, e, find, left)
	}
	in.points.sort()
	g, unit, err := in.grid()
	if err != nil {
		return nil, err
	}
	t.Grid = g
	in.distances()
	return in.impute(context.Background(), unit)
}

// directions reports whether the headline has a direction inside, and whether it
// has one anywhere.
func (a *answers) directions() (inside, any bool) {
	for _, e := range a.headline {
		low, high := e.Low, e.High
		if e.Question == athar.AskRing && e.AdjHigh > 0 {
			low, high = e.AdjLow, e.AdjHigh
		}
		if e.Refusal == nil && verdict.Directional(verdict.Word(float64(low), float64(high), a.smallest)) {
			any = true
			inside = inside || e.Question == athar.AskInside
		}
	}
	return inside, any
}
