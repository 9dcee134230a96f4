package verdict

import (
	"cmp"
	"math"
	"slices"

	"athar"
)

// Family marks the directions that many questions asked at once could produce
// by chance. The family is every inside question of the study's campaigns,
// during and after; p-values are adjusted by Holm's step-down rule,
// p(i) (m-i+1) made monotone. A direction whose adjusted p is above 0.05 keeps
// its word, which rests on its own interval, but carries the guard
// "multiplicity" and chance as a rival explanation.
func Family(reports []athar.CampaignReport) {
	var all []*athar.Finding
	for i := range reports {
		for j := range reports[i].Findings {
			f := &reports[i].Findings[j]
			if f.Question == athar.AskInside && f.Headline != nil && f.Headline.Refusal == nil && !math.IsNaN(float64(f.Headline.P)) {
				all = append(all, f)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *athar.Finding) int { return cmp.Compare(a.Headline.P, b.Headline.P) })
	adjusted := 0.0
	for i, f := range all {
		adjusted = max(adjusted, min(1, float64(f.Headline.P)*float64(len(all)-i)))
		if !Directional(f.Verdict) || adjusted <= 0.05 {
			continue
		}
		f.Guards = append(f.Guards, "multiplicity")
		f.Because = append(f.Because, note("multiplicity", map[string]any{"n": len(all), "p": f.Headline.P, "adjusted": athar.Num(adjusted)}))
		f.Rivals = append(f.Rivals, note("rival-chance", map[string]any{"n": len(all)}))
	}
}
