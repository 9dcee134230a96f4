package actor_test

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
	"athar/match/actor"
)

// The table is measured on the published files: what share of the sides of
// events in Iraq, Syria and Nigeria it has. docs/actors.md reports the figures.
func TestPublishedSides(t *testing.T) {
	for file, least := range map[string]float64{
		"ucdp_ged191_iraq_1989_2018_full.csv.gz":      0.98,
		"ucdp_ged191_syria_201601_201911_full.csv.gz": 0.98,
		"ucdp_ged211_irq_syr_2014_2020_joined.csv.gz": 0.98,
		"ucdp_ged201_nigeria_1990_2019_full.csv.gz":   0.70,
		"ucdp_ged231_sample1000_49col.csv.gz":         0.90,
	} {
		f, err := os.Open(testdata.Shared(t, "data/events/"+file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		rows := csv.NewReader(bufio.NewReader(z))
		rows.FieldsPerRecord = -1
		header, err := rows.Read()
		if err != nil {
			t.Fatal(err)
		}
		header[0] = strings.TrimPrefix(header[0], "\ufeff")
		column := func(name string) int { return slices.Index(header, name) }
		sides, country, start := []int{column("side_a"), column("side_b")}, column("country"), column("date_start")
		all, known, unknown, events, whole := 0, 0, 0, 0, 0
		var published []string
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if c := row[country]; c != "Iraq" && c != "Syria" && c != "Nigeria" {
				continue
			}
			on, err := athar.ParseDay(row[start][:10])
			if err != nil {
				continue // the second, tag row of some copies
			}
			events++
			complete := true
			for _, i := range sides {
				for _, s := range actor.Curated().Sides(row[i], row[country], on) {
					all++
					switch {
					case s.Known:
						known++
					case actor.Unknown(s.Published):
						unknown++
					default:
						complete = false
						published = append(published, s.Published)
					}
				}
			}
			if complete {
				whole++
			}
		}
		share := float64(known+unknown) / float64(all)
		t.Logf("%s: %d events, %d sides, %d in the table (%.4f), %d unknown, %d events with every side known (%.4f)", file, events, all, known, share, unknown, whole, float64(whole)/float64(events))
		for _, n := range actor.Curated().Review(published) {
			t.Logf("  review: %q like %q (%s) %.3f", n.Published, n.Alias, n.ID, n.Score)
		}
		if share < least {
			t.Errorf("%s: %.4f of the sides, want at least %.2f", file, share, least)
		}
	}
}
