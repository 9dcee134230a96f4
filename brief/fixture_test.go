package brief

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"athar"
)

// fixture is an invented report of the shape that a real study has: three
// campaigns, one with outlines, one with a gap in its data, one that the
// headline model refused. Its numbers mean nothing.
func fixture(t testing.TB, outlines bool) *athar.Report {
	t.Helper()
	f, err := os.Open("testdata/areas.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := &athar.Report{Schema: "athar-findings/1", Coverage: athar.Span{First: day("2014-01-01"), Last: day("2020-12-31")},
		Study: athar.StudyInfo{ID: "fixture", Title: athar.Names{En: "The 2020 campaigns in the Syrian desert and along the Iraqi border", Ar: "الحملات الأمنية عام 2020 في البادية السورية وعلى الحدود العراقية"},
			Group: athar.Names{En: "Islamic State", Ar: "تنظيم الدولة"}, Outcome: athar.Names{En: "Reported events with the group on a side and at least one death", Ar: "حوادث"}, Unit: "month",
			Limits: []athar.Names{{En: "Only events with at least one death are in the data: arrests, caches, threats and looting are not."},
				{En: "Events placed no better than a governorate were dropped by the publisher; deserts lose more of them than towns."},
				{En: "Nothing here shows who lost which leader, depot or route."}},
			Choices: []athar.Choice{{Name: "period", Value: "month"}, {Name: "pre_months", Value: "18"}, {Name: "post_months", Value: "3"}, {Name: "rings", Value: "25, 50, 100"},
				{Name: "smallest_effect", Value: "1.25"}, {Name: "calendar", Value: "Movement restrictions: 2020-03-15 to 2020-08-01"}}},
		Data: []athar.DataInfo{{Name: "UCDP GED 21.1, counts by district and week", Format: "counts", Layout: "counts table, 7 columns", File: "data/isis_district_week.csv",
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Licence: "CC BY 4.0", Citation: "Sundberg & Melander (2013), Journal of Peace Research 50(4) 523–532.",
			Rows: 5981, Kept: 5644, Events: 106274, First: day("2014-01-01"), Last: day("2020-12-31"),
			Rejected: []athar.ReasonCount{{Reason: "other-actors", N: 310}, {Reason: "bad-date", N: 27, Fault: true}},
			Places:   []athar.ReasonCount{{Reason: "exact", N: 4120}, {Reason: "near", N: 1524}}}},
		Methods: []athar.MethodInfo{{Method: "exact", Runs: 12}, {Method: "its", Runs: 18, Refuse: 2}, {Method: "spillover", Runs: 24, Refuse: 8}, {Method: "wdd", Runs: 10}},
		Map:     athar.MapInfo{Credit: "OCHA COD-AB, CC BY 3.0 IGO"},
		Manifest: athar.Manifest{Program: "athar", Version: "0.1.0", Seed: 20200925, Options: []athar.Choice{{Name: "draws", Value: "2000"}},
			Inputs: []athar.ManifestRef{{File: "study.yaml", SHA256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", Bytes: 18234}}}}
	r.SpaceTime = operationsFixture()
	for i, row := range rows[1:] {
		num := func(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v }
		a := athar.MapArea{Area: athar.Area{Code: row[0], Name: athar.Names{En: row[1], Ar: row[2]}, Parent: athar.Names{En: row[3], Ar: row[4]}, Country: row[5], Lon: num(row[6]), Lat: num(row[7]), Km2: num(row[8])}}
		if outlines {
			var ring []athar.Num
			for k := range 7 {
				angle := float64(k%6)*math.Pi/3 + float64(i)
				size := math.Sqrt(a.Km2/math.Pi) / 111
				ring = append(ring, athar.Num(a.Lon+size*math.Cos(angle)*1.2), athar.Num(a.Lat+size*math.Sin(angle)))
			}
			a.Outline = [][]athar.Num{ring}
		}
		r.Map.Areas = append(r.Map.Areas, a)
	}
	r.Campaigns = []athar.CampaignReport{
		fixtureCampaign(r, 1, athar.CampaignInfo{ID: "white-desert", Name: athar.Names{En: "White Desert", Ar: "الصحراء البيضاء"},
			Forces: []athar.Names{{En: "Russia"}, {En: "National Defence Forces", Ar: "الدفاع الوطني"}}, Start: athar.Span{First: day("2020-08-18"), Last: day("2020-08-25")},
			End: athar.Span{First: day("2020-09-15"), Last: day("2020-09-30")}, Goals: []string{"leadership", "depots"}, GoalNames: []athar.Names{{En: "Arrest leaders", Ar: "اعتقال القادة"}, {En: "Find depots"}}, Relations: []athar.Relation{{Kind: "preceded_by", To: "deterrence"}},
			Sources: []athar.SourceRef{{Title: "Security campaigns, an analysis", URL: "https://example.org/a?b=1&c=2", Says: "start in the second half of August"}},
			Note:    athar.Names{En: "The desert west of Deir ez-Zor is drawn as the districts of Tadmor and Deir-ez-Zor; the southern edge is uncertain."}},
			[]string{"SY0405", "SY0901"}, 9, 0.81, false),
		fixtureCampaign(r, 2, athar.CampaignInfo{ID: "deterrence", Name: athar.Names{En: "Deterrence of Terrorism, north-east Syria", Ar: "ردع الإرهاب"},
			Forces: []athar.Names{{En: "Syrian Democratic Forces", Ar: "قوات سوريا الديمقراطية"}, {En: "International Coalition"}}, Start: athar.Span{First: day("2020-06-04"), Last: day("2020-06-04")},
			End: athar.Span{First: day("2020-07-21"), Last: day("2020-07-21")}, Goals: []string{"leadership", "corridors", "logistics"}},
			[]string{"SY0902", "SY0903", "SY0800"}, 30, 0.52, false),
		fixtureCampaign(r, 3, athar.CampaignInfo{ID: "lions", Name: athar.Names{En: "Lions of al-Jazeera 1", Ar: "أسود الجزيرة الأولى"}, Forces: []athar.Names{{En: "Popular Mobilization Forces", Ar: "الحشد الشعبي"}},
			Start: athar.Span{First: day("2020-09-22"), Last: day("2020-10-05")}, End: athar.Span{First: day("2020-10-10"), Last: day("2020-11-01")},
			Relations: []athar.Relation{{Kind: "parallel_to", To: "white-desert"}}},
			[]string{"IQG15Q02", "IQG15Q04"}, 0.4, 0.5, true),
	}
	total := r.Campaigns[1]
	e := total.Findings[0].Headline
	te := *e
	te.Campaign, te.Area, te.Method, te.Question, te.Phase, te.RR, te.Low, te.High = "", "syria", "its", athar.AskTotal, athar.Post, 1.62, 1.18, 2.22
	te.Observed, te.Expected, te.Avoided, te.AvoidedLow, te.AvoidedHigh = 136, 84, -52, -75, -21
	r.Totals = []athar.TotalReport{{ID: "syria", Name: athar.Names{En: "Syria", Ar: "سوريا"}, Periods: total.Periods, Series: total.Series[0], Guards: total.Guards[:2],
		Findings: []athar.Finding{{ID: "syria/total", Area: "syria", Question: athar.AskTotal, Phase: athar.Post, Verdict: athar.Escalation, Headline: &te,
			Because: []athar.Note{{Code: "because-escalation", Args: map[string]any{"low": te.Low, "high": te.High}}},
			Methods: []athar.MethodView{{Method: "its", Spec: "linear", RR: 1.62, Low: 1.18, High: 2.22, Verdict: athar.Escalation}, {Method: "exact", RR: 1.3, Low: 0.9, High: 1.9, Verdict: athar.Inconclusive}}, Agree: true}},
		Effects: []athar.Effect{te}}}
	r.Claims = []athar.ClaimResult{
		{ID: "c1", Text: athar.Names{En: "The campaigns did not stop the escalation of the group’s activity in Syria.", Ar: "لم توقف الحملات تصاعد نشاط التنظيم في سوريا."}, Source: "https://example.org/analysis", Question: "total", Area: "syria",
			Expects: []string{"ESCALATION"}, Outcome: athar.Supported, Because: []athar.Note{{Code: "claim-finding", Args: map[string]any{"word": "ESCALATION"}}}, Evidence: []string{"syria/total"}},
		{ID: "c2", Text: athar.Names{En: "White Desert left activity west of Deir ez-Zor as it was."}, Source: "interview notes", Question: "inside", Campaign: "white-desert", Expects: []string{"ESCALATION", "NO MATERIAL CHANGE"},
			Outcome: athar.NotTestable, Because: []athar.Note{{Code: "claim-tally", Args: map[string]any{"n": 2, "yes": 0, "no": 0, "silent": 2}}}, Evidence: []string{"white-desert/inside/during", "white-desert/inside/post", "gone"}},
		{ID: "c3", Text: athar.Names{En: "The supply network was not dismantled.", Ar: "لم تُفكك شبكة الإمداد."}, Question: "goal", Outcome: athar.NotTestable,
			Because: []athar.Note{{Code: "claim-goal", Args: map[string]any{"about": "logistics", "needs": athar.Names{En: "dated records of seizures with a denominator of searches"}}}}},
		{ID: "c4", Text: athar.Names{En: "Deterrence of Terrorism changed nothing."}, Question: "inside", Campaign: "deterrence", Expects: []string{"NO MATERIAL CHANGE"}, Outcome: athar.Contradicted,
			Because: []athar.Note{{Code: "claim-finding", Args: map[string]any{"word": "DECLINE"}}}, Evidence: []string{"deterrence/inside/during"}},
	}
	fixtureGoals(r)
	fixtureMultiverse(r)
	fixturePooled(r)
	r.Campaigns[0].SpaceTime = repeatsFixture()
	r.HotSpots = hotSpotsFixture()
	return r
}

func day(s string) athar.Day {
	d, err := athar.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func fixtureCampaign(r *athar.Report, seed uint64, info athar.CampaignInfo, inside []string, rate, rr float64, refused bool) athar.CampaignReport {
	g := rand.New(rand.NewPCG(seed, 7))
	null := athar.Num(math.NaN())
	poisson := func(mean float64) float64 {
		k, p := 0, g.Float64()
		for limit := math.Exp(-mean); p > limit; k++ {
			p *= g.Float64()
		}
		return float64(k)
	}
	c := athar.CampaignReport{Campaign: info, Rings: []athar.Ring{{From: 0, To: 25}, {From: 25, To: 50}, {From: 50, To: 100}}}
	for y, m := 2019, time.Month(1); y < 2021; {
		q := athar.Period{Span: athar.Span{First: athar.Date(y, m, 1), Last: athar.Date(y, m+1, 0)}, Phase: athar.Pre}
		q.Days = float64(q.Span.Days())
		switch {
		case q.Overlap(info.Start) > 0:
			q.Phase = athar.WashIn
		case q.First > info.Start.Last && q.First <= info.End.Last:
			q.Phase = athar.During
		case q.First > info.End.Last:
			q.Phase = athar.Post
		}
		if seed == 2 && y == 2019 && (m == 5 || m == 6) {
			q.Days = 0
		}
		q.Ramadan = map[[2]int]float64{{2019, 5}: 26. / 31, {2019, 6}: 3. / 30, {2020, 4}: 7. / 30, {2020, 5}: 23. / 31}[[2]int{y, int(m)}]
		c.Periods = append(c.Periods, q)
		if m++; m > 12 {
			y, m = y+1, 1
		}
	}
	phase := func(ph athar.Phase) athar.Phase {
		if seed == 2 && ph == athar.WashIn {
			return athar.During
		}
		return ph
	}
	for i := range c.Periods {
		c.Periods[i].Phase = phase(c.Periods[i].Phase)
	}
	sums := map[athar.Role]map[athar.Phase][2]float64{}
	for i, role := range []athar.Role{athar.Inside, 1, 2, 3, athar.Far} {
		s := athar.RoleSeries{Role: role, Areas: []int{len(inside), 4, 6, 9, 31}[i]}
		sums[role] = map[athar.Phase][2]float64{}
		base := rate * []float64{1, 0.6, 0.5, 0.9, 1.8}[i]
		for t, q := range c.Periods {
			expected := base * (1 + 0.3*math.Sin(float64(t)/3))
			mean := expected
			if role == athar.Inside && (q.Phase == athar.During || q.Phase == athar.Post) {
				mean *= rr
			}
			o := poisson(mean)
			if q.Days == 0 {
				s.Observed, s.Expected, s.Low, s.High = append(s.Observed, null), append(s.Expected, null), append(s.Low, null), append(s.High, null)
				continue
			}
			s.Observed = append(s.Observed, athar.Num(o))
			if refused || q.Phase == athar.WashIn {
				s.Expected, s.Low, s.High = append(s.Expected, null), append(s.Low, null), append(s.High, null)
			} else {
				s.Expected = append(s.Expected, athar.Num(expected))
				s.Low, s.High = append(s.Low, athar.Num(max(0, math.Floor(expected-2*math.Sqrt(1.6*expected))))), append(s.High, athar.Num(math.Ceil(expected+2*math.Sqrt(1.6*expected))))
			}
			x := sums[role][q.Phase]
			sums[role][q.Phase] = [2]float64{x[0] + o, x[1] + expected}
		}
		c.Series = append(c.Series, s)
	}
	var lon, lat float64
	for _, a := range r.Map.Areas {
		if slices.Contains(inside, a.Code) {
			lon, lat = lon+a.Lon/float64(len(inside)), lat+a.Lat/float64(len(inside))
		}
	}
	for _, a := range r.Map.Areas {
		km := 111 * math.Hypot((a.Lon-lon)*0.82, a.Lat-lat)
		x := athar.AreaRole{Area: a.Code, Km: athar.Num(math.Round(max(0, km-60))), Role: athar.Far, Pre: int(poisson(rate)), During: int(poisson(rate / 8)), Post: int(poisson(rate / 6))}
		switch {
		case slices.Contains(inside, a.Code):
			x.Role, x.Km, x.Pre, x.During, x.Post = athar.Inside, 0, int(poisson(rate*9)), int(poisson(rate)), int(poisson(rate))
		case km < 110:
			x.Role = 1
		case km < 150:
			x.Role = 2
		case km < 200:
			x.Role = 3
		case a.Country != "Syria" && seed == 1:
			x.Role = athar.LeftOut
		}
		c.Areas = append(c.Areas, x)
	}
	note := func(code string, args map[string]any) athar.Note { return athar.Note{Code: code, Args: args} }
	c.Guards = []athar.Guard{
		{Code: "few-events", Status: athar.Quiet, Says: note("guard-few-events-quiet", map[string]any{"pre": 84, "during": 14, "post": 20})},
		{Code: "surge", Status: athar.Fired, Says: note("guard-surge", map[string]any{"z": athar.Num(2.31), "last": athar.Num(14.3), "before": athar.Num(8.1), "periods": 3})},
		{Code: "donut", Status: athar.Quiet, Says: note("guard-donut-quiet", map[string]any{"rr": athar.Num(.8), "from": athar.Num(.7), "to": athar.Num(.93), "n": 3})},
		{Code: "calendar", Status: athar.Fired, Says: note("guard-calendar-dated", map[string]any{"names": "movement restrictions", "phase": "during", "share": athar.Num(0), "pre": athar.Num(0.08)})},
		{Code: "dates", Status: athar.Quiet, Says: note("guard-dates-quiet", map[string]any{"start": 7, "end": 12})},
		{Code: "imprecise", Status: athar.Blind, Says: note("guard-imprecise-blind", nil)},
		{Code: "few-areas", Status: athar.Quiet, Says: note("guard-few-areas-quiet", map[string]any{"areas": 8})},
	}
	reason := athar.Refusal{Reason: note("no-pre-events", map[string]any{"role": "inside"}), Remedy: &athar.Note{Code: "use-dispersion-errors"}}
	effect := func(q athar.Question, ring int, ph athar.Phase, role athar.Role, ratio, spread float64) athar.Effect {
		o, e := sums[role][ph][0], sums[role][ph][1]
		n := func(v float64) athar.Num { return athar.Num(v) }
		x := athar.Effect{Campaign: info.ID, Method: "spillover", Question: q, Ring: ring, Phase: ph, RR: n(ratio), Low: n(ratio * math.Exp(-1.96*spread)), High: n(ratio * math.Exp(1.96*spread)),
			P: n(math.Erfc(math.Abs(math.Log(ratio)) / spread / math.Sqrt2)), SE: n(spread), DF: athar.Num(math.Inf(1)), AdjLow: null, AdjHigh: null, Observed: n(o), Expected: n(e), Avoided: n(e - o),
			AvoidedLow: n(e - o - 6), AvoidedHigh: n(e - o + 9), MDELow: n(math.Exp(-2.8 * spread)), MDEHigh: n(math.Exp(2.8 * spread)), EventsPre: 84, Areas: 3, Periods: 3, Dispersion: 1.6, Inference: "dispersion"}
		if ring > 0 {
			x.AdjLow, x.AdjHigh = n(ratio*math.Exp(-2.4*spread)), n(ratio*math.Exp(2.4*spread))
		}
		return x
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		add := func(q athar.Question, ring int, role athar.Role, ratio, spread float64) {
			id := info.ID + "/" + string(q)
			if ring > 0 {
				id += "-" + strconv.Itoa(ring)
			}
			f := athar.Finding{ID: id + "/" + string(ph), Campaign: info.ID, Question: q, Ring: ring, Phase: ph, Agree: true, Guards: []string{"surge", "calendar"},
				Rivals: []athar.Note{note("rival-regression-to-the-mean", nil)}}
			if refused {
				f.Verdict, f.Because = athar.CannotTell, []athar.Note{reason.Reason, *reason.Remedy}
				f.Headline = &athar.Effect{Campaign: info.ID, Method: "spillover", Question: q, Ring: ring, Phase: ph, RR: null, Low: null, High: null, P: null, AdjLow: null, AdjHigh: null, MDELow: null, MDEHigh: null, Refusal: &reason}
				f.Methods = []athar.MethodView{{Method: "spillover", RR: null, Low: null, High: null, Verdict: athar.CannotTell, Refusal: &reason}}
				f.Rivals = nil
				c.Findings, c.Effects = append(c.Findings, f), append(c.Effects, *f.Headline)
				return
			}
			e := effect(q, ring, ph, role, ratio, spread)
			f.Headline = &e
			f.Verdict = athar.Inconclusive
			f.Because = []athar.Note{note("because-inconclusive", map[string]any{"rr": e.RR, "low": e.Low, "high": e.High, "mde_low": e.MDELow, "mde_high": e.MDEHigh})}
			if e.High < 1 {
				f.Verdict, f.Because = athar.Decline, []athar.Note{note("because-decline", map[string]any{"low": e.Low, "high": e.High})}
			}
			f.Methods = []athar.MethodView{{Method: "spillover", RR: e.RR, Low: e.Low, High: e.High, Verdict: f.Verdict},
				{Method: "its", Spec: "linear", RR: e.RR * 1.15, Low: e.Low * 0.9, High: e.High * 1.4, Verdict: athar.Inconclusive},
				{Method: "exact", RR: e.RR * 0.9, Low: e.Low, High: e.High * 0.98, Verdict: f.Verdict},
				{Method: "exact", Spec: "exact/phi", RR: e.RR * 0.9, Low: e.Low * .8, High: e.High * 1.1, Verdict: athar.Inconclusive},
				{Method: "wdd", RR: null, Low: null, High: null, Verdict: athar.CannotTell, Refusal: &athar.Refusal{Reason: note("wdd-levels", map[string]any{"inside": athar.Num(4.7), "far": athar.Num(12.2)})}}}
			c.Findings, c.Effects = append(c.Findings, f), append(c.Effects, e)
		}
		k := 1.0
		if ph == athar.Post {
			k = 1.12
		}
		add(athar.AskInside, 0, athar.Inside, rr*k, 0.3/math.Sqrt(rate/9+0.01))
		add(athar.AskRing, 1, 1, 1.22*k, 0.35/math.Sqrt(rate/9+.01))
		add(athar.AskRing, 2, 2, 0.9, 0.42/math.Sqrt(rate/9+.01))
		add(athar.AskRing, 3, 3, 1.05, 0.28/math.Sqrt(rate/9+.01))
		add(athar.AskNet, 0, athar.Inside, 0.94, 0.22/math.Sqrt(rate/9+.01))
		m := athar.Finding{ID: info.ID + "/movement/" + string(ph), Campaign: info.ID, Question: athar.AskMovement, Phase: ph, Verdict: athar.Inconclusive,
			Because: []athar.Note{note("movement-no-decline-inside", map[string]any{"inside": "INCONCLUSIVE", "up": 0, "down": 0, "rings": 3})}}
		if refused {
			m.Verdict, m.Because = athar.CannotTell, []athar.Note{note("movement-cannot-tell", nil)}
		}
		c.Findings = append(c.Findings, m)
	}
	c.Notes = []athar.Note{note("rings-merged", map[string]any{"rings": 3, "declared": 4, "need": 30}), note("overlap-removed", map[string]any{"cells": 42, "campaigns": "deterrence, lions"})}
	return c
}

// fixtureGoals gives the fixture's campaigns goals, signatures and an outlook in
// every form that a report may hold: estimates, refusals, courses, opposed words.
func fixtureGoals(r *athar.Report) {
	null := athar.Num(math.NaN())
	n := func(v float64) athar.Num { return athar.Num(v) }
	note := func(code string, args ...any) athar.Note { return athar.NewNote(code, args...) }
	names := map[string]athar.Names{"leadership": {En: "Arrest leaders and pursue active members", Ar: "اعتقال القيادات وملاحقة العناصر النشطة"},
		"corridors": {En: "Control the areas used as corridors", Ar: "ضبط المناطق التي تُستخدم ممرات"}, "logistics": {En: "Cut supply and dismantle the logistics network"},
		"depots": {En: "Find and destroy safe houses and depots", Ar: "كشف المقار السرية والمستودعات وتدميرها"}}
	rate := func(i int, ratio, spread float64, predicts int, reading athar.Reading) athar.OutcomeIndicator {
		f := r.Campaigns[i].Findings[0]
		e := athar.Effect{Campaign: f.Campaign, Method: "spillover", Question: athar.AskInside, Phase: athar.During, RR: n(ratio), Low: n(ratio * math.Exp(-1.96*spread)), High: n(ratio * math.Exp(1.96*spread)),
			P: n(math.Erfc(math.Abs(math.Log(ratio)) / spread / math.Sqrt2)), AdjLow: null, AdjHigh: null, Observed: 21, Expected: n(21 / ratio), MDELow: n(math.Exp(-2.8 * spread)), MDEHigh: n(math.Exp(2.8 * spread)), EventsPre: 60}
		v := athar.Inconclusive
		if e.High < 1 {
			v = athar.Decline
		}
		return athar.OutcomeIndicator{ID: "rate", Name: athar.Names{En: "Attacks with explosives", Ar: "هجمات بالمتفجرات"}, Predicts: predicts, Reading: reading, HolmP: e.P * 2,
			Finding: &athar.Finding{ID: f.Campaign + "/goal", Campaign: f.Campaign, Question: athar.AskInside, Phase: athar.During, Verdict: v, Headline: &e}}
	}
	lags := &athar.Curve{Code: "lag"}
	for k := range 7 {
		v := 0.9 - 0.05*float64(k)
		lags.X, lags.Y, lags.Low, lags.High = append(lags.X, n(float64(k))), append(lags.Y, n(v)), append(lags.Low, n(v*0.5)), append(lags.High, n(v*2.07))
	}
	lags.Y[3], lags.Low[3], lags.High[3] = null, null, null
	share := athar.OutcomeIndicator{ID: "complex-days", Predicts: -1, Reading: athar.Neither, HolmP: 0.6,
		Indicator: &athar.Indicator{Code: "complex-days", Group: athar.GroupTemporal, Before: 0.12, After: 0.09, FarBefore: 0.11, FarAfter: 0.1, Change: -0.02, Low: -0.09, High: 0.05, P: 0.5, HolmP: null, MDE: 0.1, N: 48, FarN: 130, Reading: athar.Neither}}
	refused := athar.OutcomeIndicator{ID: "lethality", Predicts: -1, Reading: athar.Refused, HolmP: null, Refusal: &athar.Refusal{Reason: note("no-pre-events")}}
	silent := athar.OutcomeIndicator{ID: "resumption", Predicts: -1, Reading: athar.Refused, HolmP: null, Refusal: &athar.Refusal{Reason: note("no-events-after")}}
	arrests := athar.Output{ID: "arrests", Name: athar.Names{En: "People arrested, as the forces report", Ar: "معتقلون"}, Values: []athar.OutputValue{{When: athar.Span{First: day("2020-06-04"), Last: day("2020-06-10")}, N: 110,
		Source: athar.SourceRef{Title: "Coalition statement", URL: "https://example.org/s", Says: "110 arrests, 65 places searched"}}}}
	rival := note("rival-regression-to-the-mean")
	because := note("claim-finding", "word", "INCONCLUSIVE")
	for i := range r.Campaigns {
		c := &r.Campaigns[i]
		second := rate(i, 0.93, 0.35, -1, athar.Neither)
		second.Name, second.Lags = athar.Names{En: "Events in districts declared corridors beforehand"}, lags
		third := rate(i, 0.49, 0.24, -1, athar.Supports)
		third.Lags = lags
		up := rate(i, 2.4, 0.3, -1, athar.Opposes)
		c.Goals = []athar.GoalReport{
			{ID: "leadership", Name: names["leadership"], Word: athar.NotIdentifiable, Because: []athar.Note{note("no-events-after")}, Outputs: []athar.Output{arrests}, Outcomes: []athar.OutcomeIndicator{silent, refused}, Rivals: []athar.Note{rival}, Needs: []athar.Note{note("use-dispersion-errors")}},
			{ID: "corridors", Name: names["corridors"], Word: athar.NotDetected, Because: []athar.Note{because}, Outcomes: []athar.OutcomeIndicator{second}, Rivals: []athar.Note{rival, note("rival-common-shock")}},
			{ID: "logistics", Name: names["logistics"], Word: athar.Mixed, Because: []athar.Note{because}, Outputs: []athar.Output{{ID: "caches", Because: []athar.Note{note("no-events-after")}, Events: &c.Findings[0].Headline.Observed}},
				Outcomes: []athar.OutcomeIndicator{share, third, refused, up}, Rivals: []athar.Note{rival}},
			{ID: "depots", Name: names["depots"], Word: athar.Present, Because: []athar.Note{because}, Outcomes: []athar.OutcomeIndicator{third}, Rivals: []athar.Note{rival}},
		}
		if i == 1 { // a change that nothing could be said about
			bare := *share.Indicator
			bare.Low, bare.High, bare.P = null, null, null
			c.Goals[2].Word = athar.NotIdentifiable
			c.Goals[2].Outcomes = []athar.OutcomeIndicator{{ID: "complex-days", Predicts: -1, Reading: athar.Silent, HolmP: null, Indicator: &bare}}
		}
		if i == 2 {
			c.Goals = c.Goals[:3]
			c.Goals[1].Word, c.Goals[1].Opposed = athar.NotDetected, true
			c.Goals[1].Outcomes = []athar.OutcomeIndicator{up}
		}
	}
	indicator := func(code string, group athar.IndicatorGroup, b, a, fb, fa, half float64, predicts int, reading athar.Reading) athar.Indicator {
		change := (a - b) - (fa - fb)
		return athar.Indicator{Code: code, Group: group, Before: n(b), After: n(a), FarBefore: n(fb), FarAfter: n(fa), Change: n(change), Low: n(change - half), High: n(change + half), P: n(0.21), HolmP: null, MDE: n(1.43 * half), N: 84, FarN: 160, Predicts: predicts, Reading: reading}
	}
	build := func(control bool) *athar.Adaptation {
		hill := indicator("hill-2", athar.GroupSpatial, 5.1, 8.4, 11.2, 11.6, 2.1, 1, athar.Supports)
		hill.P, hill.HolmP = 0.004, 0.016
		for _, code := range []string{"before", "after"} {
			hill.Curves = append(hill.Curves, athar.Curve{Code: code, X: []athar.Num{0, 1, 2}, Y: []athar.Num{14, 9.1, 6.2}, Low: []athar.Num{11, 7, 4.4}, High: []athar.Num{20, 12, 8.8}})
		}
		free := indicator("independent", athar.GroupTemporal, 4.2, 4.6, 7.9, 7.7, 1.6, 1, athar.Neither)
		free.HolmP = 0.63
		sync := indicator("synchrony", athar.GroupTemporal, 0.081, 0.052, 0.044, 0.047, 0.07, -1, athar.Neither)
		sync.HolmP = 0.63
		tail := athar.Indicator{Code: "size", Group: athar.GroupSize, Before: null, After: null, FarBefore: null, FarAfter: null, Change: null, Low: null, High: null, P: null, HolmP: null, MDE: null, Reading: athar.Refused, Refusal: &athar.Refusal{Reason: note("few-event-periods", "n", 12, "need", 390)}}
		local := indicator("mix-local", athar.GroupMix, 0.21, 0.19, 0.2, 0.22, 0.08, 1, athar.Opposes)
		local.HolmP = 0.03
		theil := indicator("theil-within", athar.GroupSpatial, 0.61, 0.48, 0.7, 0.69, 0.2, -1, athar.Neither)
		theil.Warnings = []athar.Note{note("rival-common-shock")}
		far := indicator("distance", athar.GroupSpatial, 84, 121, 214, 209, 31, 0, athar.Silent)
		mix := indicator("mix", athar.GroupMix, math.NaN(), math.NaN(), math.NaN(), math.NaN(), 0, 0, athar.Neither)
		mix.Change, mix.Low, mix.High, mix.HolmP = 0.021, -0.01, 0.06, 0.4
		for k, s := range []string{"Armed attack", "Explosive", "Assassination", "Abduction"} {
			mix.Curves = append(mix.Curves, athar.Curve{Code: "class:" + s, X: []athar.Num{0, 1}, Y: []athar.Num{n(0.5 / float64(k+1)), n(0.4 / float64(k+1))}})
		}
		for _, x := range []*athar.Indicator{&free, &sync, &local} {
			x.Warnings = []athar.Note{note("no-pre-events")}
		}
		back := athar.Indicator{Code: "resumption", Group: athar.GroupTemporal, Before: null, After: null, FarBefore: null, FarAfter: null, Ratio: true, Change: 0.91, Low: 0.7, High: 1.18, P: 0.47, HolmP: 0.47, MDE: 1.44, N: 212, Reading: athar.Neither}
		weeks := athar.Curve{Code: "weeks"}
		for w := -26; w <= 26; w++ {
			v := 1 + 0.2*math.Sin(float64(w))
			weeks.X, weeks.Y, weeks.Low, weeks.High = append(weeks.X, n(float64(w))), append(weeks.Y, n(v)), append(weeks.Low, n(v*0.7)), append(weeks.High, n(v*1.5))
		}
		back.Curves = []athar.Curve{weeks, {Code: "not-regained", X: []athar.Num{0, 3, 9, 26}, Y: []athar.Num{1, 0.75, 0.5, 0.5}}}
		lag := indicator("lag", athar.GroupTemporal, 1.5, 2.5, 2, 2, 1.4, 1, athar.Compatible)
		tempo := athar.Indicator{Code: "tempo", Group: athar.GroupTemporal, Before: 4.1, After: 2.9, FarBefore: 8.8, FarAfter: 9.4, Ratio: true, Change: 0.66, Low: 0.45, High: 0.98, P: 0.04, HolmP: null, MDE: 1.7, N: 84, FarN: 160, Reading: athar.Silent}
		course, fit, post := athar.Curve{Code: "near"}, athar.Curve{Code: "fit"}, athar.Curve{Code: "posterior-nearest"}
		for k := range 78 {
			d := n(float64(day("2019-06-03") + athar.Day(7*k)))
			level := 4.0
			if k > 58 {
				level = 2.6
			}
			course.X, course.Y = append(course.X, d), append(course.Y, n(math.Round(level+1.8*math.Sin(float64(k*k)))))
			fit.X, fit.Y = append(fit.X, d), append(fit.Y, n(level))
			post.X, post.Y = append(post.X, d), append(post.Y, n(0.2*math.Exp(-math.Pow(float64(k-58)/3, 2))))
		}
		broke := athar.Indicator{Code: "break", Group: athar.GroupTemporal, Before: null, After: null, FarBefore: null, FarAfter: null, Change: 0.43, Low: null, High: null, P: null, HolmP: null, MDE: null, N: 310, Reading: athar.Silent, Curves: []athar.Curve{course, fit, post, {Code: "posterior", X: post.X[:70], Y: post.Y[8:]}},
			Warnings: []athar.Note{note("rival-common-shock"), note("no-events-after"), note("no-pre-events")}}
		if !control {
			for _, x := range []*athar.Indicator{&hill, &free, &sync, &local, &theil, &far, &lag, &tempo} {
				x.FarBefore, x.FarAfter, x.FarN = null, null, 0
			}
		}
		return &athar.Adaptation{
			Signatures: []athar.Signature{
				{ID: athar.Decentralised, Word: athar.Mixed, Because: []athar.Note{because}, Indicators: []athar.Indicator{theil, hill, tail, free, far, sync, local}, Rivals: []athar.Note{note("rival-common-shock")}},
				{ID: athar.Communication, Word: athar.NotIdentifiable, Because: []athar.Note{note("movement-cannot-tell")}, Indicators: []athar.Indicator{sync, lag}, Rivals: []athar.Note{note("rival-common-shock")}},
				{ID: athar.Leadership, Word: athar.NotDetected, Opposed: !control, Because: []athar.Note{because}, Indicators: []athar.Indicator{back, mix}, Rivals: []athar.Note{rival}},
			},
			Context: []athar.Indicator{tempo, broke},
			Checks: []athar.Guard{{Code: "check-number", Status: athar.Fired, Says: note("guard-few-events-quiet", "pre", 84, "during", 14, "post", 20)}, {Code: "check-reporting", Status: athar.Blind, Says: note("guard-imprecise-blind")},
				{Code: "check-season", Status: athar.Quiet, Says: note("guard-no-control-quiet")}},
			Notes: []athar.Note{note("far-widened", "events", 12, "areas", 3, "need", 30, "need_areas", 4)},
		}
	}
	for i := range r.Campaigns {
		r.Campaigns[i].Adaptation = build(true)
	}
	r.Totals[0].Adaptation = build(false)
	scores := []athar.Score{{Model: "zeros", Baseline: true, N: 144, CRPS: 31.2, IGN: 4.4, MIS: 610, Cover50: 0.02, Cover90: 0.04, Skill: -2.4, Low: null, High: null},
		{Model: "conflictology", Baseline: true, N: 144, CRPS: 9.2, IGN: 3.1, MIS: 64.1, Cover50: 0.55, Cover90: 0.93, Skill: 0, Low: null, High: null},
		{Model: "ingarch", N: 144, CRPS: 7.9, IGN: 2.9, MIS: 55.8, Cover50: 0.52, Cover90: 0.91, Skill: 0.14, Low: -2.2, High: -0.4}}
	shown := athar.Outlook{ID: "iraq", Name: athar.Names{En: "Iraq", Ar: "العراق"}, Unit: "country", Shown: true, Because: []athar.Note{note("movement-cannot-tell")}, Model: "ingarch", Scores: scores}
	for k := range 54 {
		m := athar.Span{First: athar.Date(2016, time.Month(7+k), 1), Last: athar.Date(2016, time.Month(8+k), 0)}
		shown.Months = append(shown.Months, m)
		o, mid, w := n(math.Round(40+12*math.Sin(float64(k)/3)+9*math.Sin(float64(k*k)))), null, 0.0
		if k >= 48 {
			o, mid, w = null, 38, 4*math.Sqrt(float64(k-46))
		}
		shown.Observed, shown.Median = append(shown.Observed, o), append(shown.Median, mid)
		shown.Low50, shown.High50 = append(shown.Low50, mid-n(w)), append(shown.High50, mid+n(w))
		shown.Low90, shown.High90 = append(shown.Low90, mid-n(2.5*w)), append(shown.High90, mid+n(3*w))
	}
	r.Outlook = []athar.Outlook{shown}
	for k, name := range []string{"Syria", "Anbar", "Diyala", "Kirkuk"} {
		o := athar.Outlook{ID: "u" + strconv.Itoa(k), Name: athar.Names{En: name}, Unit: "governorate", Because: []athar.Note{note("no-events-after")}, Scores: scores}
		if k == 0 {
			o.Unit, o.Because = "country", []athar.Note{note("movement-cannot-tell")}
		}
		r.Outlook = append(r.Outlook, o)
	}
}

// fixtureMultiverse gives the first campaign curves of both phases, the second
// one of one phase that could not be set against placebos, and the third none
// that was not refused.
func fixtureMultiverse(r *athar.Report) {
	g := rand.New(rand.NewPCG(11, 3))
	dims := []athar.Dimension{{Name: "period", Values: []string{"month"}}, {Name: "classes", Values: []string{"all"}}, {Name: "pre_months", Values: []string{"18", "12", "24"}},
		{Name: "wash_in", Values: []string{"0", "1"}}, {Name: "rings", Values: []string{"25/50/100", "12.5/25/50"}}, {Name: "far", Values: []string{"country", "study"}},
		{Name: "donut", Values: []string{"0", "1"}}, {Name: "estimator", Values: []string{"spillover", "its-linear", "sdid", "bsts"}}}
	curve := func(ph athar.Phase, centre float64, n int) athar.Multiverse {
		m := athar.Multiverse{Question: athar.AskInside, Phase: ph, Declared: 192, Redundant: 40, LeastFavourable: n - 1, Own: -1,
			Invalid: []athar.ReasonCount{{Reason: "few-donors", N: 20}, {Reason: "low-mean", N: 152 - 20 - n}},
			Joint:   athar.Joint{Specs: n - 4, Placebos: 199, Apart: 87.3, Matched: true, MinP: 0.0113, MedianP: 0.214, ShareP: 0.31, StoufferP: 0.184}}
		for range n {
			x := make([]int, len(dims))
			for d := range dims {
				x[d] = g.IntN(len(dims[d].Values))
			}
			x[len(x)-1] = g.IntN(3) // nothing of the last estimator
			rr := centre * math.Exp(0.4*g.NormFloat64()+0.3*float64(x[5]))
			m.Specs = append(m.Specs, athar.SpecResult{Choice: x, RR: athar.Num(rr), Low: athar.Num(rr * math.Exp(-0.7)), High: athar.Num(rr * math.Exp(0.7))})
		}
		slices.SortFunc(m.Specs, func(a, b athar.SpecResult) int {
			if a.RR < b.RR {
				return -1
			}
			return 1
		})
		median := func(of func(athar.SpecResult) bool) athar.Num {
			var list []athar.Num
			for _, s := range m.Specs {
				if of(s) {
					list = append(list, s.RR)
				}
			}
			if list == nil {
				return athar.Num(math.NaN())
			}
			return list[len(list)/2]
		}
		m.Median, m.Q1, m.Q3 = median(func(athar.SpecResult) bool { return true }), m.Specs[n/4].RR, m.Specs[3*n/4].RR
		for d, dim := range dims {
			lo, hi := athar.Num(math.Inf(1)), athar.Num(0)
			dim.Medians = nil
			for v := range dim.Values {
				x := median(func(s athar.SpecResult) bool { return s.Choice[d] == v })
				dim.Medians = append(dim.Medians, x)
				if x == x {
					lo, hi = min(lo, x), max(hi, x)
				}
			}
			dim.Leverage = hi / lo
			m.Dimensions = append(m.Dimensions, dim)
		}
		m.Below, m.Significant = 0.74, 0.21
		return m
	}
	during, post := curve(athar.During, 0.7, 96), curve(athar.Post, 0.9, 120)
	// One of them is the fit behind the headline.
	for i, f := range r.Campaigns[0].Findings {
		if f.Question == athar.AskInside && f.Phase == athar.During {
			e := r.Campaigns[0].Findings[i].Headline
			k := slices.IndexFunc(during.Specs, func(s athar.SpecResult) bool { return s.RR >= e.RR })
			own := &during.Specs[k]
			own.RR, own.Low, own.High = e.RR, e.Low, e.High
			own.Choice[len(dims)-1] = 0
			during.Own = k
		}
	}
	r.Campaigns[0].Multiverse = []athar.Multiverse{during, post}
	alone := curve(athar.During, 0.5, 30)
	alone.Joint = athar.Joint{MinP: athar.Num(math.NaN()), Refusal: &athar.Refusal{Reason: athar.Note{Code: "no-joint-curve"}}}
	r.Campaigns[1].Multiverse = []athar.Multiverse{alone}
	r.Campaigns[2].Multiverse = []athar.Multiverse{{Question: athar.AskInside, Phase: athar.During, Declared: 192, Redundant: 40, LeastFavourable: -1, Own: -1,
		Invalid: []athar.ReasonCount{{Reason: "no-pre-events", N: 152}}, Specs: []athar.SpecResult{}}}
	for i, f := range r.Campaigns[0].Findings {
		if f.Question == athar.AskInside {
			list := &r.Campaigns[0].Findings[i].Methods
			*list = append(*list, athar.MethodView{Method: "spillover", Spec: "data=UCDP GED 21.1", RR: 0.81, Low: 0.45, High: 1.47, Verdict: athar.Inconclusive},
				athar.MethodView{Method: "spillover", Spec: "data=Reports by week", RR: athar.Num(math.NaN()), Verdict: athar.CannotTell, Refusal: &athar.Refusal{Reason: athar.Note{Code: "no-pre-events"}}})
		}
	}
}

// fixturePooled answers for the campaigns of the fixture together with what one
// of them says.
func fixturePooled(r *athar.Report) {
	c := r.Campaigns[1]
	x := &athar.PooledReport{Campaigns: []string{"white-desert", "deterrence", "lions"}, Rings: c.Rings, Periods: c.Periods, Series: c.Series, LeftOut: 12,
		Guards: c.Guards[:4], Effects: c.Effects,
		Notes: []athar.Note{{Code: "joint-overlap", Args: map[string]any{"cells": 12}}, {Code: "joint-range", Args: map[string]any{"n": 3, "min": athar.Num(0.4), "max": athar.Num(1.9),
			"q": athar.Num(7.1), "p": athar.Num(0.03), "i2": athar.Num(0.71), "low": athar.Num(0.2), "high": athar.Num(4.1)}}}}
	for _, f := range c.Findings {
		f.ID, f.Campaign = athar.AllCampaigns+f.ID[len(c.Campaign.ID):], athar.AllCampaigns
		x.Findings = append(x.Findings, f)
	}
	r.Pooled = x
	r.Freeze = &athar.Freeze{State: athar.ChangedAfter, Hash: "0123456789ab", Frozen: "ba9876543210", Times: 1, Changed: []string{"choices"}}
}
