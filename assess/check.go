package assess

import (
	"context"
	"fmt"

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
			out = append(out, fmt.Sprintf("  %d rows: %s", r.N, r.Reason))
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
	lost := func(what string, list []athar.ReasonCount) (out []string) {
		for _, x := range list {
			out = append(out, fmt.Sprintf("  %d %s: %s", x.N, what, x.Reason))
		}
		return out
	}
	if r.Refusal != nil {
		return []string{"no single events with a day and a place: methods of space and time are not asked"}
	}
	out := append([]string{fmt.Sprintf("%d single events with a day and a place", r.Events)}, lost("others", r.Dropped)...)
	if r.Operations == nil {
		return out
	}
	kinds := "operations (" + r.Operations.Treated.En
	if r.Operations.Control.En != "" {
		kinds += ", compared with " + r.Operations.Control.En
	}
	out = append(out, kinds+")")
	out = append(out, lost("left out", r.Operations.Dropped)...)
	for _, x := range stretches {
		treated := 0
		for _, op := range x.ops {
			if op.treated {
				treated++
			}
		}
		out = append(out, fmt.Sprintf("  %s to %s: %d in question, %d to compare with", x.when.First, x.when.Last, treated, len(x.ops)-treated))
	}
	if len(stretches) == 0 {
		out = append(out, "  none at a time at which the group's events were recorded")
	}
	return out
}
