package power

import "athar"

// Report is what a study's data could show, campaign by campaign.
type Report struct {
	Study     string      `json:"study"`
	Title     athar.Names `json:"title"`
	Unit      string      `json:"unit"`     // month or week
	Seed      uint64      `json:"seed"`     // of the study
	Reps      int         `json:"reps"`     // histories a campaign
	Smallest  athar.Num   `json:"smallest"` // smallest effect of interest, as a ratio above 1
	Campaigns []Campaign  `json:"campaigns"`
}

// Campaign holds the rows of one campaign: inside, then the rings; in each the
// windows in their order.
type Campaign struct {
	ID      string       `json:"id"`
	Name    athar.Names  `json:"name"`
	Rings   []athar.Ring `json:"rings"`
	Periods int          `json:"periods"` // before the campaign
	Rows    []Row        `json:"rows"`
}
