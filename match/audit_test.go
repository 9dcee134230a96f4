package match_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/match"
	"athar/match/actor"
)

func TestSensitivities(t *testing.T) {
	all, o := crash(t)
	got, err := match.Sensitivities(all, o)
	if err != nil {
		t.Fatal(err)
	}
	want := []match.Sensitivity{{0.5, 2, 1, 146, 33}, {1, 4, 2, 140, 34}} // rows of window_grid.csv
	if len(got) != 3 || !slices.Equal(got[:2], want) || got[2].Km != 8 || got[2].Days != 4 {
		t.Errorf("%v, want %v and the windows 8 km, 4 days", got, want)
	}
}

func TestSample(t *testing.T) {
	all, o := synthetic(t)
	o.Km, o.Days = 2, 0 // too narrow on purpose, so that something is missed
	res := find(t, all, o)
	a, err := match.Sample(all, o, res, 50, 7)
	if err != nil {
		t.Fatal(err)
	}
	matched := 0
	for _, c := range a.Cases {
		if c.Matched {
			matched++
		}
		if c.A.Source == c.B.Source || c.Matched != (c.Why == "") || c.Why == "outside-window" != (!c.Matched && (c.Km > 2 || c.Days > 0)) {
			t.Errorf("%+v", c)
		}
	}
	if matched != 50 || len(a.Cases) != matched+min(50, a.Near) || a.Matches != len(res.Links) || a.Near == 0 {
		t.Errorf("%d matches in %d cases of %d and %d", matched, len(a.Cases), a.Matches, a.Near)
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	again, err := match.Sample(all, o, find(t, all, o), 50, 7)
	if err != nil || !reflect.DeepEqual(a, again) {
		t.Errorf("shuffled rows changed the sample: %v", err)
	}
	if other, _ := match.Sample(all, o, res, 50, 8); reflect.DeepEqual(a, other) {
		t.Error("another seed draws the same sample")
	}
	if _, err := match.Sample(all[:10], o, res, 50, 7); err == nil {
		t.Error("a result of other records was taken")
	}
}

// The whole round: a reader who knows the truth fills the sample, and the
// interval of recall holds the share of true pairs that were matched.
func TestLabelsToAccuracy(t *testing.T) {
	all, o := synthetic(t)
	src := map[match.Ref]string{}
	for _, x := range []string{"A", "B", "C"} {
		for _, row := range table(t, "synth_1000_d"+x+".csv") {
			src[match.Ref{Source: "d" + x, ID: row["event"]}] = row["src"]
		}
	}
	o.Km = 1
	res := find(t, all, o)
	a, err := match.Sample(all, o, res, 1<<30, 1)
	if err != nil {
		t.Fatal(err)
	}
	var sheet bytes.Buffer
	if err := a.WriteCSV(&sheet); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&sheet).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(rows[0], "matched") {
		t.Error("the sheet tells the reader what was matched")
	}
	last := len(rows[0]) - 1
	matched, missed := 0, 0
	for i, row := range rows[1:] {
		row[last] = "no"
		if s := src[match.Ref{Source: row[0], ID: row[1]}]; s != "0" && s == src[match.Ref{Source: row[7], ID: row[8]}] {
			row[last] = "Yes"
			if a.Cases[i].Matched {
				matched++
			} else {
				missed++
			}
		}
	}
	unjudged := slices.IndexFunc(a.Cases, func(c match.Case) bool { return c.Matched })
	rows[1+unjudged][last] = ""
	matched--
	var filled bytes.Buffer
	csv.NewWriter(&filled).WriteAll(rows)
	labels, err := match.ReadLabels(&filled)
	if err != nil {
		t.Fatal(err)
	}
	acc, err := a.Evaluate(labels)
	if err != nil {
		t.Fatal(err)
	}
	if acc.Unlabelled != 1 || acc.Precision.K != matched || acc.Missed.K != missed || missed == 0 {
		t.Errorf("%+v; want %d right of the matches and %d missed", acc, matched, missed)
	}
	truth := float64(acc.Precision.K) / float64(acc.Precision.K+acc.Missed.K)
	if math.Abs(acc.Recall-truth) > 0.01 || acc.RecallLow > truth || acc.RecallHigh < truth {
		t.Errorf("recall %.3f (%.3f-%.3f), true %.3f", acc.Recall, acc.RecallLow, acc.RecallHigh, truth)
	}
	if _, err := a.Evaluate(append(labels, match.Label{A: match.Ref{Source: "dA", ID: "x"}})); err == nil {
		t.Error("a label of a pair outside the sample was taken")
	}
	l := labels[0]
	if _, err := a.Evaluate(append(labels, match.Label{A: l.B, B: l.A, Duplicate: !l.Duplicate})); err == nil {
		t.Error("contradicting labels were taken")
	}
	if _, err := match.ReadLabels(strings.NewReader("source_a,id_a,source_b,id_b,duplicate\na,1,b,1,maybe\n")); err == nil || !strings.Contains(err.Error(), "line 2, column 9") {
		t.Errorf("a label that is none: %v", err)
	}
}

// Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {29, 29, 0.8830, 1}} {
		if p := match.Wilson(c.k, c.n); math.Abs(p.Low-c.low) > 5e-5 || math.Abs(p.High-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, p.Low, p.High, c.low, c.high)
		}
	}
	if p := match.Wilson(0, 0); !math.IsNaN(p.Value) || p.Low != 0 || p.High != 1 {
		t.Errorf("none of none: %+v", p)
	}
}

func TestFindRefuses(t *testing.T) {
	one := func(change func(*match.Record)) []match.Record {
		r := []match.Record{{Ref: match.Ref{Source: "a", ID: "1"}}, {Ref: match.Ref{Source: "b", ID: "1"}}}
		change(&r[1])
		return r
	}
	ok := match.Options{Km: 5, Days: 2}
	for name, c := range map[string]struct {
		records []match.Record
		o       match.Options
		want    string
	}{
		"no window":    {one(func(*match.Record) {}), match.Options{}, "windows must be"},
		"NaN window":   {one(func(*match.Record) {}), match.Options{Km: math.NaN()}, "windows must be"},
		"one source":   {one(func(r *match.Record) { r.Source, r.ID = "a", "2" }), ok, "fewer than two"},
		"same id":      {append(one(func(*match.Record) {}), match.Record{Ref: match.Ref{Source: "b", ID: "1"}}), ok, "b 1: the identifier stands twice"},
		"no id":        {one(func(r *match.Record) { r.ID = "" }), ok, "needs a source and an identifier"},
		"off the map":  {one(func(r *match.Record) { r.Lat = 91 }), ok, "b 1: longitude 0, latitude 91 is not a place"},
		"NaN place":    {one(func(r *match.Record) { r.Lon = math.NaN() }), ok, "is not a place"},
		"ends early":   {one(func(r *match.Record) { r.When.First = 1 }), ok, "b 1: it ends on 1970-01-01, before it begins on 1970-01-02"},
		"uncertainty":  {one(func(r *match.Record) { r.Km = -1 }), ok, "uncertainty"},
		"codes":        {one(func(r *match.Record) { r.Codes = []string{"x"} }), ok, "1 codes for 0 taxonomies"},
		"not in order": {one(func(*match.Record) {}), match.Options{Km: 5, Order: []string{"a", "c"}}, "not in the order a, c"},
		"order twice":  {one(func(*match.Record) {}), match.Options{Km: 5, Order: []string{"a", "a"}}, "twice in the order"},
	} {
		if _, err := match.Find(c.records, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	tax := match.NewTaxonomy("kind", 1)
	if err := tax.Add("a", "x", "X"); err != nil {
		t.Fatal(err)
	}
	r := one(func(r *match.Record) { r.Codes = []string{"x"} })
	r[0].Codes = []string{"x"}
	if _, err := match.Find(r, match.Options{Km: 5, Taxonomies: []*match.Taxonomy{tax}}); err == nil || !strings.Contains(err.Error(), `b 1: taxonomy kind does not know the code "x"`) {
		t.Errorf("unknown code: %v", err)
	}
	if err := tax.Add("a", "x", "Y"); err == nil {
		t.Error("a contradicting code was taken")
	}
	if _, err := match.ReadTaxonomy("t", strings.NewReader("s,c,l1,l2\na,x,X\n")); err == nil {
		t.Error("a short row was taken")
	}
}

// The index finds what a loop over all pairs finds, at the poles and the date
// line too, whatever the uncertainty of place and date.
func TestIndexAgainstPairLoop(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for round := range 30 {
		centre := [2]float64{r.Float64()*360 - 180, r.Float64()*180 - 90}
		switch round % 5 {
		case 0:
			centre[1] = 89.9
		case 1:
			centre[1] = -89.9
		case 2:
			centre[0] = 180
		}
		var all []match.Record
		for i := range 120 {
			lon, lat := centre[0]+r.NormFloat64()*0.4, centre[1]+r.NormFloat64()*0.3
			if math.Abs(centre[1]) == 89.9 { // on all sides of the pole
				lon = r.Float64()*360 - 180
			}
			if lon > 180 {
				lon -= 360
			}
			first := athar.Day(r.IntN(30))
			rec := match.Record{Ref: match.Ref{Source: string(rune('a' + i%2)), ID: fmt.Sprint(i)}, When: athar.Span{First: first, Last: first}, Lon: lon, Lat: min(90, max(-90, lat))}
			if rec.Lon < -180 {
				rec.Lon += 360
			}
			if i%3 == 0 {
				rec.Km = []float64{0.5, 3, 25}[r.IntN(3)]
				rec.Days = r.IntN(4)
			}
			all = append(all, rec)
		}
		o := match.Options{Km: 1 + 20*r.Float64(), Days: r.IntN(3)}
		near := func(a, b match.Record) bool {
			rad := math.Pi / 180
			h := math.Pow(math.Sin((a.Lat-b.Lat)*rad/2), 2) + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*math.Pow(math.Sin((a.Lon-b.Lon)*rad/2), 2)
			d := 2 * 6371.0088 * math.Asin(math.Sqrt(h))
			days := max(a.When.First-b.When.First, b.When.First-a.When.First)
			return a.Source != b.Source && d <= o.Km+a.Km+b.Km && int(days) <= o.Days+a.Days+b.Days
		}
		rivals := map[match.Ref]int{}
		pairs := 0
		for i, a := range all {
			for _, b := range all[:i] {
				if near(a, b) {
					pairs++
					rivals[a.Ref]++
					rivals[b.Ref]++
				}
			}
		}
		res := find(t, all, o)
		if pairs > 0 && len(res.Links) == 0 {
			t.Fatalf("round %d: %d pairs are near and none was matched", round, pairs)
		}
		for _, l := range res.Links {
			if want := rivals[l.A] + rivals[l.B] - 2; l.Rivals != want {
				t.Errorf("round %d: %v has %d rivals, want %d", round, l, l.Rivals, want)
			}
			delete(rivals, l.A)
			delete(rivals, l.B)
		}
		for i, a := range all { // none that is free lies near another that is free
			for _, b := range all[:i] {
				if near(a, b) && rivals[a.Ref] > 0 && rivals[b.Ref] > 0 {
					t.Errorf("round %d: %v and %v are near and were left", round, a.Ref, b.Ref)
				}
			}
		}
	}
}

func TestFromEvents(t *testing.T) {
	day := athar.Date(2020, 6, 1)
	event := func(dataset, id, a, b string, kind athar.Kind, lon float64) athar.Event {
		return athar.Event{Dataset: dataset, ID: id, When: athar.Span{First: day, Last: day}, Lon: lon, Lat: 34, HasPoint: true, Place: athar.PlaceExact, Country: "Iraq", SideA: a, SideB: b, Kind: kind}
	}
	coarse := event("acled", "7", "IS", "", athar.Attack, 44)
	coarse.Place = athar.PlaceProvince
	nowhere := event("acled", "8", "IS", "", athar.Attack, 44)
	nowhere.HasPoint = false
	near := event("acled", "3", "Islamic State (Iraq)", "Civilians (Iraq)", athar.Attack, 46.3)
	near.Place = athar.PlaceNear
	in := match.FromEvents([]athar.Event{
		event("acled", "1", "Military Forces of Iraq (2014-)", "Islamic State (Iraq)", athar.Attack, 44),
		event("ged", "1", "Government of Iraq", "IS", athar.Clash, 44.01),
		event("acled", "2", "Military Forces of Turkey (2016-)", "PKK: Kurdistan Workers Party", athar.AirStrike, 44),
		near,
		event("ged", "3", "IS", "Civilians", athar.Attack, 46.1),
		event("acled", "4", "Unidentified Armed Group (Iraq)", "Civilians (Iraq)", athar.Attack, 48),
		event("ged", "4", "XXX645", "Civilians", athar.Attack, 48),
		event("acled", "5", "Government of Iran", "Civilians (Iraq)", athar.Attack, 49),
		event("ged", "5", "Government of Turkey", "Civilians", athar.Attack, 49),
		event("acled", "6", "Some New Front", "", athar.Arrest, 50),
		event("ged", "6", "Some New Front", "", athar.Attack, 50),
		coarse, nowhere,
	}, actor.Curated())
	if in.Left["no-point"] != 1 || in.Left["place-too-coarse"] != 1 || len(in.Records) != 11 {
		t.Errorf("%d records, left %v", len(in.Records), in.Left)
	}
	res := find(t, in.Records, match.Options{Km: 5, Days: 2, Taxonomies: in.Taxonomies})
	got := map[string]float64{}
	for _, l := range res.Links {
		got[l.A.ID+"-"+l.B.ID] = l.Score
	}
	// 1: kinds agree in the coarse level only, sides in the families. 4: the
	// same kind, both unknown.
	if want := map[string]float64{"1-1": 0.75, "3-3": 0.25, "4-4": 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("matched %v, want %v", got, want)
	}
}

func TestMatchTable(t *testing.T) {
	all, o := crash(t)
	var out bytes.Buffer
	if err := find(t, all, o).WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 56 || lines[0] != "source_a,id_a,source_b,id_b,score,km,days,rivals" || !slices.Contains(lines, "crash_data1,9,crash_data3,10,0.0000,0.082,1,2") {
		t.Errorf("%d lines:\n%s", len(lines), out.String())
	}
}
