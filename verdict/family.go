package verdict

import (
	"cmp"
	"math"
	"slices"

	"athar"
)

// Family marks the directions that many questions asked at once could produce
// by chance. There are two families: the inside questions of all campaigns,
// during and after, which are what a study is about; and all questions about
// rings and net. p-values are adjusted within a family by Holm's step-down
// rule, p(i) (m-i+1) made monotone. A direction whose adjusted p is above 0.05
// keeps its word, which rests on its own interval, but carries the guard
// "multiplicity" and chance as a rival explanation.
func Family(reports []athar.CampaignReport) {
	var first, second []*athar.Finding
	for i := range reports {
		for j := range reports[i].Findings {
			f := &reports[i].Findings[j]
			switch {
			case f.Headline == nil || f.Headline.Refusal != nil || math.IsNaN(float64(f.Headline.P)):
			case f.Question == athar.AskInside:
				first = append(first, f)
			case f.Question == athar.AskRing || f.Question == athar.AskNet:
				second = append(second, f)
			}
		}
	}
	holm(first)
	holm(second)
}

func holm(all []*athar.Finding) {
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
