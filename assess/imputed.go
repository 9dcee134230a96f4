package assess

import (
	"context"
	"fmt"

	"athar"
	"athar/effect/pool"
	"athar/effect/spillover"
	"athar/impute"
	"athar/panel"
	"athar/place"
	"athar/source/monitored"
	"athar/study"
)

// imputed is the study's counts in several draws of coarse places and dates.
type imputed struct {
	grids []*panel.Grid // empty: nothing was drawn
	note  athar.Note
}

// draws reports whether places can and shall be drawn.
func (in *inputs) draws() bool {
	return in.study.Choices.Imputations > 0 && in.set != nil && in.set.HasPolygons()
}

// impute draws the places and days of events that the data know only roughly.
// Areas must have polygons, because a place is drawn on the map; counts that
// somebody else aggregated stay as they are in every draw.
func (in *inputs) impute(ctx context.Context, unit panel.Unit) (*imputed, error) {
	out := &imputed{}
	n := in.study.Choices.Imputations
	if !in.draws() {
		return out, nil
	}
	x := impute.New(in.events, in.set)
	uncertain := x.Uncertain()
	if uncertain == 0 {
		return out, nil
	}
	out.grids = make([]*panel.Grid, n)
	errs := make([]error, n)
	err := parallel(ctx, n, nil, func(d int) string {
		placed := x.Draw(in.study.Choices.Seed, d)
		out.grids[d], errs[d] = in.arrange(unit, func(g *panel.Grid) {
			for _, r := range in.rows {
				if !in.isEvents[r.file] {
					g.Add(r.area, r.when, r.n)
				}
			}
			for _, p := range placed {
				g.Add(p.Area, athar.Span{First: p.Day, Last: p.Day}, 1)
			}
		})
		return ""
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	left := 0
	for _, p := range x.Draw(in.study.Choices.Seed, 0) {
		if p.Why != "" {
			left++
		}
	}
	out.note = athar.Note{Code: "imputed-places", Args: map[string]any{"draws": n, "n": uncertain, "of": len(in.events), "left": left}}
	return out, err
}

// likeHeadline fits the headline model with the headline's kind of error: where
// that rested on dispersion, a draw in which clustering happens to be allowed
// must not answer with another kind, or the pool would mix the two.
func (a *answers) likeHeadline(p *athar.Panel) []athar.Effect {
	o := spillover.Options{Campaign: a.campaign, Seed: a.seed, Draws: -1}
	list := spillover.Estimate(p, o).Effects
	var other []athar.Effect
	for i, e := range list {
		if e.Inference != string(spillover.Clustered) || inferenceOf(a.headline, e) != string(spillover.Dispersion) {
			continue
		}
		if other == nil {
			o.Errors = spillover.Dispersion
			other = spillover.Estimate(p, o).Effects
		}
		list[i] = other[i]
	}
	return list
}

// imputed runs the headline model on every draw and pools what it says. The
// design is the one that was settled on the data as published. Intervals that
// rest on few events are widened as those of the headline are.
func (a *answers) imputed(v *panel.View, draws *imputed) {
	if len(draws.grids) == 0 || a.noControl {
		return
	}
	far := map[athar.Phase]float64{}
	a.drawn = pool.Run(len(draws.grids), func(d int) []athar.Effect {
		p := v.Recount(draws.grids[d])
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			far[ph] += p.Total(athar.Far, ph) / float64(len(draws.grids))
		}
		return a.likeHeadline(p)
	})
	for i := range a.drawn {
		widen(&a.drawn[i], far[a.drawn[i].Phase])
	}
	a.keep(a.drawn...)
	a.notes = append(a.notes, draws.note)
}

// watched reads when each area was watched, if the data entry says so.
func (in *inputs) watched(ctx context.Context, i int, d study.Data, format string) error {
	in.isEvents = append(in.isEvents, format != "counts" && format != "series")
	if d.Monitored == "" {
		if in.isEvents[i] && in.set != nil {
			in.unsaid = append(in.unsaid, d.Name)
		}
		in.partly = true
		return nil
	}
	if in.set == nil {
		return in.study.Complaint(fmt.Sprintf("data[%d].monitored", i), "the study has a single area, so no table can say which areas were watched", "write coverage instead")
	}
	list, ref, err := monitored.Read(ctx, in.study.Path(d.Monitored), d.Monitored)
	if err != nil {
		return err
	}
	find := study.Finder(in.areas)
	if in.watch == nil {
		in.watch = map[string][]athar.Span{}
	}
	for _, w := range list {
		code, problem := find(w.Area)
		if code == "" {
			return &place.Error{File: d.Monitored, Line: w.Line, Msg: problem}
		}
		in.watch[code] = append(in.watch[code], w.When)
	}
	in.files = append(in.files, ref)
	return nil
}

// unwatched lists the spans of s on which nobody watched an area. If some of
// the data have no table, areas that no table lists were watched for all that
// is known.
func (in *inputs) unwatched(area string, s athar.Span) []athar.Span {
	spans, listed := in.watch[area]
	if in.watch == nil || !listed && in.partly {
		return nil
	}
	var out []athar.Span
	next := s.First
	for _, w := range panel.Merge(spans) {
		if gap := (athar.Span{First: next, Last: min(w.First-1, s.Last)}); gap.Days() > 0 {
			out = append(out, gap)
		}
		next = max(next, w.Last+1)
	}
	if rest := (athar.Span{First: next, Last: s.Last}); rest.Days() > 0 {
		out = append(out, rest)
	}
	return out
}
