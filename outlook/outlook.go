// Package outlook foretells the next months of a country or governorate, and
// says whether the forecast deserves to be seen.
//
// The package thinks that a forecast has to be earned. Every model is asked,
// month after month of the past, for months that it has not seen, with the
// delay with which data are published; so are rules that anybody could apply
// without a model. A model is shown only if it beat each of these rules, and by more than
// chance would let it. Usually none does, and the answer is that nothing better
// is known than the unit's own last months. The forecast says what comes if things
// go on as before; it says nothing about why, and units smaller than a
// governorate are refused.
package outlook

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"athar"
	"athar/stat"
)

// Series is the monthly counts of one unit.
type Series struct {
	ID   string
	Name athar.Names
	Unit string // country, governorate or all; anything else is refused
	// Months are whole calendar months without gaps.
	Months []athar.Span
	Count  []float64 // events of each month; NaN: not monitored
	// Campaign is the share of the month's days with a campaign under way, 0 to
	// 1; nil without campaigns.
	Campaign []float64
	// Near are the ids of neighbouring units among all series, for the baseline
	// that resamples them too; may be empty.
	Near []string
}

// Options are the choices of an outlook. The zero value is the default.
type Options struct {
	Seed uint64
	// Horizon is how many months are foretold, 1 to 12; 0 means 6.
	Horizon int
	// Lag is the delay of the data in months: with data up to month e the
	// first month foretold is e + Lag + 1. 0 means 2, a negative Lag none.
	Lag int
	// Draws is the size of every forecast's sample; 0 means 1,000, the least is 100.
	Draws int
	// Level is the level of the interval score, in (0, 1); 0 means .9.
	Level float64
	// Resamples is the number of block bootstrap samples; 0 means 2,000.
	Resamples int
	// Workers is how many series are worked on at once; 0 means one a
	// processor. It does not change the result.
	Workers int
}

func (o Options) withDefaults() Options {
	set := func(v *int, standard int) {
		if *v == 0 {
			*v = standard
		}
	}
	set(&o.Horizon, 6)
	set(&o.Lag, 2)
	set(&o.Draws, 1000)
	set(&o.Resamples, 2000)
	set(&o.Workers, runtime.GOMAXPROCS(0))
	if o.Level == 0 {
		o.Level = .9
	}
	o.Horizon, o.Lag, o.Draws = min(max(o.Horizon, 1), 12), max(o.Lag, 0), max(o.Draws, 100)
	return o
}

const (
	// needMonths is the shortest series for which anything is tried.
	needMonths = 36
	// training is how many months a forecast needs behind it.
	training = 24
	// needScored is how many different months there must be to foretell: four
	// blocks of six.
	needScored = 24
	// needEvents is how many events they must hold: with fewer, models and rules
	// differ by how they say zero.
	needEvents = 30
)

// Assess answers for every series, in their order. The units of one kind
// (Series.Unit) make up the pool of the global baseline.
//
// Rules: zeros; a Poisson about the last value; the last 12 months of all units,
// of the unit (conflictology), of the unit and its neighbours; a negative
// binomial with the moments of the last months. Models: ingarch, smooth and
// level, and mix, which pools their draws; each also with the campaign's share
// where there are campaigns. The model with the lowest mean CRPS over all
// forecasts is shown if that is below the mean of every rule and the 95% block
// bootstrap interval of its difference from the best rule lies below 0. Without
// the second condition half of the series in which every month is drawn from the same
// distribution would show one.
//
// An Outlook that is not shown has no forecast; one that was refused has no
// scores either. Else Months go on to e + Lag + Horizon, e the last month of
// data, and the months of the lag, for which nothing was scored, stay empty.
func Assess(all []Series, o Options) []athar.Outlook {
	o = o.withDefaults()
	out := make([]athar.Outlook, len(all))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(o.Workers, len(all)) {
		wg.Go(func() {
			for i := range next {
				out[i] = one(all, i, o)
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

// one is the outlook of series i.
func one(all []Series, i int, o Options) athar.Outlook {
	s := &all[i]
	a := athar.Outlook{ID: s.ID, Name: s.Name, Unit: s.Unit, Because: []athar.Note{}, Scores: []athar.Score{}, Months: s.Months,
		Observed: make([]athar.Num, len(s.Months)), Median: []athar.Num{}, Low50: []athar.Num{}, High50: []athar.Num{}, Low90: []athar.Num{}, High90: []athar.Num{}}
	because := func(n athar.Note) athar.Outlook {
		a.Because = append(a.Because, n)
		return a
	}
	if s.Unit != "country" && s.Unit != "governorate" && s.Unit != "all" {
		a.Months, a.Observed = nil, nil
		return because(athar.NewNote("outlook-unit"))
	}
	observed, total := 0, 0.0
	for t := range a.Observed {
		a.Observed[t] = athar.Num(math.NaN())
		if t < len(s.Count) && seen(s.Count[t]) {
			a.Observed[t] = athar.Num(s.Count[t])
			observed++
			total += s.Count[t]
		}
	}
	switch {
	case !monthly(s):
		return because(athar.NewNote("outlook-not-monthly"))
	case observed < needMonths:
		return because(athar.NewNote("outlook-short", "months", observed, "need", needMonths))
	case total == 0:
		return because(athar.NewNote("outlook-no-events"))
	}
	e := newEvaluation(all, i, o)
	months, events := e.reach()
	if months < needScored {
		return because(athar.NewNote("outlook-few-scored", "months", months, "need", needScored))
	}
	if events < needEvents {
		return because(athar.NewNote("outlook-few-events", "need", needEvents))
	}
	e.run()
	a.Scores = e.scores()
	best := slices.IndexFunc(a.Scores, func(s athar.Score) bool { return s.Model == e.rivals[e.model].name })
	won := a.Scores[best]
	args := []any{"crps", won.CRPS, "baseline_crps", athar.Num(e.mean(e.rule)),
		"months", months, "from", o.Lag + 1, "to", o.Lag + o.Horizon}
	switch {
	case !(e.mean(e.model) < e.mean(e.rule)):
		return because(athar.NewNote("outlook-not-better", args...))
	case !(won.High < 0):
		return because(athar.NewNote("outlook-not-certain", args...))
	}
	a.Shown, a.Model = true, won.Model
	because(athar.NewNote("outlook-shown", args...))
	if c := float64(won.Cover90); c < .8 || c > .98 {
		because(athar.NewNote("outlook-coverage", "share", athar.Num(c)))
	}
	e.course(&a)
	return a
}

func seen(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// monthly reports whether the months are whole calendar months in a row and
// counts and campaigns belong to them.
func monthly(s *Series) bool {
	if len(s.Count) != len(s.Months) || s.Campaign != nil && len(s.Campaign) != len(s.Months) {
		return false
	}
	for t, m := range s.Months {
		if m.First.Time().Day() != 1 || m != after(m.First-1) || t > 0 && m.First != s.Months[t-1].Last+1 {
			return false
		}
	}
	return true
}

// after is the calendar month that follows the day before its first.
func after(d athar.Day) athar.Span {
	y, m, _ := (d + 1).Time().Date()
	return athar.Span{First: d + 1, Last: athar.Date(y, m+1, 1) - 1}
}

// course adds the forecast of the shown model from the last month of data. The
// months of the lag have neither data nor a forecast that was scored.
func (e *evaluation) course(a *athar.Outlook) {
	e.models(len(e.y) - 1)
	n := len(e.y)
	nan := athar.Num(math.NaN())
	a.Months = slices.Clone(a.Months)
	lines := []*[]athar.Num{&a.Median, &a.Low50, &a.High50, &a.Low90, &a.High90}
	at := []float64{.5, .25, .75, .05, .95}
	for _, l := range lines {
		for range n {
			*l = append(*l, nan)
		}
	}
	for s := 1; s <= e.o.Lag+e.o.Horizon; s++ {
		a.Months = append(a.Months, after(a.Months[len(a.Months)-1].Last))
		a.Observed = append(a.Observed, nan)
		for k, l := range lines {
			v := nan
			if s > e.o.Lag {
				v = athar.Num(stat.Quantile(e.rivals[e.model].sample[s-e.o.Lag-1], at[k]))
			}
			*l = append(*l, v)
		}
	}
}

// calendar is the calendar month of row t, 0 to 11, also after the last row.
func (e *evaluation) calendar(t int) int { return (e.month + t) % 12 }

func firstMonth(s *Series) int { return int(s.Months[0].First.Time().Month() - time.January) }
