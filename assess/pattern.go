package assess

import (
	"cmp"
	"slices"
	"strings"

	"athar"
	"athar/adapt"
	"athar/calendar"
	"athar/panel"
	"athar/study"
)

// adaptation measures the signatures of adaptation for one campaign, and gives
// the pattern that they were measured on; nil without areas to compare.
func adaptation(s *study.Study, i int, in *inputs, v *panel.View) (*athar.Adaptation, *athar.Pattern) {
	if in.set == nil {
		return nil, nil
	}
	p := in.pattern(s, v)
	p.Start = s.Campaigns[i].Start
	return signatures(s, in, p, v), p
}

// resumption is the indicator of the return of activity after losses of
// leadership; nil where nobody measured it.
func resumption(a *athar.Adaptation) *athar.Indicator {
	if a == nil {
		return nil
	}
	for _, x := range a.Signatures {
		for i := range x.Indicators {
			if x.Indicators[i].Code == "resumption" {
				return &x.Indicators[i]
			}
		}
	}
	return nil
}

// totalAdaptation does the same for a total, without a control.
func totalAdaptation(s *study.Study, t study.Total, in *inputs, g *panel.Grid, periods []athar.Period) *athar.Adaptation {
	if in.set == nil {
		return nil
	}
	p := &athar.Pattern{Before: phaseSpan(periods, athar.Pre), After: phaseSpan(periods, athar.During, athar.Post), Start: athar.Span{First: t.From, Last: t.From}}
	at := map[string]int32{}
	for _, a := range g.Areas {
		if _, ok := slices.BinarySearch(t.Codes, a.Code); ok || t.Country == "" && len(t.Areas) == 0 {
			at[a.Code] = int32(len(p.Areas))
			p.Areas = append(p.Areas, athar.PatternArea{Code: a.Code, Role: athar.Inside, Lon: a.Lon, Lat: a.Lat, Km2: a.Km2})
		}
	}
	in.provinces(p)
	in.records(p, at)
	p.Calendar, p.Losses = circumstances(s, p), losses(s)
	return signatures(s, in, p, nil)
}

func signatures(s *study.Study, in *inputs, p *athar.Pattern, v *panel.View) *athar.Adaptation {
	a := adapt.Decide(adapt.Measure(p, s.Choices.Seed), p.Control)
	a.Checks = adapt.Check(p, in.circumstance(s, p, v))
	return a
}

// circumstance gathers what the confounders are checked against.
func (in *inputs) circumstance(s *study.Study, p *athar.Pattern, v *panel.View) adapt.Facts {
	f := adapt.Facts{Placed: len(in.placed) > 0}
	if v != nil {
		f.Others = len(v.Joint)
	}
	for _, e := range in.placed {
		side := &f.Before
		switch {
		case p.After.Has(e.day):
			side = &f.After
		case !p.Before.Has(e.day):
			continue
		}
		side.N += e.n
		side.Coarse += e.coarse
	}
	for _, r := range in.unknown {
		f.Unknown.Asked = true
		if p.After.Has(r.when.Mid()) {
			f.Unknown.After += r.n
		} else if p.Before.Has(r.when.Mid()) {
			f.Unknown.Before += r.n
		}
	}
	return f
}

// pattern is the record of events around one campaign.
func (in *inputs) pattern(s *study.Study, v *panel.View) *athar.Pattern {
	p := &athar.Pattern{Before: phaseSpan(v.Periods, athar.Pre), After: phaseSpan(v.Periods, athar.During, athar.Post)}
	at := map[string]int32{}
	index := in.areaIndex()
	for i, a := range v.Areas {
		if a.Role == athar.LeftOut || !panel.EnoughUsed(v.Panel, i) {
			continue
		}
		x := in.areas[index[a.Code]]
		at[a.Code] = int32(len(p.Areas))
		p.Areas = append(p.Areas, athar.PatternArea{Code: a.Code, Role: a.Role, Lon: x.Lon, Lat: x.Lat, Km2: x.Km2})
		p.Control = p.Control || a.Role == athar.Far
	}
	in.provinces(p)
	in.records(p, at)
	p.Calendar, p.Losses = circumstances(s, p), losses(s)
	return p
}

// phaseSpan is the longest run of monitored periods with one of the phases, the
// one nearest to the campaign if two are as long: a stretch that nobody watched
// would pass for a quiet one. Nearest is the later one before the campaign and
// the earlier one after it.
func phaseSpan(periods []athar.Period, phases ...athar.Phase) athar.Span {
	best := athar.Span{First: 0, Last: -1}
	run := best
	before := slices.Contains(phases, athar.Pre)
	for _, q := range periods {
		switch {
		case !slices.Contains(phases, q.Phase) || 2*q.Days < float64(q.Span.Days()):
			run = athar.Span{First: 0, Last: -1}
			continue
		case run.Days() > 0 && run.Last+1 == q.First:
			run.Last = q.Last
		default:
			run = q.Span
		}
		if n, m := run.Days(), best.Days(); n > m || n == m && before {
			best = run
		}
	}
	return best
}

func (in *inputs) areaIndex() map[string]int {
	index := make(map[string]int, len(in.areas))
	for i, a := range in.areas {
		index[a.Code] = i
	}
	return index
}

// provinces numbers the units above the areas of a pattern.
func (in *inputs) provinces(p *athar.Pattern) {
	index, number := in.areaIndex(), map[string]int{}
	for i := range p.Areas {
		a := in.areas[index[p.Areas[i].Code]]
		p.Areas[i].Province = -1
		if a.Parent.En == "" {
			continue
		}
		key := a.Country + "\x00" + a.Parent.En
		if _, ok := number[key]; !ok {
			number[key] = len(number)
		}
		p.Areas[i].Province = number[key]
	}
}

// records fills a pattern with the rows that lie in its areas and its two
// sides, or between them, in one order whatever the order of the input, and
// says how fine their dates are.
func (in *inputs) records(p *athar.Pattern, at map[string]int32) {
	window := athar.Span{First: p.Before.First, Last: p.After.Last}
	days := map[int]int{}
	classes := map[int32]int{}
	total := 0
	for _, r := range in.singles() {
		area, ok := at[r.area]
		if !ok || r.n == 0 || !window.Has(r.when.Mid()) {
			continue
		}
		p.Records = append(p.Records, athar.Record{Area: int(area), When: r.when, Class: in.classes[r.class], Kind: r.kind,
			N: r.n, Deaths: r.deaths, HasDeaths: r.hasDeaths})
		days[r.when.Days()] += r.n
		classes[r.class] += r.n
		total += r.n
	}
	slices.SortFunc(p.Records, func(a, b athar.Record) int {
		return cmp.Or(cmp.Compare(a.When.First, b.When.First), cmp.Compare(a.Area, b.Area), cmp.Compare(a.When.Last, b.When.Last),
			strings.Compare(a.Class, b.Class), strings.Compare(string(a.Kind), string(b.Kind)), cmp.Compare(a.N, b.N),
			cmp.Compare(a.Deaths.Best, b.Deaths.Best), cmp.Compare(a.Deaths.Low, b.Deaths.Low), cmp.Compare(a.Deaths.High, b.Deaths.High))
	})
	p.Grain = panel.Grain(days)
	named := 0
	for class, n := range classes {
		if in.classes[class] != "" && 20*n >= total {
			named++
		}
	}
	p.Categories = named >= 2
}

// circumstances are the study's calendar and every Ramadan that a pattern
// touches.
func circumstances(s *study.Study, p *athar.Pattern) []athar.Dated {
	out := dated(s)
	for y := p.Before.First.Time().Year(); y <= p.After.Last.Time().Year(); y++ {
		if span, ok := calendar.Ramadan(y); ok {
			out = append(out, athar.Dated{Name: athar.Names{En: "Ramadan", Ar: "رمضان"}, When: span})
		}
	}
	return out
}

// losses are the study's reported losses of leadership.
func losses(s *study.Study) []athar.Loss { return s.Losses }
