package assess

import (
	"athar"
	"athar/panel"
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
}

// Judgement is what a study would say about a trial.
type Judgement struct {
	Findings []athar.Finding
	Guards   []athar.Guard
}

// Judge asks the methods about a trial and puts their answers into words, by
// the same steps as a study: the headline with its donut fits, campaigns that did
// not happen, the methods that vote, the guards, the grammar. Coarse places,
// unknown actors and the multiverse need events or a study file and take no part.
//
// What can only take a direction away is asked where there is one, and what is only
// shown beside the words is not asked: the words and the guards that fire are those of
// a study, and worlds cost a fraction. Guards that rest on what was not asked
// are blind or quiet.
func Judge(t Trial) Judgement { return judge(t, false) }

// judge asks everything if all is true.
func judge(t Trial, all bool) Judgement {
	if t.Smallest == 0 {
		t.Smallest = 1.25
	}
	if t.Draws == 0 {
		t.Draws = 2000
	}
	if t.Design.Ramadan == nil {
		t.Design.Ramadan = ramadan
	}
	v := t.Grid.ForCampaign(t.Site, t.Others, t.Design)
	c := study.Campaign{ID: t.Site.ID, Start: t.Site.Start, End: t.Site.End}
	s := &study.Study{Campaigns: []study.Campaign{c}}
	for _, o := range t.Others {
		s.Campaigns = append(s.Campaigns, study.Campaign{ID: o.ID, Name: athar.Names{En: o.ID}, Start: o.Start, End: o.End})
	}
	a := answers{seed: t.Seed, draws: t.Draws, smallest: t.Smallest, campaign: c.ID, wordsOnly: !all}
	a.spillover(v)
	switch inside, any := a.directions(); {
	case inside || a.noControl || all:
		a.challenge(v, t.Between)
	case any: // the others do not speak of rings
		a.series(v)
		a.wdd(v)
	}
	in := &inputs{study: s}
	a.beside(s, 0, in, t.Grid, v)
	f, guards := a.findings(s, c, in, v)
	return Judgement{Findings: f, Guards: guards}
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
