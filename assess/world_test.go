package assess

import (
	"math"
	"testing"

	"athar"
	"athar/panel"
	"athar/sim"
)

// trial lays a replicate of a world out on its map.
func trial(t *testing.T, w sim.World, replicate int) Trial {
	t.Helper()
	places, err := w.Map()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := w.Panel(9, replicate)
	g, err := panel.NewGrid(w.Areas(places), panel.Month, []athar.Span{{First: p.Periods[0].First, Last: p.Periods[len(p.Periods)-1].Last}})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range p.Areas {
		for k, q := range p.Periods {
			g.Add(a.Code, q.Span, int(p.Count[p.At(i, k)]))
		}
	}
	c := w.Campaigns()[0]
	from, to := p.Periods[c.From].First, p.Periods[c.To-1].Last
	s := panel.Site{ID: c.ID, Footprint: c.Areas, Start: athar.Span{First: from, Last: from}, End: athar.Span{First: to, Last: to}}
	for i := range places {
		km := math.Inf(1)
		for _, j := range c.Areas {
			km = min(km, places[i].Km(places[j]))
		}
		s.Km = append(s.Km, km)
	}
	return Trial{Grid: g, Site: s, Seed: uint64(replicate), Draws: 200, Design: panel.Design{PreMonths: 24, PostMonths: 6, Rings: sim.RingKm, MinRing: 30},
		Between: func(i, j int) float64 { return places[i].Km(places[j]) }}
}

// What is not asked because there is no direction would not have changed a
// word.
func TestJudgeSaysWhatAStudySays(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	directions, none := 0, 0
	for _, w := range sim.Worlds() {
		switch w.Name {
		case "S2", "S5-inside", "S8":
			w.Level = 6
		default:
			continue
		}
		for k := range 5 {
			x := trial(t, w, k)
			short, err := Judge(x)
			if err != nil {
				t.Fatal(err)
			}
			full, err := JudgeAll(x)
			if err != nil {
				t.Fatal(err)
			}
			if len(short.Findings) != len(full.Findings) || len(short.Findings) == 0 {
				t.Fatalf("%s: %d findings, %d in full", w.Name, len(short.Findings), len(full.Findings))
			}
			any := 0
			for i, f := range short.Findings {
				if f.Verdict != full.Findings[i].Verdict {
					t.Errorf("%s, %d: %s is %s, in full %s", w.Name, k, f.ID, f.Verdict, full.Findings[i].Verdict)
				}
				if f.Question == athar.AskInside && f.Verdict != athar.Inconclusive && f.Verdict != athar.NoMaterialChange {
					any++
				}
			}
			if any > 0 {
				directions++
			} else {
				none++
			}
		}
	}
	if directions == 0 || none == 0 {
		t.Errorf("%d trials with a direction inside, %d without: both are needed", directions, none)
	}
}
