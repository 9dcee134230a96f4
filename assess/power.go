package assess

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"athar"
	"athar/panel"
	"athar/power"
	"athar/study"
)

// PowerOptions of [Power].
type PowerOptions struct {
	Reps     int // histories a campaign; 0: 400
	Progress func(done, of int, what string)
}

// horizons are months after a campaign, beside the study's own.
var horizons = []int{3, 6, 12}

// Power says what the data of every campaign could show, from the counts before
// it alone. Of the campaign's own time only the calendar enters: which periods
// are monitored, and which cells another campaign reaches.
func Power(ctx context.Context, file string, o PowerOptions) (*power.Report, error) {
	s, err := study.Parse(file)
	if err != nil {
		return nil, err
	}
	in, g, unit, err := prepare(ctx, s)
	if err != nil {
		return nil, err
	}
	sites, err := in.sites(g)
	if err != nil {
		return nil, err
	}
	reps := cmp.Or(o.Reps, 400)
	r := &power.Report{Study: s.ID, Title: s.Title, Unit: string(unit), Seed: s.Choices.Seed, Reps: reps, Smallest: athar.Num(s.Choices.SmallestEffect)}
	// A task is one panel of one campaign: the study's own, and one for each
	// horizon that the data reach.
	type task struct {
		campaign, months int
		view             *panel.View
		rows             []power.Row
	}
	var tasks []task
	for i, c := range s.Campaigns {
		d := design(s)
		v := g.ForCampaign(sites[i], others(sites, i), d)
		pre := 0
		for _, p := range v.Periods {
			if p.Phase == athar.Pre && p.Days > 0 {
				pre++
			}
		}
		r.Campaigns = append(r.Campaigns, power.Campaign{ID: c.ID, Name: c.Name, Rings: v.Rings, Periods: pre, Rows: []power.Row{}})
		tasks = append(tasks, task{campaign: i, view: v})
		for _, h := range horizons {
			if d.PostMonths = h; h != s.Choices.PostMonths && panel.AddMonths(c.End.Last, h) <= in.span.Last {
				tasks = append(tasks, task{campaign: i, months: h, view: g.ForCampaign(sites[i], others(sites, i), d)})
			}
		}
	}
	err = parallel(ctx, len(tasks), o.Progress, func(k int) string {
		t := &tasks[k]
		c := r.Campaigns[t.campaign].ID
		q := power.Options{Task: fmt.Sprintf("%s/%d", c, t.months), Seed: s.Choices.Seed, Reps: reps, Finish: widenAll}
		if t.months > 0 {
			q.Phase = athar.Post
		}
		t.rows = power.Simulate(t.view.Panel, q)
		for i := range t.rows {
			t.rows[i].Months = t.months
		}
		return c
	})
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		c := &r.Campaigns[t.campaign]
		c.Rows = append(c.Rows, t.rows...)
	}
	for i := range r.Campaigns {
		rows := r.Campaigns[i].Rows
		slices.SortStableFunc(rows, func(a, b power.Row) int {
			after := func(r power.Row) int {
				if r.Phase == athar.Post {
					return 1
				}
				return 0
			}
			return cmp.Or(cmp.Compare(a.Ring, b.Ring), cmp.Compare(after(a), after(b)), cmp.Compare(window(a, s), window(b, s)))
		})
	}
	return r, nil
}

// window is the length of a row's post window in months, the study's own where
// none is given.
func window(r power.Row, s *study.Study) float64 {
	if r.Months == 0 {
		return math.Max(1, float64(s.Choices.PostMonths))
	}
	return float64(r.Months)
}
