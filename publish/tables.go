package publish

import (
	"math"
	"slices"
	"strings"

	"athar"
	"athar/assess"
	"athar/brief"
)

// tables makes every table of a result. Sentences are in the given languages,
// a column each.
func tables(r *assess.Result, langs []string) ([]*table, error) {
	b := &builder{r: r.Report}
	for i, l := range []string{"en", "ar"} {
		s, err := brief.NewSentences(r.Report, l)
		if err != nil {
			return nil, err
		}
		b.both[i] = s
	}
	for _, l := range langs {
		s, err := brief.NewSentences(r.Report, l)
		if err != nil {
			return nil, err
		}
		code, _, _ := strings.Cut(l, "-") // a tag may name digits too
		b.langs, b.says = append(b.langs, code), append(b.says, s)
	}
	return append([]*table{b.findings(), b.effects(), b.guards(), b.claims(), b.goals(), b.outcomes(), b.outputs(), b.signatures(), b.indicators(),
		b.specifications(), b.windows(), b.harm(), b.areas(), panelTable(r.Panels)}, b.spaceTime()...), nil
}

type builder struct {
	r     *athar.Report
	langs []string
	says  []*brief.Sentences
	both  [2]*brief.Sentences // English and Arabic, for names that a study does not give
}

// word is a term of the catalogues in both languages.
func (b *builder) word(section, term string) athar.Names {
	return athar.Names{En: b.both[0].Word(section, term), Ar: b.both[1].Word(section, term)}
}

// whose is one campaign, all campaigns together, or one total.
type whose struct {
	id, total  string
	name       athar.Names
	rings      []athar.Ring
	findings   []athar.Finding
	effects    []athar.Effect
	guards     []athar.Guard
	adaptation *athar.Adaptation
}

// each lists all campaigns together, the campaigns, and the totals, in the order of the page.
func (b *builder) each() []whose {
	var out []whose
	if p := b.r.Pooled; p != nil {
		out = append(out, whose{id: athar.AllCampaigns, name: b.word("pooled", "name"), rings: p.Rings, findings: p.Findings, effects: p.Effects, guards: p.Guards})
	}
	for _, c := range b.r.Campaigns {
		out = append(out, whose{id: c.Campaign.ID, name: c.Campaign.Name, rings: c.Rings, findings: c.Findings, effects: c.Effects, guards: c.Guards, adaptation: c.Adaptation})
	}
	for _, t := range b.r.Totals {
		out = append(out, whose{total: t.ID, name: t.Name, findings: t.Findings, effects: t.Effects, guards: t.Guards, adaptation: t.Adaptation})
	}
	return out
}

// in is a column of text for every language.
func (b *builder) in(name string) []string {
	var out []string
	for _, l := range b.langs {
		code, _, _ := strings.Cut(l, "-")
		out = append(out, name+"_"+code)
	}
	return out
}

// say are the values of such columns.
func (b *builder) say(f func(*brief.Sentences) string) []any {
	var out []any
	for _, s := range b.says {
		out = append(out, f(s))
	}
	return out
}

var missing = math.NaN()

func (b *builder) findings() *table {
	t := &table{name: "findings", columns: columns(slices.Concat([]string{"id", "campaign", "total", "name_en", "name_ar", "question", "ring integer", "phase", "verdict",
		"method", "spec", "rr number", "low number", "high number", "adj_low number", "adj_high number", "p number", "placebo_p number", "observed number", "expected number",
		"difference number", "difference_low number", "difference_high number", "mde_low number", "mde_high number", "events_pre integer", "inference", "agree yesno", "guards"},
		b.in("says"), b.in("because"))...)}
	for _, w := range b.each() {
		for _, f := range w.findings {
			e := athar.Effect{}
			if f.Headline != nil && f.Headline.Refusal == nil {
				e = *f.Headline
			} else {
				n := athar.Num(missing)
				e.RR, e.Low, e.High, e.AdjLow, e.AdjHigh, e.P, e.Observed, e.Expected, e.Avoided, e.AvoidedLow, e.AvoidedHigh, e.MDELow, e.MDEHigh = n, n, n, n, n, n, n, n, n, n, n, n, n
				if f.Headline != nil {
					e.Method, e.Spec = f.Headline.Method, f.Headline.Spec
				}
			}
			t.add(slices.Concat([]any{f.ID, w.id, w.total, w.name.En, w.name.Ar, string(f.Question), f.Ring, string(f.Phase), string(f.Verdict), e.Method, e.Spec,
				e.RR, e.Low, e.High, e.AdjLow, e.AdjHigh, e.P, e.PlaceboP, e.Observed, e.Expected, -e.Avoided, -e.AvoidedHigh, -e.AvoidedLow, e.MDELow, e.MDEHigh,
				e.EventsPre, e.Inference, f.Agree, strings.Join(f.Guards, ";")},
				b.say(func(s *brief.Sentences) string { return s.Finding(f, w.rings) }),
				b.say(func(s *brief.Sentences) string { return s.Notes(f.Because) }))...)
		}
	}
	return t
}

func (b *builder) effects() *table {
	t := &table{name: "effects", columns: columns("campaign", "total", "method", "spec", "question", "ring integer", "phase", "rr number", "low number", "high number",
		"p number", "se_log number", "df number", "fmi number", "adj_low number", "adj_high number", "observed number", "expected number", "avoided number",
		"avoided_low number", "avoided_high number", "mde_low number", "mde_high number", "events_pre integer", "areas integer", "periods integer",
		"dispersion number", "placebo_p number", "inference", "refusal", "warnings")}
	// All campaigns together come last but for the totals: their rows were added to a table that others read.
	list := b.each()
	if b.r.Pooled != nil {
		n := 1 + len(b.r.Campaigns)
		list = slices.Concat(list[1:n], list[:1], list[n:])
	}
	for _, w := range list {
		for _, e := range w.effects {
			num := func(n athar.Num) float64 {
				if e.Refusal != nil {
					return missing
				}
				return float64(n)
			}
			opt := func(n *athar.Num) float64 {
				if n == nil {
					return missing
				}
				return num(*n)
			}
			refusal, campaign := "", e.Campaign
			if e.Refusal != nil {
				refusal = e.Refusal.Reason.Code
			}
			if w.id == athar.AllCampaigns {
				campaign = w.id
			}
			t.add(campaign, e.Area, e.Method, e.Spec, string(e.Question), e.Ring, string(e.Phase), num(e.RR), num(e.Low), num(e.High), num(e.P), num(e.SE), num(e.DF), opt(e.FMI),
				num(e.AdjLow), num(e.AdjHigh), num(e.Observed), num(e.Expected), num(e.Avoided), num(e.AvoidedLow), num(e.AvoidedHigh), num(e.MDELow), num(e.MDEHigh),
				e.EventsPre, e.Areas, e.Periods, num(e.Dispersion), opt(e.PlaceboP), e.Inference, refusal, codes(e.Warnings))
		}
	}
	return t
}

func (b *builder) guards() *table {
	t := &table{name: "guards", columns: columns(slices.Concat([]string{"campaign", "total", "guard", "status", "code"}, b.in("says"))...)}
	for _, w := range b.each() {
		all := make([][]string, len(b.says))
		for k, s := range b.says {
			all[k] = s.Guards(w.guards, w.total != "")
		}
		for i, g := range w.guards {
			row := []any{w.id, w.total, g.Code, string(g.Status), g.Says.Code}
			for k := range all {
				row = append(row, all[k][i])
			}
			t.add(row...)
		}
	}
	return t
}

func (b *builder) claims() *table {
	t := &table{name: "claims", columns: columns(slices.Concat([]string{"id", "text_en", "text_ar", "source", "question", "campaign", "total", "expects", "outcome", "evidence"}, b.in("because"))...)}
	for _, c := range b.r.Claims {
		t.add(slices.Concat([]any{c.ID, c.Text.En, c.Text.Ar, c.Source, c.Question, c.Campaign, c.Area, strings.Join(c.Expects, ";"), string(c.Outcome), strings.Join(c.Evidence, ";")},
			b.say(func(s *brief.Sentences) string { return s.Notes(c.Because) }))...)
	}
	return t
}

func (b *builder) goals() *table {
	t := &table{name: "goals", columns: columns(slices.Concat([]string{"campaign", "goal", "name_en", "name_ar", "verdict", "opposed yesno"}, b.in("because"), b.in("rivals"))...)}
	for _, c := range b.r.Campaigns {
		for _, g := range c.Goals {
			name := g.Name
			if name == (athar.Names{}) {
				name = b.word("goal", g.ID)
			}
			t.add(slices.Concat([]any{c.Campaign.ID, g.ID, name.En, name.Ar, string(g.Word), g.Opposed},
				b.say(func(s *brief.Sentences) string { return s.Notes(g.Because) }), b.say(func(s *brief.Sentences) string { return s.Notes(g.Rivals) }))...)
		}
	}
	return t
}

func (b *builder) outcomes() *table {
	t := &table{name: "goal_outcomes", columns: columns(slices.Concat([]string{"campaign", "goal", "outcome", "name_en", "name_ar", "predicts integer", "reading", "holm_p number", "verdict",
		"ratio yesno", "change number", "low number", "high number", "p number", "mde number"}, b.in("refusal"))...)}
	for _, c := range b.r.Campaigns {
		for _, g := range c.Goals {
			for _, o := range g.Outcomes {
				verdict, ratio, x := "", false, [5]athar.Num{}
				for k := range x {
					x[k] = athar.Num(missing)
				}
				switch {
				case o.Finding != nil && o.Finding.Headline != nil && o.Finding.Headline.Refusal == nil:
					e := o.Finding.Headline
					ratio, x = true, [5]athar.Num{e.RR, e.Low, e.High, e.P, e.MDEHigh}
				case o.Indicator != nil && o.Indicator.Refusal == nil:
					d := o.Indicator
					ratio, x = d.Ratio, [5]athar.Num{d.Change, d.Low, d.High, d.P, d.MDE}
				}
				if o.Finding != nil {
					verdict = string(o.Finding.Verdict)
				}
				refusal := o.Refusal
				if refusal == nil && o.Indicator != nil {
					refusal = o.Indicator.Refusal
				}
				if refusal == nil && o.Finding != nil && o.Finding.Headline != nil {
					refusal = o.Finding.Headline.Refusal
				}
				t.add(slices.Concat([]any{c.Campaign.ID, g.ID, o.ID, o.Name.En, o.Name.Ar, o.Predicts, string(o.Reading), o.HolmP, verdict, ratio, x[0], x[1], x[2], x[3], x[4]},
					b.say(func(s *brief.Sentences) string { return s.Refusal(refusal) }))...)
			}
		}
	}
	return t
}

func (b *builder) outputs() *table {
	t := &table{name: "goal_outputs", columns: columns("campaign", "goal", "output", "name_en", "name_ar", "first date", "last date", "n number", "source", "url", "says")}
	for _, c := range b.r.Campaigns {
		for _, g := range c.Goals {
			for _, o := range g.Outputs {
				for _, v := range o.Values {
					t.add(c.Campaign.ID, g.ID, o.ID, o.Name.En, o.Name.Ar, v.When.First, v.When.Last, v.N, v.Source.Title, v.Source.URL, v.Source.Says)
				}
			}
		}
	}
	return t
}

func (b *builder) signatures() *table {
	t := &table{name: "adaptation", columns: columns(slices.Concat([]string{"campaign", "total", "signature", "verdict", "opposed yesno"}, b.in("because"), b.in("rivals"))...)}
	for _, w := range b.each() {
		if w.adaptation == nil {
			continue
		}
		for _, x := range w.adaptation.Signatures {
			t.add(slices.Concat([]any{w.id, w.total, string(x.ID), string(x.Word), x.Opposed},
				b.say(func(s *brief.Sentences) string { return s.Notes(x.Because) }), b.say(func(s *brief.Sentences) string { return s.Notes(x.Rivals) }))...)
		}
	}
	return t
}

func (b *builder) indicators() *table {
	t := &table{name: "indicators", columns: columns(slices.Concat([]string{"campaign", "total", "signature", "indicator", "group", "before number", "after number", "far_before number", "far_after number",
		"ratio yesno", "change number", "low number", "high number", "p number", "holm_p number", "mde number", "n integer", "far_n integer", "predicts integer", "reading"}, b.in("refusal"))...)}
	for _, w := range b.each() {
		if w.adaptation == nil {
			continue
		}
		add := func(signature string, list []athar.Indicator) {
			for _, d := range list {
				num := func(n athar.Num) athar.Num {
					if d.Refusal != nil {
						return athar.Num(missing)
					}
					return n
				}
				t.add(slices.Concat([]any{w.id, w.total, signature, d.Code, string(d.Group), num(d.Before), num(d.After), num(d.FarBefore), num(d.FarAfter), d.Ratio, num(d.Change), num(d.Low),
					num(d.High), num(d.P), num(d.HolmP), num(d.MDE), d.N, d.FarN, d.Predicts, string(d.Reading)},
					b.say(func(s *brief.Sentences) string { return s.Refusal(d.Refusal) }))...)
			}
		}
		for _, x := range w.adaptation.Signatures {
			add(string(x.ID), x.Indicators)
		}
		add("context", w.adaptation.Context)
	}
	return t
}

// specifications lists every specification of every multiverse that stands for
// itself, those that were refused with the reason. The columns of the choices
// are those of the study.
func (b *builder) specifications() *table {
	var names []string
	for _, c := range b.r.Campaigns {
		for _, m := range c.Multiverse {
			for _, d := range m.Dimensions {
				if !slices.Contains(names, d.Name) {
					names = append(names, d.Name)
				}
			}
		}
	}
	var choices []string
	for _, n := range names {
		choices = append(choices, "choice_"+n)
	}
	t := &table{name: "specifications", columns: columns(slices.Concat([]string{"campaign", "question", "phase"}, choices, []string{"valid yesno", "reason", "rr number", "low number", "high number",
		"headline yesno", "least_favourable yesno"})...)}
	for _, c := range b.r.Campaigns {
		for _, m := range c.Multiverse {
			row := func(choice []int) []any {
				out := []any{c.Campaign.ID, string(m.Question), string(m.Phase)}
				for _, n := range names {
					value := ""
					if k := slices.IndexFunc(m.Dimensions, func(d athar.Dimension) bool { return d.Name == n }); k >= 0 && k < len(choice) {
						value = m.Dimensions[k].Values[choice[k]]
					}
					out = append(out, value)
				}
				return out
			}
			for i, s := range m.Specs {
				t.add(append(row(s.Choice), true, "", s.RR, s.Low, s.High, i == m.Own, i == m.LeastFavourable)...)
			}
			for _, s := range m.Refused {
				t.add(append(row(s.Choice), false, s.Reason, missing, missing, missing, false, false)...)
			}
		}
	}
	return t
}

func (b *builder) windows() *table {
	t := &table{name: "windows", columns: columns(slices.Concat([]string{"campaign", "name_en", "name_ar", "before_first date", "before_last date", "after_first date", "after_last date", "events_before number",
		"events_after number", "periods_before integer", "periods_after integer", "rr number", "low number", "high number", "p number", "verdict"}, b.in("doubts"), b.in("refusal"))...)}
	for _, c := range b.r.Campaigns {
		for _, w := range c.Windows {
			t.add(slices.Concat([]any{c.Campaign.ID, w.Name.En, w.Name.Ar, w.Before.First, w.Before.Last, w.After.First, w.After.Last, w.EventsBefore, w.EventsAfter, w.PeriodsBefore, w.PeriodsAfter,
				w.RR, w.Low, w.High, w.P, string(w.Verdict)}, b.say(func(s *brief.Sentences) string { return s.Notes(w.Doubts) }),
				b.say(func(s *brief.Sentences) string { return s.Refusal(w.Refusal) }))...)
		}
	}
	return t
}

func (b *builder) harm() *table {
	t := &table{name: "harm", columns: columns(slices.Concat([]string{"campaign", "question", "phase", "counted", "amount number", "amount_expected number", "difference number", "difference_low number",
		"difference_high number", "p number", "rr number", "low number", "high number", "dispersion number", "warnings"}, b.in("refusal"))...)}
	for _, c := range b.r.Campaigns {
		for _, x := range c.Harm {
			for _, y := range []struct {
				counted string
				athar.HarmPart
			}{{"events", x.Events}, {"harm", x.Harm}} {
				var codes []string
				for _, n := range y.Warnings {
					codes = append(codes, n.Code)
				}
				t.add(append([]any{c.Campaign.ID, string(x.Question), string(x.Phase), y.counted, y.Observed, y.Expected, y.Difference, y.Low, y.High, y.P, y.RR, y.RRLow, y.RRHigh, y.Dispersion, strings.Join(codes, ";")},
					b.say(func(s *brief.Sentences) string { return s.Refusal(y.Refusal) })...)...)
			}
		}
	}
	return t
}

func (b *builder) areas() *table {
	t := &table{name: "areas", columns: columns("campaign", "area", "name_en", "name_ar", "country", "lon number", "lat number", "km2 number", "role", "km number", "pre integer", "during integer", "post integer")}
	known := map[string]athar.MapArea{}
	for _, a := range b.r.Map.Areas {
		known[a.Code] = a
	}
	for _, c := range b.r.Campaigns {
		for _, x := range c.Areas {
			a, lon, lat, km2 := known[x.Area], missing, missing, missing
			if a.Code != "" {
				lon, lat = a.Lon, a.Lat
				if a.Km2 > 0 {
					km2 = a.Km2
				}
			}
			t.add(c.Campaign.ID, x.Area, a.Name.En, a.Name.Ar, a.Country, lon, lat, km2, roleName(x.Role), x.Km, x.Pre, x.During, x.Post)
		}
	}
	return t
}

// panelTable lists the cells that the methods saw, one a line. Cells of areas
// without any event are left out: they say nothing and would be most of the
// file. "used" is false where the cell is not part of any fit.
func panelTable(panels []assess.CampaignPanel) *table {
	out := &table{name: "panel", columns: columns("campaign", "area", "role", "period_first date", "period_last date", "phase", "days number", "count number", "used yesno")}
	for _, cp := range panels {
		p := cp.Panel
		T := len(p.Periods)
		for i, a := range p.Areas {
			if !slices.ContainsFunc(p.Count[i*T:(i+1)*T], func(n float64) bool { return n > 0 }) {
				continue
			}
			for t, q := range p.Periods {
				k := p.At(i, t)
				out.add(cp.Campaign, a.Code, roleName(a.Role), q.First, q.Last, string(q.Phase), q.Days, p.Count[k], p.Use[k])
			}
		}
	}
	return out
}

func rejectsTable(rejects []athar.Reject) *table {
	t := &table{name: "rejects", columns: columns("file", "line integer", "column", "reason", "detail")}
	for _, r := range rejects {
		t.add(r.File, r.Line, r.Column, r.Reason, r.Detail)
	}
	return t
}
