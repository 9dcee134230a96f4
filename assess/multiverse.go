package assess

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/displace/wdd"
	"athar/effect/bsts"
	"athar/effect/did"
	"athar/effect/donor"
	"athar/effect/hawkes"
	"athar/effect/its"
	"athar/effect/sdid"
	"athar/effect/spillover"
	"athar/effect/synth"
	"athar/multiverse"
	"athar/panel"
	"athar/study"
)

// variants are the grids of a multiverse: the same areas and days, counted by
// other periods, classes and precisions of place.
type variants struct {
	grids map[variant]*panel.Grid
	units []string
}

type variant struct {
	unit    string
	classes int
	places  string
}

// variants counts the rows once for every combination that the multiverse
// declares.
func (in *inputs) variants(g *panel.Grid, unit panel.Unit) (*variants, error) {
	m := in.study.Multiverse
	out := &variants{grids: map[variant]*panel.Grid{}, units: m.Period}
	if len(out.units) == 0 {
		out.units = []string{string(unit)}
	}
	for _, u := range out.units {
		if u == string(panel.Week) && in.longest > 7 {
			return nil, in.study.Complaint("multiverse.period", "holds week, but the data have longer periods", "leave week out")
		}
		for c, set := range m.Classes {
			for _, places := range m.Places {
				v := variant{u, c, places}
				if u == string(unit) && len(set.Classes) == 0 && places == "all" {
					out.grids[v] = g
					continue
				}
				counted := func(r row) bool {
					return (len(set.Classes) == 0 || slices.Contains(set.Classes, in.classes[r.class])) && (places == "all" || !r.coarse)
				}
				x, err := in.arrange(panel.Unit(u), func(g *panel.Grid) {
					for _, r := range in.singles() {
						if counted(r) {
							g.Add(r.area, r.when, r.n)
						}
					}
				})
				if err != nil {
					return nil, err
				}
				in.date(x, counted)
				out.grids[v] = x
			}
		}
	}
	return out, nil
}

// engine arranges the multiverse of campaign i as the study declares it.
func (in *inputs) engine(i int, vs *variants, sites []panel.Site) *multiverse.Engine {
	s := in.study
	m, base := s.Multiverse, design(s)
	set := multiverse.Setup{Site: sites[i], Others: others(sites, i), Draws: m.Placebos, Seed: s.Choices.Seed, Base: -1}
	if in.set != nil {
		set.Km = in.between
	}
	axes := []athar.Dimension{
		{Name: "period", Values: vs.units}, {Name: "classes"}, {Name: "places", Values: m.Places}, {Name: "pre_months", Values: texts(m.PreMonths)},
		{Name: "wash_in", Values: texts(m.WashIn)}, {Name: "rings"}, {Name: "far", Values: m.Far}, {Name: "overlap", Values: m.Overlap},
		{Name: "donut", Values: texts(m.Donut)}, {Name: "outliers", Values: m.Outliers}}
	for _, c := range m.Classes {
		axes[1].Values = append(axes[1].Values, c.Name)
	}
	for _, r := range m.Rings {
		axes[5].Values = append(axes[5].Values, ringName(r))
	}
	choice := make([]int, len(axes))
	for more := true; more; {
		d := base
		d.PreMonths, d.WashIn = m.PreMonths[choice[3]], m.WashIn[choice[4]]
		rings := 0
		if r := m.Rings[choice[5]]; r.Touching {
			d.Rings, rings = neighbours(base.Rings), 2
		} else {
			d.Rings = r.Km
		}
		d.FarCountry, d.Overlap = m.Far[choice[6]] == "country", panel.Overlap(m.Overlap[choice[7]])
		w := multiverse.World{Choice: slices.Clone(choice), Grid: vs.grids[variant{vs.units[choice[0]], choice[1], m.Places[choice[2]]}],
			Design: d, Donut: m.Donut[choice[8]], Cap: m.Outliers[choice[9]] == "cap", Rings: rings}
		// Placebos are sought with the study's own choices, or with the first that
		// were declared in their place.
		own := d.PreMonths == base.PreMonths && d.WashIn == base.WashIn && slices.Equal(d.Rings, base.Rings) && d.FarCountry == base.FarCountry && w.Donut == 0 && !w.Cap
		if set.Base < 0 && own {
			set.Base = len(set.Worlds)
		}
		set.Worlds = append(set.Worlds, w)
		more = false
		for k := len(axes) - 1; k >= 0 && !more; k-- {
			if choice[k]++; choice[k] < len(axes[k].Values) {
				more = true
			} else {
				choice[k] = 0
			}
		}
	}
	set.Base = max(set.Base, 0)
	last := athar.Dimension{Name: "estimator", Values: m.Estimators}
	set.Dimensions = append(axes, last)
	for _, name := range m.Estimators {
		set.Estimators = append(set.Estimators, in.estimator(name, s.Campaigns[i].ID))
	}
	return multiverse.New(set)
}

func texts(list []int) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return out
}

func ringName(r study.RingSet) string {
	switch {
	case r.Touching:
		return study.Touches
	case len(r.Km) == 0:
		return "none"
	}
	parts := make([]string, len(r.Km))
	for i, x := range r.Km {
		parts[i] = athar.Num(x).String()
	}
	return strings.Join(parts, "/")
}

// estimator makes an estimator of the multiverse. Its full form is the one that
// the campaign's own table of effects holds.
func (in *inputs) estimator(name, campaign string) multiverse.Estimator {
	seed := in.study.Choices.Seed
	e := multiverse.Estimator{Name: name}
	poisson := func(p *athar.Panel) []athar.Effect {
		list := spillover.Estimate(p, spillover.Options{Campaign: campaign, Seed: seed, Draws: -1}).Effects
		widenAll(list, p)
		return list
	}
	series := func(spec string) {
		e.Scope = multiverse.InsideAlone
		fit := func(p *athar.Panel) []athar.Effect {
			sum, areas := its.Sum(p, func(x athar.PanelArea) bool { return x.Role == athar.Inside })
			return its.Estimate(sum, its.Options{Campaign: campaign, Areas: areas, Seed: seed, Draws: -1, Spec: spec}).Effects
		}
		e.Full = fit
		e.Lean = func() func(*athar.Panel, []float64) {
			return func(p *athar.Panel, out []float64) { points(fit(p), out) }
		}
	}
	course := func(point func(*donor.Pool) float64) func() func(*athar.Panel, []float64) {
		return func() func(*athar.Panel, []float64) {
			return func(p *athar.Panel, out []float64) {
				for j, ph := range multiverse.Phases {
					out[j] = math.NaN()
					if pool, refusal := donor.Of(p, ph); pool != nil && refusal == nil {
						out[j] = point(pool)
					}
				}
			}
		}
	}
	switch name {
	case "spillover":
		e.Full, e.Lean = poisson, multiverse.Poisson(true, 0)
	case "spillover-trend":
		e.Full = func(p *athar.Panel) []athar.Effect { return poisson(panel.Detrended(p)) }
		e.Lean = func() func(*athar.Panel, []float64) {
			fit := multiverse.Poisson(true, 0)()
			return func(p *athar.Panel, out []float64) { fit(panel.Detrended(p), out) }
		}
	case "did":
		e.Scope, e.Lean = multiverse.WithoutRings, multiverse.Poisson(false, did.MinEvents)
		e.Full = func(p *athar.Panel) []athar.Effect {
			return did.Estimate(p, did.PanelOptions{Campaign: campaign}).Effects
		}
	case "its-linear":
		series(its.Linear)
	case "its-no-trend":
		series(its.NoTrend)
	case "its-local-level":
		series(its.LocalLevel)
	case "sdid":
		e.Scope, e.Lean = multiverse.WithoutRings, course(sdid.Point)
		e.Full = func(p *athar.Panel) []athar.Effect {
			return sdid.Estimate(p, sdid.Options{Campaign: campaign, Seed: seed}).Effects
		}
	case "synth":
		e.Scope, e.Lean = multiverse.WithoutRings, course(synth.Point)
		e.Full = func(p *athar.Panel) []athar.Effect {
			return synth.Estimate(p, synth.Options{Campaign: campaign, Seed: seed}).Effects
		}
	case "self-exciting":
		e.Scope = multiverse.InsideDays
		e.Full = func(p *athar.Panel) []athar.Effect {
			return hawkes.Answer(daily(p, athar.Inside), hawkes.Question{Campaign: campaign, Spec: hawkes.Background})
		}
		e.Lean = func() func(*athar.Panel, []float64) {
			return func(p *athar.Panel, out []float64) { out[0], out[1] = hawkes.Ratios(daily(p, athar.Inside)) }
		}
	case "wdd":
		fit := func(p *athar.Panel) []athar.Effect {
			r := wdd.Estimate(p, wdd.Options{Campaign: campaign, Bare: true})
			if unlike(r) {
				for i := range r.Effects {
					r.Effects[i].Refusal = &athar.Refusal{Reason: r.Notes[0]}
				}
			}
			return r.Effects
		}
		e.Full = fit
		e.Lean = func() func(*athar.Panel, []float64) {
			return func(p *athar.Panel, out []float64) { points(fit(p), out) }
		}
	default:
		e.Scope = multiverse.WithoutRings
		e.Full = func(p *athar.Panel) []athar.Effect {
			return bsts.Estimate(p, bsts.Options{Campaign: campaign, Seed: seed}).Effects
		}
	}
	return e
}

// points copies ln RR inside by phase.
func points(list []athar.Effect, out []float64) {
	for j, ph := range multiverse.Phases {
		out[j] = math.NaN()
		for _, x := range list {
			if x.Phase == ph && x.Question == athar.AskInside && x.Refusal == nil && x.RR > 0 {
				out[j] = math.Log(float64(x.RR))
			}
		}
	}
}
