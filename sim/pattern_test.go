package sim

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"athar"
)

func patternWorld(t *testing.T, name string) PatternWorld {
	t.Helper()
	for _, w := range PatternWorlds() {
		if w.Name == name {
			return w
		}
	}
	t.Fatalf("no world %s", name)
	return PatternWorld{}
}

func TestSamePattern(t *testing.T) {
	w := patternWorld(t, "S10")
	a := w.Pattern(1, 3)
	if !reflect.DeepEqual(a, w.Pattern(1, 3)) {
		t.Error("the same replicate came out twice")
	}
	if reflect.DeepEqual(a.Records, w.Pattern(1, 4).Records) {
		t.Error("two replicates are the same")
	}
	if !slices.IsSortedFunc(a.Records, func(a, b athar.Record) int { return int(a.When.First - b.When.First) }) {
		t.Error("records are not in order of days")
	}
	for _, r := range a.Records {
		if !a.Before.Has(r.When.First) && !a.After.Has(r.When.First) || r.N != 1 || !r.HasDeaths {
			t.Fatalf("record %+v", r)
		}
	}
}

// What a world claims to change shows in its records, over many of them, and
// nothing else does.
func TestPatternTruth(t *testing.T) {
	const reps = 40
	for _, w := range PatternWorlds() {
		var n [2][2]float64       // events by group and side
		var busiest [2][2]float64 // share of the busiest area
		var weekly [2][2]float64  // dispersion of the weekly total, near
		var apart [2][2]float64   // share of the area's own class
		for k := range reps {
			p := w.Pattern(5, k)
			var area [2][nearAreas + farAreas]float64
			var week [2][2][weeksBefore]float64
			for _, r := range p.Records {
				side, first := 0, p.Before.First
				if p.After.Has(r.When.First) {
					side, first = 1, p.After.First
				}
				g := 0
				if !p.Areas[r.Area].Near() {
					g = 1
				}
				n[g][side]++
				area[side][r.Area]++
				week[g][side][(r.When.First-first)/7]++
				if r.Class == patternClasses[r.Area%len(patternClasses)] {
					apart[g][side]++
				}
			}
			for side, weeks := range []int{weeksBefore, weeksAfter} {
				for g, areas := range [][]float64{area[side][:nearAreas], area[side][nearAreas:]} {
					sum := 0.0
					for _, x := range areas {
						sum += x
					}
					busiest[g][side] += slices.Max(areas) / sum / reps
					m, v := sum/float64(weeks), 0.0
					for _, x := range week[g][side][:weeks] {
						v += (x - m) * (x - m) / float64(weeks-1)
					}
					weekly[g][side] += v / m / reps
				}
			}
		}
		for g, fall := range []float64{or(w.Fall, 1), or(w.FallFar, 1)} {
			if got := 2 * n[g][1] / n[g][0]; math.Abs(got/fall-1) > .06 {
				t.Errorf("%s, group %d: events after over before %.3f, want %.3f", w.Name, g, got, fall)
			}
			changes := g == 0 && w.Skew[0] != w.Skew[1]
			drop := busiest[g][0] - busiest[g][1]
			if changes && drop < .08 || !changes && math.Abs(drop) > .04 {
				t.Errorf("%s, group %d: share of the busiest area %.3f, then %.3f", w.Name, g, busiest[g][0], busiest[g][1])
			}
			own := apart[g][1]/n[g][1] - apart[g][0]/n[g][0]
			changes = g == 0 && w.Apart[0] != w.Apart[1]
			if changes && own < .1 || !changes && math.Abs(own) > .03 {
				t.Errorf("%s, group %d: share of the own class moves by %.3f", w.Name, g, own)
			}
			if g == 0 && w.Shared[1] == 0 && w.Shared[0] > 0 && weekly[g][1] > .6*weekly[g][0] {
				t.Errorf("%s: dispersion of weeks %.2f, then %.2f", w.Name, weekly[g][0], weekly[g][1])
			}
		}
	}
}

// Where provinces follow each other, their weeks go together; where each follows
// itself alone, they do not.
func TestPatternLinked(t *testing.T) {
	const reps = 20
	for _, name := range []string{"S10-linked", "S11-linked"} {
		var together [2]float64
		for k := range reps {
			p := patternWorld(t, name).Pattern(6, k)
			var week [2][nearAreas / provinceAreas][weeksBefore]float64
			for _, r := range p.Records {
				if !p.Areas[r.Area].Near() {
					continue
				}
				side, first := 0, p.Before.First
				if p.After.Has(r.When.First) {
					side, first = 1, p.After.First
				}
				week[side][r.Area/provinceAreas][(r.When.First-first)/7]++
			}
			for side, weeks := range []int{weeksBefore, weeksAfter} {
				for i := range week[side] {
					for j := range i {
						together[side] += stat.Correlation(week[side][i][:weeks], week[side][j][:weeks], nil) / 3 / reps
					}
				}
			}
		}
		if together[0] < .2 || (together[1] < .2) != (name == "S10-linked") || name == "S10-linked" && together[1] > .08 {
			t.Errorf("%s: weeks of provinces correlate %.2f before and %.2f after", name, together[0], together[1])
		}
	}
}
