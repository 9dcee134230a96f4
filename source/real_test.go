package source

import (
	"context"
	"fmt"
	"testing"

	"athar/internal/testdata"
)

var is = Group{Aliases: []string{"IS", "Islamic State"}, IDs: []string{"234"}}

func TestX(t *testing.T) {
	for _, x := range []struct{ file, format string }{
		{"events/ucdp_ged211_irq_syr_2014_2020_joined.csv.gz", "ucdp-ged"},
		{"events/ucdp_ged191_iraq_1989_2018_full.csv.gz", "ucdp-ged"},
		{"events/ucdp_ged191_syria_201601_201911_full.csv.gz", "ucdp-ged"},
		{"events/ucdp_ged201_nigeria_1990_2019_full.csv.gz", "ucdp-ged"},
		{"events/ucdp_ged231_sample1000_49col.csv.gz", "ucdp-ged"},
		{"events/iraq_insurgencies_2006.csv", "table"},
		{"events/iraq_insurgencies_2007_2008.csv", "table"},
		{"events/iraq_airstrikes_2006.csv", "table"},
		{"events/iraq_airstrikes_2007_2008.csv", "table"},
		{"events/iraq_airstrikes_base.csv", "table"},
		{"derived/isis_district_week_2014_2020.csv", "counts"},
		{"derived/iraq_insurgency_district_day_2006_2008.csv", "counts"},
	} {
		r, err := Read(context.Background(), Spec{Name: "x", File: testdata.Shared(t, "data/"+x.file), Label: x.file, Format: x.format, Group: is})
		if err != nil {
			t.Error(err)
			continue
		}
		fmt.Printf("%s\n  %+v\n", x.file, r.Info)
		for i, j := range r.Rejects {
			if i < 5 {
				fmt.Println("  ", j)
			}
		}
	}
}
