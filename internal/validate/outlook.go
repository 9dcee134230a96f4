package validate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"athar"
	"athar/outlook"
	"athar/sim"
	"athar/stat"
)

// A model may be shown in at most 5% of worlds in which no model can know more
// than the rules; reached because the tuned moment rule is then as good as it gets.
const shownHigh = .05

// climate is a world of monthly counts: mean events, counts with variance phi
// times the mean, log intensities with standard deviation sd of which the share rho stays
// from month to month, a yearly wave on the log scale, and campaigns that multiply the mean.
type climate struct {
	says             string
	months           int
	mean, phi        float64
	rho, sd          float64
	season, campaign float64
	lag, horizon     int
}

func (c climate) series(r *rand.Rand) outlook.Series {
	s := outlook.Series{ID: "world", Unit: "country", Count: make([]float64, c.months)}
	u := c.sd * r.NormFloat64()
	under := false
	for t := range c.months {
		first := athar.Date(2000, time.January+time.Month(t), 1)
		s.Months = append(s.Months, athar.Span{First: first, Last: athar.Date(2000, time.February+time.Month(t), 1) - 1})
		u = c.rho*u + math.Sqrt(1-c.rho*c.rho)*c.sd*r.NormFloat64()
		eta := u + c.season*math.Cos(math.Pi*float64(t)/6)
		if c.campaign > 0 {
			if r.Float64() < 1./12 { // campaigns and pauses of a year on average
				under = !under
			}
			share := 0.0
			if under {
				share = 1
				eta += math.Log(c.campaign)
			}
			s.Campaign = append(s.Campaign, share)
		}
		s.Count[t] = stat.NegBin(r, c.mean*math.Exp(eta), c.phi)
	}
	return s
}

// Outlook writes how often a model is shown, from reps replicates of worlds in
// which there is nothing to foretell and a quarter of that of others.
func Outlook(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	few := max(1, reps/4)
	t.text(`# Outlook: simulations with a known truth

Single series, 200 draws a forecast, 500 bootstrap samples, otherwise the defaults; seed %d. *Better* is the share of replicates in which some model has a lower mean CRPS than
every rule, which is all that a comparison without an interval would ask for. *Skill* (against resampling the last 12 months) and *coverage* (of the 90%% interval) are means over
the replicates in which a model was shown.

## Nothing to foretell: %d replications, shown in at most 5%%

Every month is drawn from the same distribution.

`, seed, reps)
	head := "| world | months | foretold | better % | shown % | by | skill | coverage % |\n|---|---|---|---|---|---|---|---|\n"
	t.text("%s", head)
	for _, c := range []climate{
		{says: "Poisson, mean 3", months: 84, mean: 3, phi: 1},
		{says: "Poisson, mean 15", months: 84, mean: 15, phi: 1},
		{says: "Poisson, mean 15", months: 54, mean: 15, phi: 1},
		{says: "negative binomial, mean 2, variance 4", months: 84, mean: 2, phi: 2},
		{says: "negative binomial, mean 8, variance 32", months: 84, mean: 8, phi: 4},
		{says: "negative binomial, mean 30, variance 240", months: 84, mean: 30, phi: 8},
		{says: "negative binomial, mean 8, variance 32; campaigns without effect", months: 84, mean: 8, phi: 4, campaign: 1},
		{says: "negative binomial, mean 8, variance 32; a month ahead, no lag", months: 84, mean: 8, phi: 4, lag: -1, horizon: 1},
	} {
		t.climate(c, reps, shownHigh)
	}
	t.text("\n## Something to foretell: %d replications\n\n", few)
	t.text("%s", head)
	for _, c := range []climate{
		{says: "season, e^.7 up and down, Poisson", months: 84, mean: 15, phi: 1, season: .7},
		{says: "season, e^.5 up and down, variance 3 times the mean", months: 84, mean: 15, phi: 3, season: .5},
		{says: "persistence .9, sd .8", months: 84, mean: 20, phi: 1, rho: .9, sd: .8},
		{says: "persistence .95, sd 1", months: 84, mean: 20, phi: 1, rho: .95, sd: 1},
		{says: "persistence .95, sd 1; a month ahead, no lag", months: 84, mean: 20, phi: 1, rho: .95, sd: 1, lag: -1, horizon: 1},
		{says: "persistence .9, sd .8", months: 240, mean: 20, phi: 1, rho: .9, sd: .8},
		{says: "persistence .95, sd 1", months: 240, mean: 20, phi: 1, rho: .95, sd: 1},
		{says: "persistence .95, sd 1; a month ahead, no lag", months: 240, mean: 20, phi: 1, rho: .95, sd: 1, lag: -1, horizon: 1},
		{says: "campaigns, on and off for a year on average, that leave a quarter of the events", months: 120, mean: 20, phi: 2, campaign: .25},
	} {
		t.climate(c, few, 1)
	}
	return t.err
}

func (t *tables) climate(c climate, reps int, high float64) {
	o := outlook.Options{Seed: seed, Draws: 200, Resamples: 500, Lag: c.lag, Horizon: c.horizon}
	var better, shown, skill, cover float64
	by, order := map[string]int{}, []string{}
	all := make([]outlook.Series, 1)
	for k := range reps {
		all[0] = c.series(stat.Stream(seed, "outlook/"+fmt.Sprint(c), k))
		a := outlook.Assess(all, o)[0]
		rule, model := math.Inf(1), math.Inf(1)
		for _, s := range a.Scores {
			if s.Baseline {
				rule = min(rule, float64(s.CRPS))
			} else {
				model = min(model, float64(s.CRPS))
			}
			if a.Shown && s.Model == a.Model {
				shown++
				skill += float64(s.Skill)
				cover += float64(s.Cover90)
				if by[s.Model]++; by[s.Model] == 1 {
					order = append(order, s.Model)
				}
			}
		}
		if model < rule {
			better++
		}
	}
	n := float64(reps)
	ahead := "3 to 8 months"
	if c.horizon == 1 {
		ahead = "1 month"
	}
	var names []string
	for _, m := range order {
		names = append(names, fmt.Sprintf("%s %d", m, by[m]))
	}
	t.text("| %s | %d | %s | %.0f | %s | %s |", c.says, c.months, ahead, 100*better/n, t.mark(sim.Rate{N: reps}, shown/n, 0, high), strings.Join(names, ", "))
	if shown == 0 {
		t.text(" | |\n")
		return
	}
	t.text(" %.2f | %.0f |\n", skill/shown, 100*cover/shown)
}
