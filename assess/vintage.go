package assess

import (
	"context"
	"fmt"
	"math"

	"athar"
	"athar/study"
)

// Move is a finding under two versions of a dataset.
type Move struct {
	ID          string
	Old, New    athar.Verdict
	OldRR       athar.Num // NaN where there is no estimate
	NewRR       athar.Num
	WordsDiffer bool
}

// Moves assesses a study twice, with the old and with the new version of a
// dataset of its lake, and lists the findings whose word or ratio differs. It
// fails if the study does not read that dataset.
func Moves(ctx context.Context, file, dataset, old, new string, o Options) ([]Move, error) {
	before, err := withVersion(ctx, file, dataset, old, o)
	if err != nil {
		return nil, err
	}
	after, err := withVersion(ctx, file, dataset, new, o)
	if err != nil {
		return nil, err
	}
	then := map[string]athar.Finding{}
	for _, f := range findings(before) {
		then[f.ID] = f
	}
	var out []Move
	for _, f := range findings(after) {
		m := Move{ID: f.ID, Old: then[f.ID].Verdict, New: f.Verdict, OldRR: ratio(then[f.ID]), NewRR: ratio(f)}
		m.WordsDiffer = m.Old != m.New
		if m.WordsDiffer || m.OldRR.String() != m.NewRR.String() {
			out = append(out, m)
		}
	}
	return out, nil
}

func withVersion(ctx context.Context, file, dataset, version string, o Options) (*athar.Report, error) {
	s, err := study.Parse(file)
	if err != nil {
		return nil, err
	}
	found := false
	for i := range s.Data {
		if d := &s.Data[i]; d.Format == "lake" && d.Dataset == dataset {
			d.Version, found = version, true
		}
	}
	if !found {
		return nil, fmt.Errorf("%s: no data entry has format lake and dataset %s", file, dataset)
	}
	r, err := run(ctx, s, file, o)
	if err != nil {
		return nil, fmt.Errorf("with %s %s: %w", dataset, version, err)
	}
	return r.Report, nil
}

func findings(r *athar.Report) []athar.Finding {
	var out []athar.Finding
	for _, c := range r.Campaigns {
		out = append(out, c.Findings...)
	}
	for _, t := range r.Totals {
		out = append(out, t.Findings...)
	}
	if r.Pooled != nil {
		out = append(out, r.Pooled.Findings...)
	}
	return out
}

func ratio(f athar.Finding) athar.Num {
	if f.Headline == nil || f.Headline.Refusal != nil {
		return athar.Num(math.NaN())
	}
	return f.Headline.RR
}
