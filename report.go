package athar

// Report is everything that a brief says: the content of findings.json. The
// brief is made from it alone.
type Report struct {
	Schema   string     `json:"schema"` // athar-findings/1
	Study    StudyInfo  `json:"study"`
	Data     []DataInfo `json:"data"`
	Coverage Span       `json:"coverage"` // first and last day of the data
	// Unplaced counts kept events that are in no area or period, by reason:
	// no-area, coarse-date, uncovered.
	Unplaced  []ReasonCount    `json:"unplaced"`
	Campaigns []CampaignReport `json:"campaigns"`
	// Pooled answers for all campaigns together; nil where there are fewer than two.
	Pooled *PooledReport `json:"pooled,omitempty"`
	Totals []TotalReport `json:"totals"`
	// SpaceTime is what single events say; nil where the study has no campaign.
	SpaceTime *SpaceTime `json:"space_time,omitempty"`
	// HotSpots is the course of every area over the study; nil where it has a single one.
	HotSpots *HotSpots `json:"hot_spots,omitempty"`
	// Harm is by how much events count where harm is compared; nil where the study gives no weights.
	Harm    *HarmWeights  `json:"harm,omitempty"`
	Claims  []ClaimResult `json:"claims"`
	Outlook []Outlook     `json:"outlook,omitempty"`
	Methods []MethodInfo  `json:"methods"`
	Map     MapInfo       `json:"map"`
	// Freeze says whether the study was registered before its results; nil where
	// nobody asked, as in a report that is not of a study file.
	Freeze   *Freeze  `json:"freeze,omitempty"`
	Manifest Manifest `json:"manifest"`
}

// StudyInfo is the head of the study file.
type StudyInfo struct {
	ID      string   `json:"id"`
	Title   Names    `json:"title"`
	Group   Names    `json:"group"`   // the armed group studied
	Outcome Names    `json:"outcome"` // what is counted, in words
	Unit    string   `json:"period"`  // month or week
	Limits  []Names  `json:"limits"`  // what the data could never show, from the study file
	Choices []Choice `json:"choices"` // the pre-declared choices
}

// Choice is one pre-declared choice, as shown in the methods section.
type Choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// DataInfo describes one input file and what became of its rows.
type DataInfo struct {
	Name    string `json:"name"`
	Format  string `json:"format"` // counts, ucdp-ged, table
	Layout  string `json:"layout"` // what was recognised, e.g. "UCDP GED, 49 columns"
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Licence string `json:"licence"`
	// Restricted is true if the terms of the data forbid passing rows on: only
	// aggregates may leave the machine.
	Restricted bool          `json:"restricted,omitempty"`
	Citation   string        `json:"citation"`
	Rows       int           `json:"rows"`     // rows read
	Kept       int           `json:"kept"`     // rows that entered the study
	Events     int           `json:"events"`   // events in them
	Rejected   []ReasonCount `json:"rejected"` // rows not kept, by reason
	Places     []ReasonCount `json:"places"`   // kept events by class of place precision; empty: unknown
	First      Day           `json:"first"`
	Last       Day           `json:"last"`
	// Beside says what data that are not counted are for: "compared" with those
	// that are, or a negative "control"; empty: they are counted.
	Beside string `json:"beside,omitempty"`
}

// ReasonCount counts rows under a named reason. Fault is true for rows that
// are damaged, false for rows that the study does not ask for.
type ReasonCount struct {
	Reason string `json:"reason"`
	N      int    `json:"n"`
	Fault  bool   `json:"fault"`
}

// Reject is one damaged row, for rejects.csv.
type Reject struct {
	File   string
	Line   int
	Column string
	Reason string
	Detail string
}

// SourceRef is a published source.
type SourceRef struct {
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
	Says  string `json:"says,omitempty"` // what it is cited for
}

// Relation ties a campaign to another one of the study.
type Relation struct {
	Kind string `json:"kind"` // parallel_to, preceded_by, phase_of
	To   string `json:"to"`
}

// CampaignInfo is a campaign as the study file states it.
type CampaignInfo struct {
	ID        string      `json:"id"`
	Name      Names       `json:"name"`
	Forces    []Names     `json:"forces"`
	Start     Span        `json:"start"` // sources disagree: an interval
	End       Span        `json:"end"`
	Goals     []string    `json:"goals"`
	GoalNames []Names     `json:"goal_names"` // of Goals, one for one
	Relations []Relation  `json:"relations"`
	Sources   []SourceRef `json:"sources"`
	Note      Names       `json:"note"`
}

// RoleSeries is the summed series of one role, with what the headline model
// expects without the campaign. Model values are null where the model has
// none (dropped periods, or a refusal).
type RoleSeries struct {
	Role     Role  `json:"role"`
	Areas    int   `json:"areas"`
	Observed []Num `json:"observed"` // one per period; null where not monitored
	Expected []Num `json:"expected"`
	Low      []Num `json:"low"` // 95% band of the expected count, noise included
	High     []Num `json:"high"`
}

// AreaRole is one area as one campaign sees it, with its events by phase.
type AreaRole struct {
	Area   string `json:"area"`
	Role   Role   `json:"role"`
	Km     Num    `json:"km"` // from the footprint's edge; null: beyond the distance table
	Pre    int    `json:"pre"`
	During int    `json:"during"`
	Post   int    `json:"post"`
}

// CampaignReport is everything about one campaign.
type CampaignReport struct {
	Campaign CampaignInfo `json:"campaign"`
	Rings    []Ring       `json:"rings"` // after rescaling and merging
	Periods  []Period     `json:"periods"`
	Series   []RoleSeries `json:"series"`
	Areas    []AreaRole   `json:"areas"`
	Guards   []Guard      `json:"guards"`
	Findings []Finding    `json:"findings"`
	Effects  []Effect     `json:"effects"`
	// Decay is the change around the area as a line over distance, one a phase; empty
	// without rings.
	Decay []DecayLine `json:"decay,omitempty"`
	// Multiverse holds the question inside under every declared specification,
	// by phase; empty where the study declares none.
	Multiverse []Multiverse `json:"multiverse,omitempty"`
	// Harm is inside, around and both together, in events and in harm; nil where the study
	// gives no weights.
	Harm []HarmDifference `json:"harm,omitempty"`
	// Windows are the comparisons that the study declares, one for one.
	Windows []WindowResult `json:"windows,omitempty"`
	Goals   []GoalReport   `json:"goal_reports"`
	// Adaptation is nil where the study has a single area or no events.
	Adaptation *Adaptation `json:"adaptation,omitempty"`
	// SpaceTime is nil where no event has a day and a place of its own.
	SpaceTime *CampaignSpaceTime `json:"space_time,omitempty"`
	Notes     []Note             `json:"notes"` // merged rings, removed cells, ...
}

// DecayLine is the rate ratio around a footprint by distance from its edge, against far areas.
type DecayLine struct {
	Phase Phase `json:"phase"`
	Areas int   `json:"areas"` // with events within the rings
	DF    Num   `json:"df"`    // degrees of freedom behind the band
	// Km are the distances, from 0 to the outermost ring's edge; RR the ratio there, Low
	// to High the 95% band that holds for all of them at once.
	Km      []Num    `json:"km"`
	RR      []Num    `json:"rr"`
	Low     []Num    `json:"low"`
	High    []Num    `json:"high"`
	Refusal *Refusal `json:"refusal,omitempty"`
}

// TotalReport answers the question about a whole country or all areas.
type TotalReport struct {
	ID       string     `json:"id"`
	Name     Names      `json:"name"`
	Periods  []Period   `json:"periods"`
	Series   RoleSeries `json:"series"`
	Guards   []Guard    `json:"guards"`
	Findings []Finding  `json:"findings"`
	Effects  []Effect   `json:"effects"`
	// Adaptation compares before and after without a control, so it never heads
	// a finding as present.
	Adaptation *Adaptation `json:"adaptation,omitempty"`
	Notes      []Note      `json:"notes"`
}

// MethodInfo names a method that ran, for the methods section.
type MethodInfo struct {
	Method string `json:"method"`
	Runs   int    `json:"runs"`
	Refuse int    `json:"refusals"`
}

// MapInfo holds the shapes that the brief's maps draw.
type MapInfo struct {
	Areas  []MapArea `json:"areas"`
	Credit string    `json:"credit"` // source and licence of the boundaries
	// Course is what was counted when and where over the whole study; nil where
	// there is a single area.
	Course *Course `json:"course,omitempty"`
	// Rivers and Lakes lie under the symbols, where the study names files of
	// them: lines and rings in longitude and latitude, flattened as outlines are.
	// Towns are in the order in which they are labelled.
	Rivers [][]Num   `json:"rivers,omitempty"`
	Lakes  [][]Num   `json:"lakes,omitempty"`
	Towns  []MapTown `json:"towns,omitempty"`
	// Layers says what became of the files' features; LayersCredit is their
	// source and licence.
	Layers       []MapLayer `json:"layers,omitempty"`
	LayersCredit string     `json:"layers_credit,omitempty"`
}

// MapTown is a town on the map.
type MapTown struct {
	Name Names `json:"name"`
	Lon  Num   `json:"lon"`
	Lat  Num   `json:"lat"`
}

// MapLayer counts the features of one file of rivers, lakes or places:
// those on the map, those far from the areas, those too small for a map, and
// those of another kind, or places without a name.
type MapLayer struct {
	Layer    string `json:"layer"` // rivers, lakes or places
	File     string `json:"file"`
	Features int    `json:"features"`
	Drawn    int    `json:"drawn"`
	Outside  int    `json:"outside"`
	Minor    int    `json:"minor"`
	Unusable int    `json:"unusable"`
}

// Course holds the counts of the study's outcome by period and area.
type Course struct {
	Periods []Span       `json:"periods"`
	Total   []Num        `json:"total"` // all areas, one per period; null where nobody monitored
	Areas   []AreaCourse `json:"areas"` // those with an event
}

// AreaCourse lists the periods in which an area had events: N[i] in period
// At[i] of the course. Other periods had none, or no count.
type AreaCourse struct {
	Area string `json:"area"`
	At   []int  `json:"at"`
	N    []int  `json:"n"`
}

// MapArea is one area on the map. Rings are outer and inner boundaries in
// longitude and latitude, flattened as lon, lat, lon, lat, ...; empty if only
// the representative point is known.
type MapArea struct {
	Area
	Outline [][]Num `json:"outline,omitempty"`
}

// Manifest says from what and how the report was made. It holds no clock
// time and no path, so that the same input gives the same bytes anywhere.
type Manifest struct {
	Program string        `json:"program"`
	Version string        `json:"version"`
	Seed    uint64        `json:"seed"`
	Options []Choice      `json:"options"`
	Inputs  []ManifestRef `json:"inputs"`
	Outputs []ManifestRef `json:"outputs,omitempty"`
}

// ManifestRef is one file with its hash.
type ManifestRef struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}
