package adapt

import "athar"

// Facts are what the confounders are checked against besides the pattern
// itself.
type Facts struct {
	Others int    // other campaigns that reach the same place and time
	Placed bool   // the data say how well places are known
	Before Coarse // events known less well than to a district
	After  Coarse
	// Unknown counts events by actors that nobody named, where the data can tell.
	Unknown struct {
		Asked         bool
		Before, After int
	}
}

// Coarse counts events, and those among them with a coarse place.
type Coarse struct{ N, Coarse int }

// Share is the share of coarse places; 0 without events.
func (c Coarse) Share() float64 {
	if c.N == 0 {
		return 0
	}
	return float64(c.Coarse) / float64(c.N)
}

// Check goes through the confounders of every indicator (METHODS.md C8): each
// is quiet, fired, or blind because these data cannot show it.
func Check(p *athar.Pattern, f Facts) []athar.Guard {
	return []athar.Guard{
		number(p), season(p), dated(p), campaigns(f), places(f), actors(f),
		{Code: "check-reporting", Status: athar.Blind, Says: athar.NewNote("check-reporting-blind")},
		{Code: "check-claims", Status: athar.Blind, Says: athar.NewNote("check-claims-blind")},
		{Code: "check-codebook", Status: athar.Blind, Says: athar.NewNote("check-codebook-blind")},
	}
}

// number says whether the rate of events itself changed by a quarter or more.
func number(p *athar.Pattern) athar.Guard {
	var n [2]int
	for _, r := range p.Records {
		if !p.Areas[r.Area].Near() {
			continue
		}
		switch d := r.When.Mid(); {
		case p.Before.Has(d):
			n[0] += r.N
		case p.After.Has(d):
			n[1] += r.N
		}
	}
	before := float64(n[0]) / float64(max(1, p.Before.Days()))
	after := float64(n[1]) / float64(max(1, p.After.Days()))
	g := athar.Guard{Code: "check-number", Status: athar.Quiet,
		Says: athar.NewNote("check-number-quiet", "before", n[0], "after", n[1])}
	if max(before, after) >= 1.25*min(before, after) && n[0]+n[1] > 0 {
		g.Status, g.Says = athar.Fired, athar.NewNote("check-number-fired", "before", n[0], "after", n[1],
			"perweekbefore", athar.Num(7*before), "perweekafter", athar.Num(7*after))
	}
	return g
}

// season says whether the days after have counterparts in the same months
// before.
func season(p *athar.Pattern) athar.Guard {
	months := map[int]bool{}
	for d := p.Before.First; d <= p.Before.Last; d += 7 {
		months[int(d.Time().Month())] = true
	}
	for d := p.After.First; d <= p.After.Last; d += 7 {
		if !months[int(d.Time().Month())] {
			return athar.Guard{Code: "check-season", Status: athar.Fired, Says: athar.NewNote("check-season-fired")}
		}
	}
	if len(months) < 12 || p.After.Days() >= 330 {
		return athar.Guard{Code: "check-season", Status: athar.Quiet, Says: athar.NewNote("check-season-quiet")}
	}
	return athar.Guard{Code: "check-season", Status: athar.Fired, Says: athar.NewNote("check-season-unlike", "days", p.After.Days())}
}

// dated says which named circumstances fall on the two sides unequally: their
// shares of the days differ by a tenth or more.
func dated(p *athar.Pattern) athar.Guard {
	share := func(side athar.Span, name string) float64 {
		days := 0
		for _, c := range p.Calendar {
			if c.Name.En == name {
				days += side.Overlap(c.When)
			}
		}
		return float64(days) / float64(max(1, side.Days()))
	}
	worst, gap, seen := athar.Names{}, 0.0, map[string]bool{}
	for _, c := range p.Calendar {
		if seen[c.Name.En] {
			continue
		}
		seen[c.Name.En] = true
		d := share(p.After, c.Name.En) - share(p.Before, c.Name.En)
		if d < 0 {
			d = -d
		}
		if d > gap {
			worst, gap = c.Name, d
		}
	}
	if gap < 0.1 {
		return athar.Guard{Code: "check-calendar", Status: athar.Quiet, Says: athar.NewNote("check-calendar-quiet")}
	}
	return athar.Guard{Code: "check-calendar", Status: athar.Fired, Says: athar.NewNote("check-calendar-fired", "what", worst,
		"before", athar.Num(share(p.Before, worst.En)), "after", athar.Num(share(p.After, worst.En)))}
}

func campaigns(f Facts) athar.Guard {
	if f.Others == 0 {
		return athar.Guard{Code: "check-campaigns", Status: athar.Quiet, Says: athar.NewNote("check-campaigns-quiet")}
	}
	return athar.Guard{Code: "check-campaigns", Status: athar.Fired, Says: athar.NewNote("check-campaigns-fired", "n", f.Others)}
}

// places says whether the share of coarse places changed by a tenth or more.
func places(f Facts) athar.Guard {
	g := athar.Guard{Code: "check-places", Status: athar.Quiet}
	b, a := f.Before.Share(), f.After.Share()
	switch {
	case !f.Placed:
		g.Status, g.Says = athar.Blind, athar.NewNote("check-places-blind")
	case max(a-b, b-a) >= 0.1:
		g.Status, g.Says = athar.Fired, athar.NewNote("check-places-fired", "before", athar.Num(b), "after", athar.Num(a))
	default:
		g.Says = athar.NewNote("check-places-quiet", "before", athar.Num(b), "after", athar.Num(a))
	}
	return g
}

func actors(f Facts) athar.Guard {
	if !f.Unknown.Asked {
		return athar.Guard{Code: "check-actors", Status: athar.Blind, Says: athar.NewNote("check-actors-blind")}
	}
	return athar.Guard{Code: "check-actors", Status: athar.Fired, Says: athar.NewNote("check-actors-fired", "before", f.Unknown.Before, "after", f.Unknown.After)}
}
