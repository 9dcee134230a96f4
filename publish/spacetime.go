package publish

import (
	"slices"
	"strings"

	"athar"
	"athar/brief"
)

// spaceTime are the tables of the methods that stand beside the findings: single
// events in space and time, and where events were crowded. They count events by
// windows, bands, areas and days; no row is a single event or operation, and none
// is placed by how strong it is. A study without a method has no such table.
func (b *builder) spaceTime() []*table {
	list := []*table{b.wakes(), b.frequency(), b.balance(), b.nearRepeats(), b.bands(), b.followers(), b.scan(), b.decay(), b.hotSpots()}
	for _, t := range list {
		t.optional = true
	}
	return list
}

// decay has one row a distance of a line around a campaign's area.
func (b *builder) decay() *table {
	t := &table{name: "decay", columns: columns(slices.Concat([]string{"campaign", "phase", "km number", "rr number", "low number", "high number", "areas integer", "df number"}, b.whyColumns())...)}
	for _, c := range b.r.Campaigns {
		for _, l := range c.Decay {
			if l.Refusal != nil {
				n := athar.Num(missing)
				t.add(slices.Concat([]any{c.Campaign.ID, string(l.Phase), n, n, n, n, l.Areas, n}, b.why(l.Refusal))...)
			}
			for i, km := range l.Km {
				t.add(slices.Concat([]any{c.Campaign.ID, string(l.Phase), km, l.RR[i], l.Low[i], l.High[i], l.Areas, l.DF}, b.why(nil))...)
			}
		}
	}
	return t
}

// stretches are those in which operations were asked about.
func (b *builder) stretches() []athar.OperationStretch {
	if b.r.SpaceTime == nil || b.r.SpaceTime.Operations == nil {
		return nil
	}
	return b.r.SpaceTime.Operations.Stretches
}

// codes are the codes of notes.
func codes(list []athar.Note) string {
	var out []string
	for _, n := range list {
		out = append(out, n.Code)
	}
	return strings.Join(out, ";")
}

// why is a refusal as a code and as a sentence in every language.
func (b *builder) why(r *athar.Refusal) []any {
	code := ""
	if r != nil {
		code = r.Reason.Code
	}
	return append([]any{code}, b.say(func(s *brief.Sentences) string { return s.Refusal(r) })...)
}

func (b *builder) whyColumns() []string { return append([]string{"refusal"}, b.in("refusal")...) }

func (b *builder) wakes() *table {
	t := &table{name: "wakes", columns: columns(slices.Concat([]string{"first date", "last date", "days integer", "km number", "effect number", "se number", "df number", "low number", "high number",
		"p number", "p_adj number", "adj_low number", "adj_high number", "mde number", "treated integer", "control integer", "matched_treated integer", "matched_control integer", "strata integer",
		"matched_strata integer", "blocks integer", "events_before integer", "events_after integer", "intercept number", "before number", "adj_r2 number", "l1_all number", "support_all number",
		"l1_matched number", "support_matched number", "so_before number", "so_after number", "so number", "mo_before number", "mo_after number", "mo number", "counts_effect number", "counts_low number", "counts_high number", "counts_theta number", "warnings"}, b.whyColumns())...)}
	for _, s := range b.stretches() {
		if s.Wakes == nil {
			continue
		}
		rows := s.Wakes.Rows
		if s.Wakes.Refusal != nil {
			rows = []athar.Wake{{Km: athar.Num(missing), Treated: s.Treated, Control: s.Control, Refusal: s.Wakes.Refusal}}
		}
		for _, w := range rows {
			num := func(n athar.Num) athar.Num {
				if w.Refusal != nil {
					return athar.Num(missing)
				}
				return n
			}
			none := athar.Num(missing)
			counts := athar.WakeCounts{Effect: none, Low: none, High: none, Theta: none}
			if w.Counts != nil && w.Refusal == nil {
				counts = *w.Counts
			}
			t.add(slices.Concat([]any{s.When.First, s.When.Last, w.Days, w.Km, num(w.Effect), num(w.SE), num(w.DF), num(w.Low), num(w.High),
				num(w.P), num(w.PAdj), num(w.AdjLow), num(w.AdjHigh), num(w.MDE), w.Treated, w.Control, w.MatchedTreated, w.MatchedControl, w.Strata,
				w.MatchedStrata, w.Blocks, w.EventsBefore, w.EventsAfter, num(w.Intercept), num(w.Before), num(w.R2), num(w.L1All), num(w.SupportAll),
				num(w.L1Matched), num(w.SupportMatched), num(w.SOBefore), num(w.SOAfter), num(w.SO), num(w.MOBefore), num(w.MOAfter), num(w.MO), counts.Effect, counts.Low, counts.High, counts.Theta, codes(w.Warnings)}, b.why(w.Refusal))...)
		}
	}
	return t
}

func (b *builder) frequency() *table {
	t := &table{name: "frequency", columns: columns(slices.Concat([]string{"first date", "last date", "per_day number", "from number", "to number", "days integer", "quantile number", "whole yesno",
		"inner_km number", "outer_km number", "from_events number", "to_events number", "diff number", "low number", "high number", "joint_low number", "joint_high number", "before number",
		"before_p number", "robust number", "effective_from number", "effective_to number", "of integer", "largest_from number", "largest_to number", "unbalanced number", "days_p number", "serial_p number", "places_p number", "warnings"}, b.whyColumns())...)}
	for _, s := range b.stretches() {
		f := s.Frequency
		if f == nil {
			continue
		}
		n := athar.Num(missing)
		contrasts := f.Contrasts
		if f.Refusal != nil {
			contrasts = []athar.FrequencyContrast{{From: n, To: n, Effective: [2]athar.Num{n, n}, Largest: [2]athar.Num{n, n}, Refusal: f.Refusal}}
		}
		described := athar.FrequencyResiduals{Days: n, Serial: n, Places: n}
		if f.Residuals != nil {
			described = *f.Residuals
		}
		for _, c := range contrasts {
			row := func(quantile athar.Num, g athar.FrequencyRing) {
				t.add(slices.Concat([]any{s.When.First, s.When.Last, f.PerDay, c.From, c.To, c.Days, quantile, g.Whole, g.Inner, g.Outer, g.FromEvents, g.ToEvents, g.Diff, g.Low, g.High,
					g.JointLow, g.JointHigh, g.Before, g.BeforeP, g.Robust, c.Effective[0], c.Effective[1], c.Of, c.Largest[0], c.Largest[1], c.Unbalanced, described.Days, described.Serial, described.Places, codes(c.Notes)}, b.why(c.Refusal))...)
			}
			none := athar.FrequencyRing{Whole: true, Inner: n, Outer: n, FromEvents: n, ToEvents: n, Diff: n, Low: n, High: n, JointLow: n, JointHigh: n, Before: n, BeforeP: n, Robust: n}
			if c.Refusal != nil {
				row(n, none)
				continue
			}
			for _, g := range c.Rings {
				row(1, g)
			}
			for _, cut := range c.Cuts {
				g := none
				g.Diff = cut.Diff
				row(cut.Quantile, g)
			}
		}
	}
	return t
}

func (b *builder) balance() *table {
	t := &table{name: "frequency_balance", columns: columns("first date", "last date", "from number", "to number", "days integer", "covariate", "name_en", "name_ar", "before number", "after_from number", "after_to number")}
	for _, s := range b.stretches() {
		if s.Frequency == nil {
			continue
		}
		for _, c := range s.Frequency.Contrasts {
			for _, x := range c.Balance {
				name := b.word("covariate", x.Covariate)
				t.add(s.When.First, s.When.Last, c.From, c.To, c.Days, x.Covariate, name.En, name.Ar, x.Before, x.After[0], x.After[1])
			}
		}
	}
	return t
}

func (b *builder) nearRepeats() *table {
	t := &table{name: "near_repeats", columns: columns(slices.Concat([]string{"campaign", "around yesno", "before_first date", "before_last date", "after_first date", "after_last date", "km number", "days integer",
		"events_before integer", "places_before integer", "pairs_before integer", "expected_before number", "ratio_before number", "p_before number",
		"events_after integer", "places_after integer", "pairs_after integer", "expected_after number", "ratio_after number", "p_after number",
		"extra number", "extra_low number", "extra_high number", "extra_p number", "change integer", "warnings"}, b.whyColumns())...)}
	for _, c := range b.r.Campaigns {
		if c.SpaceTime == nil {
			continue
		}
		for _, n := range c.SpaceTime.NearRepeats {
			row := []any{c.Campaign.ID, n.Around, c.SpaceTime.Before.First, c.SpaceTime.Before.Last, c.SpaceTime.After.First, c.SpaceTime.After.Last, n.Km, n.Days}
			refused := n.Refusal
			var warnings []athar.Note
			for _, x := range []athar.NearRepeatSide{n.Before, n.After} {
				if refused == nil {
					refused = x.Refusal
				}
				num := func(v athar.Num) athar.Num {
					if x.Refusal != nil {
						return athar.Num(missing)
					}
					return v
				}
				row = append(row, x.Events, x.Places, x.Pairs, num(x.Expected), num(x.Ratio), num(x.P))
				for _, w := range x.Warnings {
					if !slices.ContainsFunc(warnings, func(o athar.Note) bool { return o.Code == w.Code }) {
						warnings = append(warnings, w)
					}
				}
			}
			num := func(v athar.Num) athar.Num {
				if refused != nil {
					return athar.Num(missing)
				}
				return v
			}
			t.add(slices.Concat(row, []any{num(n.Extra), num(n.ExtraLow), num(n.ExtraHigh), num(n.ExtraP), n.Change, codes(warnings)}, b.why(refused))...)
		}
	}
	return t
}

// bands lists the pairs of events of every band of distance and time, the last of
// which, all farther and later pairs, have no p value.
func (b *builder) bands() *table {
	t := &table{name: "near_repeat_bands", columns: columns("campaign", "around yesno", "side", "km_from number", "km_to number", "days_from number", "days_to number", "pairs integer", "expected number", "ratio number", "p_adj number")}
	for _, c := range b.r.Campaigns {
		if c.SpaceTime == nil {
			continue
		}
		for _, n := range c.SpaceTime.NearRepeats {
			for i, x := range []athar.NearRepeatSide{n.Before, n.After} {
				for k, cell := range x.Cells {
					space, time := x.Space[k/len(x.Time)], x.Time[k%len(x.Time)]
					t.add(c.Campaign.ID, n.Around, []string{"before", "after"}[i], space.From, space.To, time.From, time.To, cell.Pairs, cell.Expected, cell.Ratio, cell.PAdj)
				}
			}
		}
	}
	return t
}

// followers has one row a campaign.
func (b *builder) followers() *table {
	t := &table{name: "followers", columns: columns(slices.Concat([]string{"campaign", "before_first date", "before_last date", "after_first date", "after_last date", "reach_km number", "horizon_days integer",
		"events_before integer", "days_before integer", "places_before integer", "followers_before number", "low_before number", "high_before number", "share_before number",
		"events_after integer", "days_after integer", "places_after integer", "followers_after number", "low_after number", "high_after number", "share_after number",
		"ratio number", "ratio_low number", "ratio_high number", "p number", "half_km number", "most_km number", "half_days number", "most_days number", "same_place number",
		"kernel", "aic_none number", "aic_gaussian number", "aic_power_law number", "uniform_p number", "serial_p number", "dispersion number", "warnings"}, b.whyColumns())...)}
	for _, c := range b.r.Campaigns {
		if c.SpaceTime == nil || c.SpaceTime.Followers == nil {
			continue
		}
		f := c.SpaceTime.Followers
		num := func(v athar.Num) athar.Num {
			if f.Refusal != nil {
				return athar.Num(missing)
			}
			return v
		}
		row := []any{c.Campaign.ID, c.SpaceTime.Before.First, c.SpaceTime.Before.Last, c.SpaceTime.After.First, c.SpaceTime.After.Last, f.Reach, f.Horizon}
		for _, s := range []athar.FollowersSide{f.Before, f.After} {
			row = append(row, s.Events, s.Days, s.Places, num(s.Alpha), num(s.Low), num(s.High), num(s.Share))
		}
		t.add(slices.Concat(row, []any{num(f.Ratio), num(f.RatioLow), num(f.RatioHigh), num(f.RatioP), num(f.HalfKm), num(f.MostKm), num(f.HalfDays), num(f.MostDays), num(f.SamePlace),
			f.Kernel, num(f.AIC[0]), num(f.AIC[1]), num(f.AIC[2]), num(f.Uniform), num(f.Serial), num(f.Dispersion), codes(f.Warnings)}, b.why(f.Refusal))...)
	}
	return t
}

// scan lists lows and highs by date, and after them the low inside and the high
// around whose coincidence would be movement.
func (b *builder) scan() *table {
	t := &table{name: "scan", columns: columns(slices.Concat([]string{"campaign", "asked", "direction", "areas", "first date", "last date", "observed integer", "expected number", "ratio number",
		"p number", "p_placebo number", "min_p number", "placebos integer", "warnings"}, b.whyColumns())...)}
	for _, c := range b.r.Campaigns {
		if c.SpaceTime == nil || c.SpaceTime.Scan == nil {
			continue
		}
		s := c.SpaceTime.Scan
		none := athar.Cylinder{Expected: athar.Num(missing), Ratio: athar.Num(missing), P: athar.Num(missing), Span: athar.Span{First: noDay, Last: noDay}}
		row := func(asked, direction string, x athar.Cylinder, p, placebo, least athar.Num, placebos int, refused *athar.Refusal) {
			t.add(slices.Concat([]any{c.Campaign.ID, asked, direction, strings.Join(x.Areas, ";"), x.Span.First, x.Span.Last, x.Observed, x.Expected, x.Ratio, p, placebo, least, placebos, codes(s.Warnings)},
				b.why(refused))...)
		}
		n := athar.Num(missing)
		if s.Refusal != nil {
			row("everywhere", "", none, n, n, n, 0, s.Refusal)
			continue
		}
		for _, list := range []struct {
			direction string
			of        []athar.Cylinder
		}{{"low", s.Low}, {"high", s.High}} {
			for _, x := range list.of {
				row("everywhere", list.direction, x, x.P, n, n, 0, nil)
			}
		}
		m := s.Coincident
		if m.Refusal != nil {
			row("movement", "", none, n, n, n, m.Placebos, m.Refusal)
			continue
		}
		for _, x := range []struct {
			direction string
			of        *athar.Cylinder
		}{{"low", m.Low}, {"high", m.High}} {
			if x.of == nil {
				x.of = &none
			}
			row("movement", x.direction, *x.of, m.P, m.PPlacebo, m.MinP, m.Placebos, nil)
		}
	}
	return t
}

func (b *builder) hotSpots() *table {
	t := &table{name: "hot_spots", columns: columns(slices.Concat([]string{"area", "name_en", "name_ar", "country", "first date", "last date", "months integer", "crowded integer", "z number", "p_adj number", "course"}, b.in("says"))...)}
	h := b.r.HotSpots
	if h == nil || h.Refusal != nil {
		return t
	}
	known := map[string]athar.MapArea{}
	for _, a := range b.r.Map.Areas {
		known[a.Code] = a
	}
	for _, x := range h.Areas {
		a := known[x.Area]
		t.add(slices.Concat([]any{x.Area, a.Name.En, a.Name.Ar, a.Country, h.Span.First, h.Span.Last, h.Months, x.Crowded, x.Z, x.PAdj, x.Course},
			b.say(func(s *brief.Sentences) string { return s.Word("hotspot", x.Course) }))...)
	}
	return t
}
