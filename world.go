package athar

// Area is a named unit of the map: a district, a governorate, a country, a
// grid cell or one that the user drew.
type Area struct {
	Code    string  `json:"code"`
	Name    Names   `json:"name"`
	Parent  Names   `json:"parent"`  // the unit above, a governorate for districts; may be empty
	Country string  `json:"country"` // may be empty
	Lon     float64 `json:"lon"`     // representative point, degrees east
	Lat     float64 `json:"lat"`     // degrees north
	Km2     float64 `json:"km2"`     // 0 if unknown
}

// PlacePrecision says how well an event's place is known (METHODS.md D1).
type PlacePrecision int8

// The classes of place precision, from best to worst.
const (
	PlaceUnknown  PlacePrecision = iota // the source does not say
	PlaceExact                          // a named place
	PlaceNear                           // within about 25 km
	PlaceDistrict                       // only the district is known
	PlaceProvince                       // only the governorate is known
	PlaceFuzzy                          // a line or a loose region
	PlaceCountry                        // only the country is known
	PlaceOffshore                       // international water or air
)

// Deaths is a count of deaths as published: low, best and high estimate.
type Deaths struct {
	Low, Best, High int
}

// Event is one reported incident.
type Event struct {
	Dataset   string
	ID        string
	Line      int  // line of the source file, for reject reports
	When      Span // one day, or the interval in which it happened
	Lon, Lat  float64
	HasPoint  bool
	Place     PlacePrecision
	Country   string
	AreaCode  string // if the source names an area of the study; else empty
	SideA     string // organisations as published
	SideB     string
	SideAID   string // identifiers as published, "" if none
	SideBID   string
	Class     string // kind of event, in the source's own words
	Kind      Kind   // the same in Athar's words; "" from readers that cannot say
	Deaths    Deaths
	HasDeaths bool
}

// Count is one row of a table that somebody already aggregated.
type Count struct {
	Line   int
	Area   string // "" in a bare series
	When   Span
	Class  string // "" if the table has none
	N      int
	Deaths Deaths
}

// Role says where an area stands towards one campaign's footprint: inside it,
// in ring k (k = 1 is nearest), far from it, or left out of the comparison.
type Role int8

// Roles that are not a ring. Ring k is Role(k) for k >= 1.
const (
	Inside  Role = 0
	Far     Role = -1
	LeftOut Role = -2
)

// IsRing reports whether r is one of the rings.
func (r Role) IsRing() bool { return r > 0 }

// Phase says when a period lies towards one campaign.
type Phase string

// The phases. WashIn marks periods that cannot be assigned, because sources
// disagree about a date or the campaign began in the middle of the period;
// they are dropped from every fit.
const (
	Outside Phase = "outside" // before the pre-period or after the post-period
	Pre     Phase = "pre"
	WashIn  Phase = "wash-in"
	During  Phase = "during"
	Post    Phase = "post"
)

// Ring is one distance band around a footprint, in km from its edge: (From, To].
type Ring struct {
	From Num `json:"from_km"`
	To   Num `json:"to_km"`
}

// PanelArea is one row of a panel.
type PanelArea struct {
	Code string
	Role Role
}

// Period is one column of a panel.
type Period struct {
	Span
	Phase   Phase   `json:"phase"`
	Days    float64 `json:"days"`    // days of the period that the data cover; 0: not monitored
	Ramadan float64 `json:"ramadan"` // share of the period's days in Ramadan, 0..1
}

// Panel is the outcome matrix that methods work on: areas by periods, with a
// role for every area and a phase for every period. Cells are row-major:
// cell (i, t) is at i*len(Periods)+t.
type Panel struct {
	Areas   []PanelArea
	Periods []Period
	Count   []float64 // events, >= 0
	// Use marks the cells that may enter a fit. Cells of periods that nobody
	// monitored and cells exposed to another campaign are not used.
	Use []bool
	// Other holds exposure to other campaigns, one matrix per kind of exposure
	// (inside another footprint, in another's rings), as counts of campaigns.
	Other []Exposure
	// Daily is what is known by day about the areas; nil: nothing. It goes to methods and
	// into no file.
	Daily *Daily `json:"-"`
}

// Daily is the dated record behind a panel, for methods that need days.
type Daily struct {
	// Rows are events by index of the area in [Panel.Areas], then by days.
	Rows []DatedCount
	// Fast reports whether a day is in Ramadan; nil: nobody asks.
	Fast func(Day) bool
	// Grain is the number of days to which half of the events or more are known.
	Grain int
}

// DatedCount is a number of events of one area on a day, or within a span of days.
type DatedCount struct {
	Area int
	When Span
	N    int
}

// Exposure is one matrix of exposure to other campaigns, laid out like
// [Panel.Count].
type Exposure struct {
	Name string
	N    []float64
}

// At is the index of cell (area i, period t).
func (p *Panel) At(i, t int) int { return i*len(p.Periods) + t }

// Total sums the used cells of all areas with the given role over the periods
// with the given phase.
func (p *Panel) Total(role Role, phase Phase) float64 {
	s := 0.0
	for i, a := range p.Areas {
		if a.Role != role {
			continue
		}
		for t, q := range p.Periods {
			if k := p.At(i, t); q.Phase == phase && p.Use[k] {
				s += p.Count[k]
			}
		}
	}
	return s
}
