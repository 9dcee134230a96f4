package study

import (
	"fmt"
	"slices"
	"strings"

	"athar"
)

// The questions that a claim may be tied to. Nothing here answers the last
// one: such a claim says what data would test it.
var questions = []string{
	string(athar.AskInside), string(athar.AskRing), string(athar.AskNet), string(athar.AskMovement), string(athar.AskTotal),
	string(athar.AskGoal), string(athar.AskAdaptation), "none",
}

// check complains about what the file alone shows to be impossible, across its
// parts.
func (s *Study) check(r *reader) {
	bad := func(path, hint, format string, args ...any) {
		r.complain(s.position(path), path, hint, format, args...)
	}
	s.checkIDs(bad)
	if s.given("map") && !s.given("areas") {
		bad("map", "remove it, or describe the areas under the key areas", "the study has a single area, so its brief has no map")
	}
	s.checkData(bad)
	s.checkNegativeControls(bad)
	s.checkOperations(bad)
	s.checkCampaigns(bad)
	s.checkGoals(bad)
	s.checkTotals(bad)
	for i := range s.Claims {
		s.checkClaim(i, bad)
	}
	s.checkChoices(bad)
	s.checkHarm(bad)
}

type complaint func(path, hint, format string, args ...any)

func (s *Study) checkIDs(bad complaint) {
	unique := func(list, key string, n int, id func(int) string) {
		seen := map[string]int{}
		for i := range n {
			if id(i) == "" || !s.given(item(list, i)) { // known goals stand after the declared ones
				continue
			}
			if first, ok := seen[id(i)]; ok {
				line, _ := s.At(item(list, first, key))
				bad(item(list, i, key), "give each one its own", "%q stands twice; line %d has it already", id(i), line)
			} else {
				seen[id(i)] = i
			}
		}
	}
	unique("data", "name", len(s.Data), func(i int) string { return s.Data[i].Name })
	unique("campaigns", "id", len(s.Campaigns), func(i int) string { return s.Campaigns[i].ID })
	unique("goals", "id", len(s.Goals), func(i int) string { return s.Goals[i].ID })
	for i, g := range s.Goals {
		unique(item("goals", i, "outputs"), "id", len(g.Outputs), func(j int) string { return g.Outputs[j].ID })
		unique(item("goals", i, "outcomes"), "id", len(g.Outcomes), func(j int) string { return g.Outcomes[j].ID })
	}
	unique("totals", "id", len(s.Totals), func(i int) string { return s.Totals[i].ID })
	unique("claims", "id", len(s.Claims), func(i int) string { return s.Claims[i].ID })
}

func (s *Study) checkData(bad complaint) {
	if s.given("data") && len(s.Data) == 0 {
		bad("data", "", "the study has no data")
	}
	for i, d := range s.Data {
		if d.Format == "series" && s.given("areas") {
			bad(item("data", i, "format"), "leave areas out, or give the numbers as a counts table with an area column",
				"a bare series knows no areas, but the study has some")
		}
		for j := 1; j < len(d.Coverage); j++ {
			if a, b := d.Coverage[j-1], d.Coverage[j]; a.Last != 0 && b.First != 0 && b.First <= a.Last {
				bad(item(item("data", i, "coverage"), j), "write the intervals in order and join those that touch",
					"begins on %s, before the interval above it is over (%s)", b.First, a.Last)
			}
		}
	}
}

func (s *Study) checkCampaigns(bad complaint) {
	if len(s.Campaigns)+len(s.Totals) == 0 {
		bad("campaigns", "add a campaign, or a total to ask about everything before and after a date", "the study asks nothing: it has neither campaigns nor totals")
	}
	ids, goals := s.ids(), s.goalIDs()
	for i, c := range s.Campaigns {
		at := func(keys ...string) string { return item("campaigns", i, keys...) }
		if c.ID == "all" {
			bad(at("id"), "choose another id", `"all" stands for all campaigns together`)
		}
		if c.Start.First != 0 && c.End.Last != 0 && c.End.Last < c.Start.First {
			bad(at("end"), "swap them or correct the year", "ends %s, before it starts (%s)", c.End.Last, c.Start.First)
		}
		switch {
		case s.given("areas") && !s.given(at("footprint")):
			bad(at(), "say where it took place: footprint: {areas: [...]} or {within: [...]}", `lacks the key "footprint"`)
		case !s.given("areas") && s.given(at("footprint")):
			bad(at("footprint"), "remove it, or describe the areas under the key areas", "the study has a single area, so a campaign has no footprint")
		}
		for j, g := range c.Goals {
			if g != "" && !slices.Contains(goals, g) {
				bad(item(at("goals"), j), known(g, goals), "there is no goal %q", g)
			}
		}
		for j, r := range c.Relations {
			path := item(at("relations"), j, r.Kind)
			k := slices.IndexFunc(s.Campaigns, func(o Campaign) bool { return o.ID == r.To })
			switch {
			case r.To == "":
			case k < 0:
				bad(path, known(r.To, ids), "there is no campaign %q", r.To)
			case k == i:
				bad(path, "name the other campaign", "a campaign cannot be related to itself")
			case r.Kind == "preceded_by" && c.Start.Last != 0 && s.Campaigns[k].Start.First > c.Start.Last:
				bad(path, "name a campaign that started earlier", "%s starts %s, after this campaign (%s)", r.To, s.Campaigns[k].Start.First, c.Start.Last)
			}
		}
	}
}

func (s *Study) checkGoals(bad complaint) {
	ids := s.ids()
	for i, g := range s.Goals {
		for j, o := range g.Outputs {
			for k, x := range o.Values {
				if x.Campaign != "" && !slices.Contains(ids, x.Campaign) {
					bad(item(item(item("goals", i, "outputs"), j, "values"), k, "campaign"), known(x.Campaign, ids), "there is no campaign %q", x.Campaign)
				}
			}
		}
		for j, o := range g.Outcomes {
			if o.Usual {
				break
			}
			at := func(key string) string { return item(item("goals", i, "outcomes"), j, key) }
			unused := func(why string, keys ...string) {
				for _, key := range keys {
					if s.given(at(key)) {
						bad(at(key), "remove it or choose another measure", "is not used with measure %s: %s", o.Measure, why)
					}
				}
			}
			switch o.Measure {
			case Rate, Share:
				if len(o.Classes)+len(o.Kinds) == 0 {
					bad(item(item("goals", i, "outcomes"), j), "name them in classes or kinds", "does not say which events are counted")
				}
			case Activity:
				unused("it counts all events", "classes", "kinds")
			case Resumption:
				unused("it looks at all activity after losses of leadership", "classes", "kinds", "areas", "within")
			}
			if len(o.Classes) > 0 && len(o.Kinds) > 0 {
				bad(at("kinds"), "keep one of the two", "events are named by classes or by kinds, not by both")
			}
			if o.Measure != Rate && o.Measure != Activity {
				unused("months are compared only where events are counted", "lags")
			}
			for _, key := range []string{"areas", "within"} {
				if s.given(at(key)) && !s.given("areas") {
					bad(at(key), "remove it, or describe the areas under the key areas", "the study has a single area")
				}
			}
		}
	}
}

func (s *Study) checkTotals(bad complaint) {
	for i, t := range s.Totals {
		if t.Country != "" && len(t.Areas) > 0 {
			bad(item("totals", i, "areas"), "keep one of the two", "a total is about a country or about areas, not both")
		}
		if t.Country != "" && len(t.Within) > 0 {
			bad(item("totals", i, "within"), "keep one of the two", "a total is about a country or about units of it, not both")
		}
		for _, key := range []string{"country", "areas", "within"} {
			if path := item("totals", i, key); s.given(path) && !s.given("areas") {
				bad(path, "remove it, or describe the areas under the key areas", "the study has a single area")
			}
		}
	}
}

func (s *Study) checkClaim(i int, bad complaint) {
	c := s.Claims[i]
	at := func(key string) string { return item("claims", i, key) }
	lacks := func(key, hint string) {
		if !s.given(at(key)) {
			bad(item("claims", i), hint, "lacks the key %q, which question %s needs", key, c.Question)
		}
	}
	unused := func(keys ...string) {
		for _, key := range keys {
			if s.given(at(key)) {
				bad(at(key), "remove it or choose another question", "is not used with question %s", c.Question)
			}
		}
	}
	if c.Campaign != "" && c.Campaign != "all" && !slices.Contains(s.ids(), c.Campaign) {
		bad(at("campaign"), known(c.Campaign, s.ids()), "there is no campaign %q", c.Campaign)
	}
	words := []athar.Verdict{athar.Decline, athar.Escalation, athar.NoMaterialChange}
	switch c.Question {
	case "":
		return
	case "none":
		lacks("needs", "say what data would test the claim")
		unused("expects", "total")
		return
	case string(athar.AskGoal), string(athar.AskAdaptation):
		unused("total")
		goal, tested := c.Question == string(athar.AskGoal), s.given(at("expects"))
		if goals := s.goalIDs(); goal && c.About != "" && !slices.Contains(goals, c.About) {
			bad(at("about"), known(c.About, goals), "there is no goal %q", c.About)
		}
		if !tested && !s.given(at("needs")) {
			bad(item("claims", i), "write the words that the claim amounts to (expects), or what data would test it (needs)",
				"says neither what it expects nor what data would test it")
		}
		if !tested {
			return
		}
		lacks("campaign", "name a campaign, or all")
		if goal {
			lacks("about", "name the goal")
		} else {
			var ids []string
			for _, id := range athar.Signatures() {
				ids = append(ids, string(id))
			}
			lacks("about", "name the signature: "+strings.Join(ids, ", "))
			if c.About != "" && !slices.Contains(ids, c.About) {
				bad(at("about"), known(c.About, ids), "there is no signature %q", c.About)
			}
		}
		s.checkWords(i, []athar.Verdict{athar.Present, athar.Mixed, athar.NotDetected, athar.NotIdentifiable}, bad)
		return
	case string(athar.AskTotal):
		lacks("total", "name one of the totals")
		unused("campaign", "phase")
		totals := make([]string, len(s.Totals))
		for j, t := range s.Totals {
			totals[j] = t.ID
		}
		if c.Total != "" && !slices.Contains(totals, c.Total) {
			bad(at("total"), known(c.Total, totals), "there is no total %q", c.Total)
		}
		// A claim asks whether there was any event, or whether it became more or fewer.
		if any := []athar.Verdict{athar.Present, athar.NotDetected}; len(c.Expects) > 0 && slices.Contains(any, c.Expects[0]) {
			words = any
		}
	default:
		lacks("campaign", "name a campaign, or all")
		lacks("phase", "write during (while the campaign ran) or post (after it)")
		unused("total")
		if c.Question == string(athar.AskMovement) {
			words = []athar.Verdict{athar.Displacement, athar.Diffusion, athar.NoMaterialChange}
		}
		if c.Question != string(athar.AskInside) && !s.given("areas") {
			bad(at("question"), "ask inside, or describe the areas under the key areas", "the study has a single area, so nothing lies around a campaign")
		}
	}
	lacks("expects", fmt.Sprintf("write the words that the claim amounts to: %s", join(words)))
	unused("needs", "about")
	s.checkWords(i, words, bad)
}

// checkWords complains about expected words that never answer a claim's
// question.
func (s *Study) checkWords(i int, words []athar.Verdict, bad complaint) {
	c := s.Claims[i]
	for j, w := range c.Expects {
		if w != "" && !slices.Contains(words, w) {
			list := item("claims", i, "expects")
			path := item(list, j)
			if !s.given(path) {
				path = list
			}
			bad(path, "its words are: "+join(words), "%s never answers question %s", w, c.Question)
		}
	}
}

func (s *Study) checkChoices(bad complaint) {
	c := s.Choices
	if s.given("choices.rings") && !s.given("areas") {
		bad("choices.rings", "remove it, or describe the areas under the key areas", "the study has a single area, so it has no rings")
	}
	for i, km := range c.Rings {
		if km <= 0 || i > 0 && km <= c.Rings[i-1] {
			bad(item("choices.rings", i), "write the outer edges in km from near to far, e.g. [25, 50, 100]", "the rings do not increase: %g km is not beyond %g", km, edge(c.Rings, i))
			break
		}
		if w := s.Areas.DistancesWithin; w > 0 && km > w {
			path := item("choices.rings", i)
			if !s.given(path) {
				path = "areas.distances_within"
			}
			bad(path, "drop the ring or give a table that reaches further", "the ring up to %g km lies beyond the distance table, which ends at %g km", km, w)
			break
		}
	}
	for i, r := range s.Multiverse.Rings {
		if r.Touching && len(c.Rings) == 0 {
			bad(item("multiverse.rings", i), "give choices.rings, or leave it out", "is touching, but the study has no ring for what lies beyond the areas that touch")
		}
	}
	if s.given("choices.smallest_effect") && c.SmallestEffect <= 1 {
		bad("choices.smallest_effect", "1.25 means: a change by less than a quarter is no material change", "is %g, must be a rate ratio above 1", c.SmallestEffect)
	}
	for i, d := range s.Data {
		if c.Period == "week" && slices.Contains([]string{"month", "quarter", "year"}, d.Period) {
			bad("choices.period", "write month or auto", "%s is published by %s and cannot be analysed by week", item("data", i), d.Period)
		}
	}
}

func edge(rings []float64, i int) float64 {
	if i == 0 {
		return 0
	}
	return rings[i-1]
}

func (s *Study) ids() []string {
	out := make([]string, len(s.Campaigns))
	for i, c := range s.Campaigns {
		out[i] = c.ID
	}
	return out
}

func (s *Study) goalIDs() []string {
	out := make([]string, len(s.Goals))
	for i, g := range s.Goals {
		out[i] = g.ID
	}
	return out
}

// known is a hint: the nearest of the ids, or all of them.
func known(id string, ids []string) string {
	if hint := nearest(id, ids); hint != "" {
		return hint
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return s == "" })
	if len(ids) == 0 {
		return "the study has none"
	}
	return "there are: " + strings.Join(ids, ", ")
}

func join(words []athar.Verdict) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return strings.Join(list, ", ")
}

// CheckCoverage complains about campaigns and totals that lie wholly outside
// the days that the data cover. Its error is [Errors].
func (s *Study) CheckCoverage(data athar.Span) error {
	r := &reader{file: s.file}
	check := func(path, firstKey, lastKey string, when athar.Span) {
		switch {
		case when.First > data.Last:
			path += "." + firstKey
			r.complain(s.position(path), path, "correct the date or add data", "starts %s, after the data end: they cover %s to %s", when.First, data.First, data.Last)
		case when.Last < data.First:
			path += "." + lastKey
			r.complain(s.position(path), path, "correct the date or add data", "ends %s, before the data begin: they cover %s to %s", when.Last, data.First, data.Last)
		}
	}
	for i, c := range s.Campaigns {
		check(item("campaigns", i), "start", "end", athar.Span{First: c.Start.First, Last: c.End.Last})
	}
	for i, t := range s.Totals {
		check(item("totals", i), "from", "to", athar.Span{First: t.From, Last: t.To})
	}
	return r.errs.err()
}
