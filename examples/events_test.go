package examples_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"athar/assess"
	"athar/internal/testdata"
	"athar/study"
)

// The study of single events asks the same campaigns, goals and choices as the
// study of counts.
func TestEventsStudyAsksTheSame(t *testing.T) {
	counts, err := study.Parse("iraq-2007/study.yaml")
	if err != nil {
		t.Fatal(err)
	}
	events, err := study.Parse("iraq-2007/events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		what string
		a, b any
	}{{"campaigns", counts.Campaigns, events.Campaigns}, {"goals", counts.Goals, events.Goals}, {"choices", counts.Choices, events.Choices}, {"limits", counts.Limits, events.Limits}} {
		if !reflect.DeepEqual(x.a, x.b) {
			t.Errorf("%s differ", x.what)
		}
	}
}

// What `athar check` counts are the rows of the published files, found with
// another program (wc, and points in polygons by the counts of study.yaml): 37,701 and
// 68,573 attacks, 2,101 and 3,938 operations.
func TestEventsStudyReads(t *testing.T) {
	for _, f := range []string{"iraq_insurgencies_2006", "iraq_insurgencies_2007_2008", "iraq_airstrikes_2006", "iraq_airstrikes_2007_2008"} {
		testdata.Shared(t, "data/events/"+f+".csv")
	}
	lines, err := assess.Check(context.Background(), "iraq-2007/events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{"37701 rows, 37701 kept", "68573 rows, 68573 kept", "2101 rows, 2101 kept", "3938 rows, 3938 kept",
		"106254 single events with a day and a place", "20 others: no-area", "operations (air strikes, compared with shows of force)", "8 left out: no-area",
		"2006-01-01 to 2006-09-24: 808 in question, 1287 to compare with", "2007-02-23 to 2008-07-05: 2446 in question, 1490 to compare with"} {
		if !strings.Contains(text, want) {
			t.Errorf("check does not say %q", want)
		}
	}
}
