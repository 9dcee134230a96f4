package assess

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
)

// second writes another table over the areas and months of [world], with the
// given mean and factor inside from the campaign's start on, rows in random order if
// shuffled.
func second(t *testing.T, dir, name string, mean, inside float64, shuffled bool) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 9))
	var rows []string
	for i := range 40 {
		for m := range 36 {
			mu := mean
			if i < 8 && m >= 24 {
				mu *= inside
			}
			rows = append(rows, fmt.Sprintf("A%02d,%d-%02d,%d\n", i, 2018+m/12, 1+m%12, int(distuv.Poisson{Lambda: mu, Src: rng}.Rand())))
		}
	}
	if shuffled {
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("area,period,count\n"+strings.Join(rows, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

func guard(t *testing.T, r *athar.Report, code string) athar.Guard {
	t.Helper()
	i := slices.IndexFunc(r.Campaigns[0].Guards, func(g athar.Guard) bool { return g.Code == code })
	if i < 0 {
		t.Fatalf("no guard %s", code)
	}
	return r.Campaigns[0].Guards[i]
}

// A fall of 40 % inside: other datasets and counts that should not move are set
// beside it, and the headline's estimate is that of the first dataset alone.
func TestBesides(t *testing.T) {
	if testing.Short() {
		t.Skip("several runs")
	}
	run := func(again, control float64, shuffled bool) *athar.Report {
		file := world(t, .6, 1, "negative_controls:\n  - {name: {en: Protests, ar: احتجاجات}, data: p}\n")
		second(t, filepath.Dir(file), "again.csv", 6, again, shuffled)
		second(t, filepath.Dir(file), "protests.csv", 4, control, shuffled)
		edit(t, file, func(s string) string {
			return strings.Replace(s, "areas:\n", "  - {name: Second list, file: again.csv, format: counts, period: month, compare: true, licence: made up, citation: made up}\n"+
				"  - {name: p, file: protests.csv, format: counts, period: month, control: true, licence: made up, citation: made up}\nareas:\n", 1)
		})
		return mustRun(t, file)
	}
	alone := finding(t, mustRun(t, world(t, .6, 1, "")), "c/inside/during")
	for _, c := range []struct {
		name                                  string
		again, control                        float64
		word                                  athar.Verdict
		datasets, reporting, negativeControls athar.Status
	}{
		{"both agree", .6, 1, athar.Decline, athar.Quiet, athar.Quiet, athar.Quiet},
		{"the other list rises", 1.6, 1, athar.NotRobust, athar.Fired, athar.Fired, athar.Quiet},
		{"the control falls", .6, .6, athar.NotRobust, athar.Quiet, athar.Quiet, athar.Fired},
	} {
		r := run(c.again, c.control, false)
		f := finding(t, r, "c/inside/during")
		if f.Headline.RR != alone.Headline.RR || f.Headline.Low != alone.Headline.Low {
			t.Errorf("%s: the headline is %v, alone it is %v", c.name, f.Headline.RR, alone.Headline.RR)
		}
		if f.Verdict != c.word {
			t.Errorf("%s: %s", c.name, f.Verdict)
		}
		for code, want := range map[string]athar.Status{"datasets": c.datasets, "reporting": c.reporting, "negative-control": c.negativeControls} {
			if g := guard(t, r, code); g.Status != want {
				t.Errorf("%s: %s is %s %v", c.name, code, g.Status, g.Says)
			}
		}
		if r.Campaigns[0].Guards[0].Code != "negative-control" {
			t.Errorf("%s: %s stands first", c.name, r.Campaigns[0].Guards[0].Code)
		}
		k := slices.IndexFunc(f.Methods, func(m athar.MethodView) bool { return m.Spec == "data=Second_list" })
		if k < 0 || f.Methods[k].Refusal != nil || (f.Methods[k].RR < 1) != (c.again < 1) {
			t.Errorf("%s: methods %+v", c.name, f.Methods)
		}
		if len(r.Data) != 3 {
			t.Errorf("%s: %d datasets are listed", c.name, len(r.Data))
		}
	}
	a, _ := json.Marshal(run(.6, 1, false).Campaigns)
	b, _ := json.Marshal(run(.6, 1, true).Campaigns)
	if string(a) != string(b) {
		t.Error("the order of rows matters")
	}
}

// Every headline is asked of the other dataset: of a campaign, of all together and
// of a total. A copy of the study's own data says what they say.
func TestACopySaysTheSame(t *testing.T) {
	file := world(t, .6, 1, "totals:\n  - {id: x, name: X, from: 2020-01-01, to: 2020-12-31}\n")
	edit(t, file, func(s string) string {
		s = strings.Replace(s, "areas:\n", "  - {name: Copy, file: counts.csv, format: counts, period: month, compare: true, coverage: [{from: 2017-06, to: 2021-12}], licence: made up, citation: made up}\nareas:\n", 1)
		return strings.Replace(s, "claims:\n", "  - {id: e, name: E, footprint: {areas: [A30, A31, A32]}, start: 2020-03-01, end: 2020-05-31}\nclaims:\n", 1)
	})
	r := mustRun(t, file)
	list := append(slices.Clone(r.Pooled.Findings), finding(t, r, "c/inside/during"), finding(t, r, "total/x"))
	n := 0
	for _, f := range list {
		if f.Headline == nil || f.Headline.Refusal != nil {
			continue
		}
		k := slices.IndexFunc(f.Methods, func(m athar.MethodView) bool { return m.Spec == "data=Copy" })
		if k < 0 || f.Methods[k].RR != f.Headline.RR || f.Methods[k].Low != f.Headline.Low || f.Methods[k].High != f.Headline.High {
			t.Errorf("%s: %v (%v to %v), the copy %+v", f.ID, f.Headline.RR, f.Headline.Low, f.Headline.High, f.Methods)
		}
		n++
	}
	if n < 6 {
		t.Errorf("%d findings have an answer", n)
	}
	has := func(list []athar.Guard) bool {
		return slices.ContainsFunc(list, func(g athar.Guard) bool { return g.Code == "datasets" && g.Status == athar.Quiet })
	}
	if !has(r.Pooled.Guards) || !has(r.Totals[0].Guards) {
		t.Errorf("guards %v, %v", r.Pooled.Guards, r.Totals[0].Guards)
	}
}

// A second list that ends before the campaign, or is coarser than the study, is
// refused and takes nothing away.
func TestComparedCannotAnswer(t *testing.T) {
	file := world(t, .6, 1, "")
	second(t, filepath.Dir(file), "again.csv", 6, 1.6, false)
	edit(t, file, func(s string) string {
		return strings.Replace(s, "areas:\n", "  - {name: old, file: again.csv, format: counts, period: month, compare: true, coverage: [{from: 2018-01, to: 2019-06}], licence: made up, citation: made up}\n"+
			"  - {name: coarse, file: years.csv, format: counts, period: year, compare: true, licence: made up, citation: made up}\nareas:\n", 1)
	})
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "years.csv"), []byte("area,period,count\nA00,2018,40\nA00,2020,10\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, file)
	f := finding(t, r, "c/inside/during")
	refused := 0
	for _, m := range f.Methods {
		if strings.HasPrefix(m.Spec, "data=") && m.Refusal != nil {
			refused++
		}
	}
	// Nothing but the study's own data speaks of reporting.
	if f.Verdict != athar.Decline || refused != 2 || guard(t, r, "datasets").Says.Code != "guard-datasets-blind" || guard(t, r, "reporting").Says.Code != "guard-reporting-frail" {
		t.Errorf("%s, %d refused, %v, %v", f.Verdict, refused, guard(t, r, "datasets").Says, guard(t, r, "reporting").Says)
	}
}

// Dates in doubt are drawn; where they agree, nothing is.
func TestDatesAreDrawn(t *testing.T) {
	file := world(t, .6, 1, "")
	if g := guard(t, mustRun(t, file), "dates"); g.Says.Code != "guard-dates-sure" {
		t.Errorf("%v", g)
	}
	edit(t, file, func(s string) string {
		return strings.Replace(strings.Replace(s, "start: 2020-01-01", "start: {from: 2019-10-10, to: 2020-01-31}", 1), "end: 2020-06-30", "end: {from: 2020-05-01, to: 2020-08-15}", 1)
	})
	r := mustRun(t, file)
	g := guard(t, r, "dates")
	f := finding(t, r, "c/inside/during")
	k := slices.IndexFunc(f.Methods, func(m athar.MethodView) bool { return m.Spec == datesSpec })
	if k < 0 {
		t.Fatalf("methods %+v, guard %v", f.Methods, g)
	}
	// Draws before January count months without an effect as during: nearer to 1.
	if m := f.Methods[k]; !(m.RR > f.Headline.RR && m.RR < 1) || f.Verdict != athar.Decline || g.Says.Code != "guard-dates-fmi" {
		t.Errorf("drawn %v, headline %v, %s, %v", m.RR, f.Headline.RR, f.Verdict, g.Says)
	}
}
