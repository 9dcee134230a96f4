package assess

import (
	"fmt"
	"slices"

	"athar"
	"athar/effect/spillover"
	"athar/panel"
	"athar/place"
	"athar/study"
)

// Reaches are the distances in km within which areas may share shocks in the
// spatial errors (METHODS.md B4); the middle one can take a direction away.
var Reaches = [3]float64{50, 100, 200}

// touching is the distance in km up to which an area counts as touching another:
// tables of distances and polygons of neighbours leave slivers of metres.
const touching = .1

// neighbours are the edges of rings whose first holds what touches the footprint and whose
// second all else within the last of the given edges.
func neighbours(km []float64) []float64 { return []float64{touching, km[len(km)-1]} }

// adjacentSpec is the Spec of the headline model with the areas that touch the
// footprint as its first ring.
const adjacentSpec = "rings=adjacent"

// near asks the headline model twice more about space: with errors for shocks that
// areas near each other share, and with the areas that touch the footprint as the
// first ring in place of a distance, which must agree in sign (METHODS.md B3, B4).
func (a *answers) near(s *study.Study, i int, in *inputs, g *panel.Grid, v *panel.View) {
	if a.noControl || in.set == nil {
		return
	}
	located := !slices.ContainsFunc(g.Areas, func(x athar.Area) bool { return x.Lon == 0 && x.Lat == 0 })
	for _, h := range Reaches {
		if !located {
			break
		}
		o := spillover.Options{Campaign: a.campaign, Spec: fmt.Sprintf("errors=conley-%g", h), Seed: a.seed, Draws: -1, Errors: spillover.Conley, Reach: h,
			Km: func(i, j int) float64 {
				x, y := &g.Areas[v.Area[i]], &g.Areas[v.Area[j]]
				return place.Km(x.Lon, x.Lat, y.Lon, y.Lat)
			}}
		if h == Reaches[1] {
			o.Draws = a.draws
		}
		e := spillover.Estimate(v.Panel, o).Effects
		widenAll(e, v.Panel)
		for _, x := range e {
			if h == Reaches[1] || x.Refusal == nil { // it refuses for all reaches alike: said once
				a.keep(x)
			}
			switch {
			case h == Reaches[1]:
				a.spatial = append(a.spatial, x)
			case x.Question == athar.AskInside && x.Refusal == nil:
				a.witnesses = append(a.witnesses, x)
			}
		}
	}

	d := design(s)
	if len(v.Rings) == 0 || len(d.Rings) == 0 {
		return
	}
	sites, err := in.sites(g)
	if err != nil {
		return // the run has seen it already
	}
	d.Rings = neighbours(d.Rings)
	w := g.ForCampaign(sites[i], others(sites, i), d)
	if len(w.Rings) != 2 {
		a.notes = append(a.notes, athar.NewNote("adjacent-merged", "need", d.MinRing))
		return
	}
	e := a.likeHeadline(w.Panel)
	widenAll(e, w.Panel)
	for _, x := range e {
		if x.Question == athar.AskRing && x.Ring != 1 {
			continue // what lies beyond the neighbours is no ring of the headline
		}
		x.Spec = adjacentSpec
		a.keep(x)
		a.adjacent = append(a.adjacent, x)
	}
}
