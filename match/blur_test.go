package match_test

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"athar"
	"athar/internal/testdata"
	"athar/match"
	"athar/match/actor"
)

// Published events, and a copy of them blurred as another coder would, have a
// truth: the identifier. Iraq from 2014 to 2018 is as dense as real data are,
// and each source reports seven events in ten, so that many have no partner.
// The share of right partners is measured; docs/validation/duplicates.md has
// the figures.
func TestBlurredCopy(t *testing.T) {
	load := func(file, dataset string) []athar.Event {
		f, err := os.Open(testdata.Shared(t, "data/events/"+file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		rows := csv.NewReader(z)
		rows.FieldsPerRecord = -1
		header, err := rows.Read()
		if err != nil {
			t.Fatal(err)
		}
		cell := func(row []string, name string) string { return row[slices.Index(header, name)] }
		var out []athar.Event
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return out
			} else if err != nil {
				t.Fatal(err)
			}
			if cell(row, "country") != "Iraq" {
				continue
			}
			e := athar.Event{Dataset: dataset, ID: cell(row, "id"), HasPoint: true, Country: "Iraq", SideA: cell(row, "side_a"), SideB: cell(row, "side_b"), Kind: athar.Clash}
			if e.SideB == "Civilians" {
				e.Kind = athar.Attack
			}
			for dst, column := range map[*athar.Day]string{&e.When.First: "date_start", &e.When.Last: "date_end"} {
				if *dst, err = athar.ParseDay(cell(row, column)[:10]); err != nil {
					t.Fatal(err)
				}
			}
			if e.When.First < athar.Date(2014, 1, 1) || e.When.Last > athar.Date(2018, 12, 31) {
				continue
			}
			prec := 0
			fmt.Sscan(cell(row, "where_prec"), &prec)
			e.Place = athar.PlacePrecision(prec)
			fmt.Sscan(cell(row, "longitude"), &e.Lon)
			fmt.Sscan(cell(row, "latitude"), &e.Lat)
			out = append(out, e)
		}
	}
	published := load("ucdp_ged191_iraq_1989_2018_full.csv.gz", "published")
	for _, c := range []struct {
		name              string
		km                float64 // standard deviation of the blur
		days              int     // largest shift
		precision, recall float64 // at least
	}{{"not blurred", 0, 0, 0.85, 0.93}, {"1 km", 1, 0, 0.76, 0.84}, {"1 km, 1 day", 1, 1, 0.70, 0.77}, {"2 km, 2 days", 2, 2, 0.66, 0.70}} {
		r := rand.New(rand.NewPCG(5, 5))
		var events []athar.Event
		for _, e := range published {
			if r.IntN(10) < 7 {
				events = append(events, e)
			}
			if r.IntN(10) >= 7 {
				continue
			}
			e.Dataset = "blurred"
			e.Lon += r.NormFloat64() * c.km / 93 // km a degree at 33 north
			e.Lat += r.NormFloat64() * c.km / 111
			d := athar.Day(r.IntN(2*c.days+1) - c.days)
			e.When.First, e.When.Last = e.When.First+d, e.When.Last+d
			events = append(events, e)
		}
		in := match.FromEvents(events, actor.Curated())
		o := match.Options{Km: 5, Days: 2, Taxonomies: in.Taxonomies}
		res := find(t, in.Records, o)
		n := map[string]int{}
		for _, rec := range in.Records {
			n[rec.ID]++
		}
		truth := 0
		for _, k := range n {
			if k == 2 {
				truth++
			}
		}
		rate := func(res *match.Result) (precision, recall float64) {
			right := 0
			for _, l := range res.Links {
				if l.A.ID == l.B.ID {
					right++
				}
			}
			return float64(right) / float64(len(res.Links)), float64(right) / float64(truth)
		}
		precision, recall := rate(res)
		theirs, err := match.FindAsReference(in.Records, o)
		if err != nil {
			t.Fatal(err)
		}
		p, q := rate(theirs)
		t.Logf("%s: %d events, left out %v; %d incidents, found %d; %d true pairs, %d matched: precision %.3f, recall %.3f; with the reference's choice %.3f, %.3f",
			c.name, len(in.Records), in.Left, len(n), res.Unique, truth, len(res.Links), precision, recall, p, q)
		if precision < p {
			t.Errorf("%s: precision %.3f, with the reference's choice %.3f", c.name, precision, p)
		}
		if precision < c.precision || recall < c.recall {
			t.Errorf("%s: precision %.3f, recall %.3f; want at least %.2f, %.2f", c.name, precision, recall, c.precision, c.recall)
		}
	}
}
