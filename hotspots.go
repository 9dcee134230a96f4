package athar

// HotSpots describes where events of the outcome were crowded, month by month over
// the whole study, and how that changed (emerging hot spots). It is a description:
// it names no cause, foretells nothing, and is listed by code, never by how crowded
// an area was.
type HotSpots struct {
	Span    Span `json:"span"` // first to last day of the months
	Months  int  `json:"months"`
	Unknown int  `json:"unknown"` // cells (area and month) that nobody published
	// All counts all areas, Countries those of each country, and Campaigns those with
	// a role towards a campaign.
	All       HotSpotTally     `json:"all"`
	Countries []HotSpotCountry `json:"countries"`
	Campaigns []HotSpotRole    `json:"campaigns"`
	Areas     []HotSpotArea    `json:"areas"` // by code
	Warnings  []Note           `json:"warnings,omitempty"`
	Refusal   *Refusal         `json:"refusal,omitempty"`
}

// HotSpotArea is the course of one area: a label of the past. Crowded is beyond
// chance, the area with its neighbours and the month before against all areas and months,
// by the false discovery rate over them.
type HotSpotArea struct {
	Area    string `json:"area"`
	Course  string `json:"course"`  // new, consecutive, intensifying, persistent, diminishing, sporadic, oscillating, historical, none
	Crowded int    `json:"crowded"` // months
	Z       Num    `json:"z"`       // of the trend of how crowded it was, serial correlation counted
	PAdj    Num    `json:"p_adj"`   // of the trend, false discovery rate over the areas
}

// HotSpotTally counts areas.
type HotSpotTally struct {
	Areas   int `json:"areas"`
	Crowded int `json:"crowded"` // in some month
	Last    int `json:"last"`    // in the last month that is known
	Rising  int `json:"rising"`  // more and more crowded: the trend at 5%, after adjustment
	Falling int `json:"falling"`
	// Courses stand in a fixed order; those that no area had are left out.
	Courses []CourseCount `json:"courses"`
}

// CourseCount is how many areas had a course.
type CourseCount struct {
	Course string `json:"course"`
	N      int    `json:"n"`
}

// HotSpotCountry is the areas of a country.
type HotSpotCountry struct {
	Country string       `json:"country"` // may be empty
	Tally   HotSpotTally `json:"tally"`
}

// HotSpotRole is the areas that have a role towards a campaign.
type HotSpotRole struct {
	Campaign string       `json:"campaign"`
	Role     string       `json:"role"` // inside, ring (all rings together), far
	Tally    HotSpotTally `json:"tally"`
}
