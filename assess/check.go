package assess

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"athar"
	"athar/study"
)

// Check reads a study and everything that it names, and says in lines what was
// understood; it assesses nothing and shows no count after a campaign's start,
// so that a study can be corrected before any result is seen.
func Check(ctx context.Context, file string) ([]string, error) {
	s, err := study.Parse(file)
	if err != nil {
		return nil, err
	}
	in, g, unit, err := prepare(ctx, s)
	if err != nil {
		return nil, err
	}
	out := []string{fmt.Sprintf("%s: the study is in order", file)}
	for _, d := range in.info {
		out = append(out, fmt.Sprintf("%s: %s; %d rows, %d kept, %s to %s", d.File, d.Layout, d.Rows, d.Kept, d.First, d.Last))
		for _, r := range d.Rejected {
			line := fmt.Sprintf("  %d rows: %s", r.N, r.Reason)
			k := slices.IndexFunc(in.rejects, func(x athar.Reject) bool { return x.File == d.File && x.Reason == r.Reason })
			if k >= 0 { // rejects stand by file and line
				line += ", first " + sayReject(in.rejects[k])
			}
			out = append(out, line)
		}
	}
	out = append(out, fmt.Sprintf("%d areas, periods of a %s", len(in.areas), unit))
	out = append(out, in.saySpaceTime()...)
	out = append(out, in.sayHarm()...)
	sites, err := in.sites(g)
	if err != nil {
		return nil, err
	}
	for i, site := range sites {
		v := g.ForCampaign(site, others(sites, i), design(s))
		var pre, during, post int
		for _, p := range v.Periods {
			switch p.Phase {
			case athar.Pre:
				pre++
			case athar.During:
				during++
			case athar.Post:
				post++
			}
		}
		events := 0
		for r, a := range v.Areas {
			for t, p := range v.Periods {
				if a.Role == athar.Inside && p.Phase == athar.Pre {
					events += int(v.Count[v.At(r, t)])
				}
			}
		}
		out = append(out, fmt.Sprintf("%s: %d areas inside, %d rings; %d periods before with %d events inside, %d during, %d after",
			s.Campaigns[i].ID, len(site.Footprint), len(v.Rings), pre, events, during, post))
	}
	return out, nil
}

// saySpaceTime says what single events and operations there are.
func (in *inputs) saySpaceTime() []string {
	r, stretches := in.spaceTime()
	if r.Refusal != nil {
		return []string{"no single events with a day and a place: methods of space and time are not asked"}
	}
	out := []string{fmt.Sprintf("%d single events with a day and a place", r.Events)}
	for _, x := range r.Dropped {
		out = append(out, fmt.Sprintf("  %d others: %s", x.N, x.Reason))
	}
	if r.Operations == nil {
		return out
	}
	kinds := "operations (" + r.Operations.Treated.En
	if r.Operations.Control.En != "" {
		kinds += ", compared with " + r.Operations.Control.En
	}
	out = append(out, kinds+")")
	lost := in.operationsLost(shared(in.coverage, in.operations.coverage))
	for _, reason := range slices.Sorted(maps.Keys(lost)) {
		out = append(out, "  "+lost.say(reason))
	}
	for _, p := range in.study.Operations.Places {
		if in.set == nil || !in.set.HasPolygons() {
			break
		}
		if km := in.beyond(p.Lon, p.Lat); km > 0 {
			out = append(out, fmt.Sprintf("  %s lies %.0f km from the study's areas", p.Name.En, km))
		}
	}
	for _, x := range stretches {
		treated := 0
		for _, op := range x.ops {
			if op.treated {
				treated++
			}
		}
		out = append(out, fmt.Sprintf("  %s to %s: %d in question, %d to compare with", x.when.First, x.when.Last, treated, len(x.ops)-treated))
	}
	return out
}

// remedies say what to do about an operation that is left out.
var remedies = map[string]string{
	"coarse-day":          "give its day",
	"no-point":            "give its lat and lon",
	"coarse-place":        "its place must be known to about 25 km",
	"no-area":             "it lies outside the study's areas: check its lat and lon, or the areas",
	"no-number":           "write a number into the column, or take it out of operations.match",
	"events-not-recorded": "the group's events were not recorded then: check its date, and coverage under data and operations.data",
}

// sayReject says where a damaged row stands and what is wrong with it.
func sayReject(x athar.Reject) string {
	s := fmt.Sprintf("at %s:%d", x.File, x.Line)
	if x.Column != "" {
		s += fmt.Sprintf(", column %q", x.Column)
	}
	if x.Detail != "" {
		s += ": " + x.Detail
	}
	return s
}
