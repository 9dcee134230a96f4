package brief

import (
	"cmp"
	"html/template"
	"math"
	"slices"

	"athar"
)

// SingleEvents is what single events say for the whole study; nil where the
// report does not ask.
func (p *page) SingleEvents() *SingleEvents {
	r := p.SpaceTime
	if r == nil || r.Refusal == nil && r.Operations == nil {
		return nil
	}
	v := &SingleEvents{}
	if r.Refusal != nil {
		v.Refused = p.refusal(r.Refusal).HTML()
		return v
	}
	o := r.Operations
	v.Lead = p.t("wake.lead", "treated", o.Treated, "events", r.Events)
	if o.Control.En != "" {
		v.Lead = p.t("wake.lead-compared", "treated", o.Treated, "control", o.Control, "events", r.Events)
	}
	v.Dropped = p.dropped("wake.dropped-operations", o.Dropped)
	if d := p.dropped("wake.dropped-events", r.Dropped); d != "" {
		v.Dropped += " " + d
	}
	for i, s := range o.Stretches {
		v.Stretches = append(v.Stretches, p.stretch(i, s))
	}
	return v
}

// SingleEvents is the section of single operations.
type SingleEvents struct {
	Refused   template.HTML
	Lead      template.HTML
	Dropped   template.HTML
	Stretches []Stretch
}

// Stretch is one stretch of time without a gap.
type Stretch struct {
	ID     string
	When   athar.Span
	Counts template.HTML
	Wakes  *WakeView
	// Frequency is nil where nothing was asked.
	Frequency *FrequencyView
}

// WakeView is a wake analysis as a table of numbers, rows by days and columns by
// distance.
type WakeView struct {
	Says  []template.HTML
	Km    []string
	Rows  []WakeRow
	Some  bool // a window holds over the grid
	Notes []athar.Note
	Table
}

// WakeRow is the windows of one length.
type WakeRow struct {
	Days  string
	Cells []WakeCell
}

// WakeCell is one window.
type WakeCell struct {
	Class   string // up, down: beyond zero with all windows counted; ns; refused
	Effect  string
	Range   string
	Flagged bool // where other windows are not
}

// FrequencyView is the contrasts of more and fewer operations.
type FrequencyView struct {
	Word    athar.Verdict // CANNOT TELL where nothing could be asked
	Refused template.HTML
	Says    template.HTML
	Model   template.HTML // whether the weights rest on a model that describes the operations
	Rows    []FrequencyRow
}

// FrequencyRow is one contrast.
type FrequencyRow struct {
	Asked     template.HTML
	Effective template.HTML
	// Word is CANNOT TELL for a refusal, else empty; Refused says why where the
	// number beside it does not.
	Word    athar.Verdict
	Refused template.HTML
	Says    []template.HTML
	Notes   []athar.Note
	Table
	Balance Table // by variable
}

// dropped lists what was left out, by reason; empty if nothing was.
func (p *page) dropped(code string, list []athar.ReasonCount) template.HTML {
	var parts []string
	for _, r := range list {
		parts = append(parts, p.plain("wake.dropped", "n", r.N, "reason", p.Lang.Word("reason", r.Reason)))
	}
	if parts == nil {
		return ""
	}
	return p.t(code, "list", parts)
}

func (p *page) stretch(i int, s athar.OperationStretch) Stretch {
	o := p.SpaceTime.Operations
	v := Stretch{ID: "operations-" + p.Number(i), When: s.When}
	if o.Control.En != "" {
		v.Counts = p.t("wake.counts-compared", "span", s.When, "treated", s.Treated, "treated-name", o.Treated, "control", s.Control, "control-name", o.Control, "events", s.Events)
	} else {
		v.Counts = p.t("wake.counts", "span", s.When, "treated", s.Treated, "treated-name", o.Treated, "events", s.Events)
	}
	if s.Wakes != nil {
		v.Wakes = p.wakes(s.Wakes)
	}
	if s.Frequency != nil {
		v.Frequency = p.frequency(s.Frequency)
	}
	return v
}

func (p *page) wakes(g *athar.WakeGrid) *WakeView {
	v := &WakeView{Notes: g.Warnings}
	if g.Refusal != nil {
		v.Says = []template.HTML{p.refusal(g.Refusal).HTML()}
		return v
	}
	o := p.SpaceTime.Operations
	v.Table.Head = p.head("days", "km", "effect-operation", "interval", "interval-grid", "p", "p-grid", "as-counts", "mde", "matched", "same-overlap", "other-overlap", "balance", "blocks")
	var answered []athar.Wake
	flagged, up, down := 0, 0, 0
	for _, w := range g.Rows {
		km := p.Lang.Value(w.Km, "km")
		if !slices.Contains(v.Km, km) {
			v.Km = append(v.Km, km)
		}
		days := p.Lang.Count(athar.Num(w.Days))
		if n := len(v.Rows); n == 0 || v.Rows[n-1].Days != days {
			v.Rows = append(v.Rows, WakeRow{Days: days})
		}
		row := &v.Rows[len(v.Rows)-1]
		if w.Refusal != nil {
			row.Cells = append(row.Cells, WakeCell{Class: "refused", Effect: p.Lang.Word("language", "missing")})
			v.Table.Rows = append(v.Table.Rows, []string{days, km, p.note(w.Refusal.Reason).String()})
			continue
		}
		answered = append(answered, w)
		c := WakeCell{Class: "ns", Effect: p.Lang.Value(w.Effect, "signed"), Range: p.plain("figure.range", "low", p.Lang.Value(w.Low, "signed"), "high", p.Lang.Value(w.High, "signed"))}
		if beyond(w) {
			v.Some = true
			if c.Class = "up"; w.Effect < 0 {
				c.Class = "down"
				down++
			} else {
				up++
			}
		}
		if c.Flagged = overlapped(w); c.Flagged {
			flagged++
		}
		row.Cells = append(row.Cells, c)
		between := func(low, high athar.Num) string {
			return p.plain("figure.range", "low", p.Lang.Value(low, "level"), "high", p.Lang.Value(high, "level"))
		}
		share := func(n athar.Num) string { return p.Lang.Value(n, "percent") }
		counts := ""
		if w.Counts != nil {
			counts = between(w.Counts.Low, w.Counts.High)
		}
		v.Table.Rows = append(v.Table.Rows, []string{days, km, p.Lang.Value(w.Effect, "level"), between(w.Low, w.High), between(w.AdjLow, w.AdjHigh),
			p.Lang.Value(w.P, "p"), p.Lang.Value(w.PAdj, "p"), counts, p.Lang.Value(w.MDE, "level"),
			p.plain("wake.matched", "treated", w.MatchedTreated, "of", w.Treated, "control", w.MatchedControl, "of-control", w.Control),
			share(w.SO), share(w.MO), p.Lang.Value(w.L1Matched, "ratio"), p.Lang.Count(athar.Num(w.Blocks))})
	}
	if len(answered) == 0 {
		v.Says = []template.HTML{p.t("wake.nobody")}
		return v
	}
	best := slices.MinFunc(answered, func(a, b athar.Wake) int { return cmp.Or(cmp.Compare(a.PAdj, b.PAdj), cmp.Compare(a.P, b.P)) })
	if v.Some {
		v.Says = append(v.Says, p.t("wake.some", "n", len(answered), "fewer", down, "more", up, "treated", o.Treated, "control", o.Control,
			"days", best.Days, "km", best.Km, "effect", best.Effect, "low", best.AdjLow, "high", best.AdjHigh, "p", best.PAdj))
	} else {
		v.Says = append(v.Says, p.t("wake.none", "n", len(answered), "p", best.PAdj, "treated", o.Treated, "control", o.Control))
	}
	v.Says = append(v.Says, p.t("wake.could-show", "mde", answered[0].MDE, "days", answered[0].Days, "km", answered[0].Km))
	switch {
	case flagged == len(answered) && v.Some:
		v.Says = append(v.Says, p.t("wake.all-flagged-some"))
	case flagged == len(answered):
		v.Says = append(v.Says, p.t("wake.all-flagged"))
	case flagged > 0:
		v.Says = append(v.Says, p.t("wake.flagged", "n", flagged, "of", len(answered)))
		return v
	}
	for _, row := range v.Rows { // a mark on all tells none apart
		for k := range row.Cells {
			row.Cells[k].Flagged = false
		}
	}
	return v
}

// beyond reports whether a window differs from zero with all windows counted.
func beyond(w athar.Wake) bool { return w.AdjLow > 0 || w.AdjHigh < 0 }

// overlapped reports whether a window carries a warning about its data.
func overlapped(w athar.Wake) bool {
	return slices.ContainsFunc(w.Warnings, func(n athar.Note) bool { return n.Code == "wake-overlap" || n.Code == "wake-few-treated" })
}

func (p *page) frequency(f *athar.Frequency) *FrequencyView {
	if f.Refusal != nil {
		return &FrequencyView{Word: athar.CannotTell, Refused: p.refusal(f.Refusal).HTML()}
	}
	v := &FrequencyView{}
	answered := 0
	for _, c := range f.Contrasts {
		row := FrequencyRow{Asked: p.t("frequency.asked", "from", c.From, "to", c.To, "days", c.Days),
			Effective: p.t("frequency.effective", "n", min(c.Effective[0], c.Effective[1]), "of", c.Of)}
		if c.Refusal != nil {
			row.Word = athar.CannotTell
			if c.Refusal.Reason.Code != "stochint-effective-days" { // said by the number beside it
				row.Refused = p.refusal(c.Refusal).HTML()
			}
			v.Rows = append(v.Rows, row)
			continue
		}
		answered++
		row.Notes = c.Notes
		whole := c.Rings[len(c.Rings)-1]
		code := "frequency.unsure"
		if whole.Low > 0 {
			code = "frequency.more"
		} else if whole.High < 0 {
			code = "frequency.fewer"
		}
		row.Says = append(row.Says, p.t(code, "diff", p.Lang.Value(whole.Diff, "signed"), "low", p.Lang.Value(whole.Low, "signed"), "high", p.Lang.Value(whole.High, "signed"),
			"to", c.To, "from", c.From, "robust", whole.Robust))
		if len(c.Rings) > 1 {
			row.Says = append(row.Says, p.moved(c.Rings[:len(c.Rings)-1]))
		}
		row.Table.Head = p.head("distance", "events-from", "events-to", "difference", "interval", "interval-rings", "robust", "day-before")
		for _, g := range c.Rings {
			row.Table.Rows = append(row.Table.Rows, []string{p.distance(g), p.Lang.Value(g.FromEvents, "level"), p.Lang.Value(g.ToEvents, "level"), p.Lang.Value(g.Diff, "change"),
				p.plain("figure.range", "low", p.Lang.Value(g.Low, "level"), "high", p.Lang.Value(g.High, "level")),
				p.plain("figure.range", "low", p.Lang.Value(g.JointLow, "level"), "high", p.Lang.Value(g.JointHigh, "level")),
				p.Lang.Value(g.Robust, "ratio"), p.Lang.Value(g.Before, "change")})
		}
		for _, cut := range c.Cuts {
			row.Table.Rows = append(row.Table.Rows, []string{p.plain("frequency.cut", "share", 1-cut.Quantile), "", "", p.Lang.Value(cut.Diff, "change")})
		}
		row.Balance.Head = append(p.head("variable"), p.plain("frequency.unweighted"), p.plain("frequency.weighted", "n", c.From), p.plain("frequency.weighted", "n", c.To))
		for _, b := range c.Balance {
			row.Balance.Rows = append(row.Balance.Rows, []string{p.capital(p.Lang.Word("covariate", b.Covariate)), p.Lang.Value(b.Before, "change"),
				p.Lang.Value(b.After[0], "change"), p.Lang.Value(b.After[1], "change")})
		}
		v.Rows = append(v.Rows, row)
	}
	v.Says = p.t("frequency.answered", "n", answered, "of", len(f.Contrasts), "per-day", f.PerDay)
	if r := f.Residuals; r != nil {
		var not []string
		for _, x := range []struct {
			code string
			p    athar.Num
		}{{"frequency.days-not", r.Days}, {"frequency.serial-not", r.Serial}, {"frequency.places-not", r.Places}} {
			if x.p < .05 {
				not = append(not, p.plain(x.code, "p", x.p))
			}
		}
		if v.Model = p.t("frequency.describes", "days", r.Days, "serial", r.Serial, "places", r.Places); len(not) > 0 {
			v.Model = p.t("frequency.describes-not", "list", not)
		}
	}
	return v
}

// moved says whether a difference has both signs among the rings.
func (p *page) moved(rings []athar.FrequencyRing) template.HTML {
	up, down := false, false
	for _, g := range rings {
		up, down = up || g.JointLow > 0, down || g.JointHigh < 0
	}
	if up && down {
		return p.t("frequency.moved")
	}
	return p.t("frequency.not-moved")
}

// distance names a ring around the study's places.
func (p *page) distance(g athar.FrequencyRing) string {
	switch {
	case g.Whole:
		return p.plain("frequency.whole")
	case math.IsInf(float64(g.Outer), 1):
		return p.plain("frequency.beyond", "from", g.Inner)
	}
	return p.plain("role.band", "from", g.Inner, "to", g.Outer)
}

// Repeats is what single events say about one campaign.
type Repeats struct {
	Anchor string
	Rows   []RepeatRow
	Scan   []template.HTML // what the scan says of movement
	Found  Table           // its lows and highs, by date
	// Excited is what the self-exciting model says of events that follow others;
	// empty where it was not asked.
	Excited []athar.Note
	// Followers is what one event inside brings nearby; nil where it was not asked.
	Followers *FollowersView
	Table
}

// FollowersView is what one event brings nearby.
type FollowersView struct {
	Lead template.HTML
	// Word is CANNOT TELL for a refusal and where no direction is beyond doubt, else
	// empty.
	Word          athar.Verdict
	Before, After template.HTML
	Says          template.HTML
	More          []template.HTML // how far and soon they come, and what the model leaves
	Notes         []athar.Note
	Table
}

// RepeatRow is near repeats inside or around.
type RepeatRow struct {
	Where string
	// Word is CANNOT TELL for a refusal and where no direction is beyond doubt, else
	// empty.
	Word          athar.Verdict
	Before, After template.HTML
	Says          template.HTML
	Notes         []athar.Note
}

// Repeats is the block of single events of campaign i; nil where there is
// nothing to show.
func (p *page) Repeats(i int) *Repeats {
	c := p.Campaigns[i]
	v := &Repeats{Anchor: p.CampaignAnchor(i) + "-repeats"}
	for _, e := range c.Effects {
		if e.Method == "hawkes" && e.Question == athar.AskInside && e.Refusal == nil && v.Excited == nil {
			for _, n := range e.Warnings {
				if n.Code == "hawkes-alpha" || n.Code == "hawkes-upper-bound" {
					v.Excited = append(v.Excited, n)
				}
			}
		}
	}
	if c.SpaceTime != nil {
		for _, n := range c.SpaceTime.NearRepeats {
			v.add(p, n)
		}
		if c.SpaceTime.Scan != nil {
			v.scan(p, c.SpaceTime.Scan)
		}
		if c.SpaceTime.Followers != nil {
			v.Followers = p.followers(c.SpaceTime.Followers)
		}
	}
	if v.Rows == nil && v.Excited == nil && v.Scan == nil && v.Followers == nil {
		return nil
	}
	return v
}

// samePlace is the distance in km up to which two events have one position.
const samePlace = .001

func (v *Repeats) add(p *page, n athar.NearRepeat) {
	r := RepeatRow{Where: p.Lang.Word("role", "inside")}
	if n.Around {
		r.Where = p.Lang.Word("question", "ring")
	}
	side := func(s athar.NearRepeatSide) template.HTML {
		if s.Refusal != nil {
			return p.t("repeats.events", "n", s.Events)
		}
		return p.t("repeats.side", "pairs", s.Pairs, "expected", s.Expected, "ratio", s.Ratio, "p", s.P, "n", s.Events)
	}
	r.Before, r.After = side(n.Before), side(n.After)
	refused := n.Refusal
	for _, s := range []athar.NearRepeatSide{n.Before, n.After} {
		if refused == nil {
			refused = s.Refusal
		}
	}
	args := []any{"extra", p.Lang.Value(n.Extra, "change"), "low", p.Lang.Value(n.ExtraLow, "change"), "high", p.Lang.Value(n.ExtraHigh, "change"), "p", n.ExtraP}
	switch {
	case refused != nil:
		r.Word, r.Says = athar.CannotTell, p.refusal(refused).HTML()
	case n.Change > 0:
		r.Says = p.t("repeats.more", args...)
	case n.Change < 0:
		r.Says = p.t("repeats.fewer", args...)
	case known(n.ExtraLow):
		r.Word, r.Says = athar.CannotTell, p.t("repeats.unsure", args...)
	default:
		r.Word, r.Says = athar.CannotTell, p.t("repeats.no-interval", args...)
	}
	r.Notes = append(slices.Clone(n.Before.Warnings), n.After.Warnings...)
	r.Notes = slices.CompactFunc(r.Notes, func(a, b athar.Note) bool { return a.Code == b.Code })
	v.Rows = append(v.Rows, r)
	if refused != nil {
		return
	}
	v.Table.Head = p.head("distance", "days", "pairs-before", "ratio-before", "pairs-after", "ratio-after")
	v.Table.Rows = append(v.Table.Rows, []string{r.Where})
	for k := range n.Before.Cells {
		if k >= len(n.After.Cells) {
			break
		}
		b, a := n.Before.Cells[k], n.After.Cells[k]
		space, time := n.Before.Space[k/len(n.Before.Time)], n.Before.Time[k%len(n.Before.Time)]
		if math.IsInf(float64(space.To), 1) || math.IsInf(float64(time.To), 1) {
			continue // the rest of all pairs
		}
		where := p.plain("repeats.band", "from", space.From, "to", space.To)
		switch {
		case space.To <= samePlace:
			where = p.plain("repeats.same")
		case space.From <= samePlace:
			where = p.plain("repeats.another", "to", space.To)
		}
		when := p.plain("repeats.days", "from", int(time.From), "to", int(time.To)-1) // days are whole
		switch {
		case time.To <= 1:
			when = p.plain("repeats.day")
		case time.To-time.From <= 1:
			when = p.Lang.Count(time.From)
		}
		v.Table.Rows = append(v.Table.Rows, []string{where, when,
			p.Lang.Count(athar.Num(b.Pairs)), p.Lang.Value(b.Ratio, "ratio"), p.Lang.Count(athar.Num(a.Pairs)), p.Lang.Value(a.Ratio, "ratio")})
	}
}

// scan says whether a low inside coincides with a high around, and lists what
// the scan found beyond chance.
func (v *Repeats) scan(p *page, s *athar.Scan) {
	if s.Refusal != nil {
		v.Scan = []template.HTML{p.refusal(s.Refusal).HTML()}
		return
	}
	c := s.Coincident
	args := []any{"p", c.P, "placebo", c.PPlacebo, "n", c.Placebos}
	switch {
	case c.Refusal != nil:
		v.Scan = append(v.Scan, p.refusal(c.Refusal).HTML())
	case c.Low == nil || c.High == nil || !(c.P <= .05):
		v.Scan = append(v.Scan, p.t("scan.apart", args...))
	case !known(c.PPlacebo):
		v.Scan = append(v.Scan, p.t("scan.together-alone", args...))
	case c.PPlacebo <= .05:
		v.Scan = append(v.Scan, p.t("scan.together", args...))
	default:
		v.Scan = append(v.Scan, p.t("scan.together-common", args...))
	}
	v.Found.Head = p.head("found", "areas", "days-span", "observed", "expected-margins", "p")
	for _, list := range []struct {
		word string
		of   []athar.Cylinder
	}{{"low", s.Low}, {"high", s.High}} {
		for _, x := range list.of {
			if !(x.P <= .05) {
				continue
			}
			var names []string
			for _, code := range x.Areas {
				name := p.Lang.Name(p.areas[code].Name)
				if name == "" {
					name = code
				}
				names = append(names, name)
			}
			v.Found.Rows = append(v.Found.Rows, []string{p.plain("scan." + list.word), p.Lang.Value(names, "list"), p.Lang.Span(x.Span),
				p.Lang.Count(athar.Num(x.Observed)), p.Lang.Value(x.Expected, "number"), p.Lang.Value(x.P, "p")})
		}
	}
}

// followers says how many events follow one nearby, and what has changed in that.
func (p *page) followers(f *athar.Followers) *FollowersView {
	v := &FollowersView{Lead: p.t("followers.lead", "km", f.Reach, "days", f.Horizon), Notes: f.Warnings}
	if f.Refusal != nil {
		v.Word, v.Says = athar.CannotTell, p.refusal(f.Refusal).HTML()
		v.Before = p.t("followers.events", "n", f.Before.Events, "days", f.Before.Days)
		v.After = p.t("followers.events", "n", f.After.Events, "days", f.After.Days)
		return v
	}
	side := func(s athar.FollowersSide) template.HTML {
		return p.t("followers.side", "alpha", s.Alpha, "low", s.Low, "high", s.High, "share", s.Share, "n", s.Events)
	}
	v.Before, v.After = side(f.Before), side(f.After)
	change := "followers.unsure"
	switch {
	case f.RatioLow > 1:
		change = "followers.more"
	case f.RatioHigh < 1:
		change = "followers.fewer"
	default:
		v.Word = athar.CannotTell
	}
	v.Says = p.t(change, "ratio", f.Ratio, "low", f.RatioLow, "high", f.RatioHigh, "p", f.RatioP)
	v.More = []template.HTML{p.t("followers.reach-"+f.Kernel, "half-km", f.HalfKm, "half-days", f.HalfDays, "most-km", f.MostKm, "most-days", f.MostDays, "same", f.SamePlace,
		"gain", max(f.AIC[1]-f.AIC[2], f.AIC[2]-f.AIC[1])),
		p.t("followers.residual", "uniform", f.Uniform, "serial", f.Serial, "dispersion", f.Dispersion)}
	v.Table.Head = append(p.head("role", "events"), p.plain("followers.days"), p.plain("followers.places"), p.plain("followers.followers"), p.Lang.Word("column", "interval"), p.plain("followers.share"))
	for _, s := range []struct {
		name string
		of   athar.FollowersSide
	}{{p.Lang.Word("column", "pre"), f.Before}, {p.plain("repeats.since"), f.After}} {
		v.Table.Rows = append(v.Table.Rows, []string{s.name, p.Lang.Count(athar.Num(s.of.Events)), p.Lang.Count(athar.Num(s.of.Days)), p.Lang.Count(athar.Num(s.of.Places)),
			p.Lang.Value(s.of.Alpha, "level"), p.plain("figure.range", "low", p.Lang.Value(s.of.Low, "level"), "high", p.Lang.Value(s.of.High, "level")), p.Lang.Value(s.of.Share, "percent")})
	}
	return v
}
