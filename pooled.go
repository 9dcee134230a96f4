package athar

// PooledReport answers for all campaigns of a study together what a
// [CampaignReport] answers for one. Its findings carry [AllCampaigns] in place
// of a campaign's id.
//
// Its estimand is not the average of the campaigns' own ratios: it is the sum
// of what was counted over the sum of what was expected in every area-period
// that some campaign reached, so a campaign weighs as much as it was expected
// to see events.
type PooledReport struct {
	Campaigns []string  `json:"campaigns"` // ids of those that were pooled
	Rings     []Ring    `json:"rings"`     // after merging
	Findings  []Finding `json:"findings"`
	Effects   []Effect  `json:"effects"`
	Guards    []Guard   `json:"guards"`
	// Series sums the areas that are at some time inside, at best in ring k, and
	// never reached: before any campaign reaches them, and while they are in the
	// role. Other area-periods are left out of both counts, so the sums move with
	// the area-periods in them; observed and expected are of the same ones. There
	// is no band.
	Series  []RoleSeries `json:"series"`
	Periods []Period     `json:"periods"` // Phase: during if any campaign was running
	Notes   []Note       `json:"notes"`
	// LeftOut counts the area-periods that belong to no phase, because one
	// campaign reached them while it ran and another after it had ended.
	LeftOut int `json:"left_out"`
}

// AllCampaigns stands for a campaign's id in findings about all of them.
const AllCampaigns = "all"
