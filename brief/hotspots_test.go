package brief

import (
	"html"
	"strings"
	"testing"

	"athar"
)

// hotSpotsFixture is an invented description of three areas.
func hotSpotsFixture() *athar.HotSpots {
	course := func(c string) []athar.CourseCount { return []athar.CourseCount{{Course: c, N: 1}} }
	return &athar.HotSpots{Span: athar.Span{First: day("2014-01-01"), Last: day("2020-12-31")}, Months: 84,
		All: athar.HotSpotTally{Areas: 3, Crowded: 1, Last: 1, Rising: 1, Falling: 1, Courses: []athar.CourseCount{{Course: "sporadic", N: 1}, {Course: "none", N: 2}}},
		Countries: []athar.HotSpotCountry{{Country: "Iraq", Tally: athar.HotSpotTally{Areas: 1, Crowded: 1, Last: 1, Rising: 1, Courses: course("sporadic")}},
			{Country: "Syria", Tally: athar.HotSpotTally{Areas: 2, Falling: 1, Courses: []athar.CourseCount{{Course: "none", N: 2}}}}},
		Campaigns: []athar.HotSpotRole{{Campaign: "white-desert", Role: "ring", Tally: athar.HotSpotTally{Areas: 1, Falling: 1, Courses: course("none")}}},
		Areas: []athar.HotSpotArea{{Area: "IQG15Q02", Course: "sporadic", Crowded: 7, Z: 3.2, PAdj: .01}, {Area: "SY0405", Course: "none", Z: -2.9, PAdj: .02},
			{Area: "SY0901", Course: "none", Z: .3, PAdj: .8}},
		Warnings: []athar.Note{athar.NewNote("hotspot-not-counted", "n", 2, "countries", "Jordan")}}
}

func TestHotSpotsInTheBrief(t *testing.T) {
	r := fixture(t, false)
	r.HotSpots = hotSpotsFixture()
	if r.Map.Course == nil {
		r.Map.Course = &athar.Course{}
	}
	says := func() string {
		_, s, _ := strings.Cut(sectionOf(t, r, "where"), `id="courses"`)
		return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(s, " "))), " ")
	}
	s := says()
	for _, want := range []string{"Of 3 areas, 1 was crowded beyond chance in some month of January 2014 to December 2020, and 1 in the last; the trend was towards more crowding in 1 and towards less in 1",
		"Iraq 1 1 1 0 1 0", "Syria 2 0 0 1 0 2", "All areas 3 1 1 1 1 2", "Descriptive: says nothing about why; not a forecast.", "White Desert Around the area 1 0 0 1 0 1",
		"Jordan", "2 areas by code", "The other areas (1)", "SY0405"} {
		if !strings.Contains(s, want) {
			t.Errorf("does not say %q:\n%s", want, s)
		}
	}
	if strings.Index(s, "IQG15Q02") > strings.Index(s, "SY0405") || strings.Contains(s, "SY0901") {
		t.Error("areas are not those with something to say, by code")
	}
	// One course of all is said once and is no column; of one country, no table is left.
	one := hotSpotsFixture()
	one.All.Courses, one.Countries = []athar.CourseCount{{Course: "none", N: 3}}, one.Countries[:1]
	r.HotSpots = one
	if s := says(); !strings.Contains(s, "They all had the same course: Not crowded in the last month, nor nearly always.") || strings.Count(s, "nor nearly always") != 1 || strings.Contains(s, "Iraq 1") || !strings.Contains(s, "White Desert Around the area 1 0 0 1") {
		t.Errorf("one course: %s", s)
	}
	r.HotSpots = &athar.HotSpots{Refusal: athar.Refuse("hotspot-few-active", "n", 3, "need", 8)}
	if s := says(); !strings.Contains(s, "CANNOT TELL Only 3 areas have an event") {
		t.Errorf("the refusal is not said: %s", s)
	}
}
