package source

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"athar"
	"athar/source/event"
)

// person is put into every column of the invented files that may hold the name
// of a person, and must come out nowhere.
const person = "Zayd Testperson"

// record is a row by column names; other columns are blank.
type record map[string]string

// text writes records under a header, quoted where they must be.
func text(header []string, sep string, head bool, rows ...record) string {
	var b strings.Builder
	if head {
		b.WriteString(strings.Join(header, sep) + "\n")
	}
	for _, r := range rows {
		cells := make([]string, len(header))
		for i, h := range header {
			cells[i] = r[h]
			if sep == "," && strings.ContainsAny(cells[i], ",\"\n") {
				cells[i] = `"` + strings.ReplaceAll(cells[i], `"`, `""`) + `"`
			}
		}
		b.WriteString(strings.Join(cells, sep) + "\n")
	}
	return b.String()
}

func (r record) with(kv ...string) record {
	out := record{}
	for k, v := range r {
		out[k] = v
	}
	for i := 0; i < len(kv); i += 2 {
		out[kv[i]] = kv[i+1]
	}
	return out
}

func list(s, sep string) []string { return strings.Split(s, sep) }

var (
	acledHeader = list("event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2,interaction,"+
		"civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp", ",")
	acledRow = record{"event_id_cnty": "XYZ1", "event_date": "2020-02-03", "time_precision": "1", "event_type": "Battles", "sub_event_type": "Armed clash", "actor1": "Red Front (Xyland)",
		"inter1": "Rebel group", "actor2": "Military Forces of Xyland (2019-)", "inter2": "State forces", "country": "Xyland", "latitude": "33.5", "longitude": "44.25", "geo_precision": "1",
		"source": person, "notes": "On a day, \"" + person + "\"\nsaid, something.", "fatalities": "3", "tags": person}

	gtdHeader = list("eventid,iyear,imonth,iday,approxdate,extended,resolution,country_txt,provstate,city,latitude,longitude,specificity,vicinity,location,summary,attacktype1,attacktype1_txt,"+
		"targtype1_txt,corp1,target1,natlty1_txt,gname,gsubname,gname2,motive,weapdetail,nkill,addnotes,scite1", ",")
	gtdRow = record{"eventid": "202002030001", "iyear": "2020", "imonth": "2", "iday": "3", "approxdate": person, "country_txt": "Xyland", "latitude": "33.5", "longitude": "44.25", "specificity": "1",
		"vicinity": "0", "location": person, "summary": person + " said, \"x\"", "attacktype1": "3", "attacktype1_txt": "Bombing/Explosion", "targtype1_txt": "Military", "corp1": person,
		"target1": person, "natlty1_txt": "Xyland", "gname": "Red Front", "gsubname": person, "motive": person, "weapdetail": person, "nkill": "2", "addnotes": person, "scite1": person}

	icewsHeader = list("Event ID,Event Date,Source Name,Source Sectors,Source Country,Event Text,CAMEO Code,Intensity,Target Name,Target Sectors,Target Country,Story ID,Sentence Number,"+
		"Publisher,City,District,Province,Country,Latitude,Longitude", ",")
	icewsRow = record{"Event ID": "77", "Event Date": "2020-02-03", "Source Name": person, "Source Sectors": "Dissident,Insurgents", "Source Country": "Iraq", "Event Text": person + " \"fights",
		"CAMEO Code": "190", "Intensity": "-10.0", "Target Name": "Islamic State (Iraq)", "Target Sectors": "NULL", "Target Country": "NA", "Publisher": person, "City": "Mosul", "District": "NULL",
		"Province": "Ninawa", "Country": "Iraq", "Latitude": "36.3", "Longitude": "43.1"}

	polecatHeader = list("Event ID,Event Date,Event Type,Event Mode,Intensity,Quad Code,Contexts,Actor Name,Actor Country,Actor COW,Primary Actor Sector,Actor Sectors,Actor Title,Actor Name Raw,"+
		"Wikipedia Actor ID,Recipient Name,Recipient Country,Recipient COW,Primary Recipient Sector,Recipient Sectors,Recipient Title,Recipient Name Raw,Wikipedia Recipient ID,Placename,City,"+
		"District,Province,Country,Latitude,Longitude,GeoNames ID,Raw Placename,Feature Type,Source,Publication Date,Story People,Story Organizations,Story Locations,Language,Version", ",")
	polecatRow = record{"Event ID": "p1", "Event Date": "2020-02-03", "Event Type": "ASSAULT", "Event Mode": "firearms", "Actor Name": person + "; Islamic State; Taliban", "Actor Country": "IRQ",
		"Primary Actor Sector": "REB", "Actor Sectors": "REB;MIL", "Actor Title": person, "Actor Name Raw": person, "Wikipedia Actor ID": person, "Recipient Name": person, "Recipient Country": "IRQ",
		"Primary Recipient Sector": "MIL", "Recipient Sectors": "MIL", "Recipient Title": person, "Recipient Name Raw": person, "Wikipedia Recipient ID": person, "Placename": person, "City": "None",
		"District": "None", "Province": "Ninawa", "Country": "IRQ", "Latitude": "36.3", "Longitude": "43.1", "GeoNames ID": "9", "Raw Placename": person, "Feature Type": "PPLA", "Source": person,
		"Story People": person, "Story Organizations": person, "Story Locations": person}

	gdeltHeader = formatColumns(61)
	gdeltRow    = record{"GLOBALEVENTID": "900000001", "SQLDATE": "20200203", "Actor1Code": "IRQMIL", "Actor1Name": strings.ToUpper(person), "Actor1CountryCode": "IRQ", "Actor1Type1Code": "MIL",
		"Actor2Name": "ISLAMIC STATE", "Actor2Type1Code": "INS", "EventCode": "0874", "ActionGeo_Type": "4", "ActionGeo_FullName": "Mosul, Ninawa, Iraq", "ActionGeo_CountryCode": "IZ",
		"ActionGeo_Lat": "36.3", "ActionGeo_Long": "43.1", "DATEADDED": "20200203000000", "SOURCEURL": "https://example.org/" + strings.ReplaceAll(person, " ", "-")}
)

// formatColumns are GDELT's columns as the reader sees them in a first row.
func formatColumns(n int) []string {
	first := make([]string, n)
	first[0], first[1] = "1", "20200203"
	return formats["gdelt"].header(first)
}

func on(y int, m time.Month, d int) athar.Span {
	return athar.Span{First: athar.Date(y, m, d), Last: athar.Date(y, m, d)}
}

func TestPublishedFormats(t *testing.T) {
	day := on(2020, 2, 3)
	for _, c := range []struct {
		name, format, text, layout, reasons string
		want                                []athar.Event
	}{
		{"ACLED", "acled", text(acledHeader, ",", true, acledRow,
			acledRow.with("event_id_cnty", "XYZ2", "event_date", "04 February 2020", "time_precision", "2", "event_type", "Explosions/Remote violence", "sub_event_type", "Shelling/artillery/missile attack",
				"actor1", "Military Forces of Xyland (2019-)", "inter1", "1", "actor2", "", "geo_precision", "2", "fatalities", ""),
			acledRow.with("event_id_cnty", "XYZ3", "event_date", "4 Feb 2020", "time_precision", "3", "event_type", "Strategic developments", "sub_event_type", "Disrupted weapons use", "geo_precision", "3", "fatalities", "0")),
			"ACLED, 31 columns; 3 columns with texts or names not read: source, notes, tags", "", []athar.Event{
				{ID: "XYZ2", When: athar.Span{First: athar.Date(2020, 2, 1), Last: athar.Date(2020, 2, 7)}, Place: athar.PlaceNear, SideA: "Military Forces of Xyland (2019-)",
					Class: "Explosions/Remote violence: Shelling/artillery/missile attack", Kind: athar.Operation},
				{ID: "XYZ3", When: athar.Span{First: athar.Date(2020, 2, 1), Last: athar.Date(2020, 2, 29)}, Place: athar.PlaceProvince, SideA: "Red Front (Xyland)", SideB: "Military Forces of Xyland (2019-)",
					Class: "Strategic developments: Disrupted weapons use", Kind: athar.Seizure, HasDeaths: true},
				{ID: "XYZ1", When: day, Place: athar.PlaceExact, SideA: "Red Front (Xyland)", SideB: "Military Forces of Xyland (2019-)", Class: "Battles: Armed clash", Kind: athar.Clash,
					Deaths: athar.Deaths{Low: 3, Best: 3, High: 3}, HasDeaths: true}}},
		{"ACLED of HDX, older columns", "acled", "data_id,event_id_cnty,event_date,event_type,actor1,actor2,inter1,country,latitude,longitude,notes\n#id,#event+code,#date,#event+type,#a,#a,#i,#country,#lat,#lon,#d\n" +
			"9,XYZ1,2018-02-03,Remote violence,Red Front,,2,Xyland,33.5,44.25," + person + "\n", "ACLED, 11 columns; 1 columns with texts or names not read: notes", "hxl-tags 1", []athar.Event{
			{ID: "XYZ1", When: on(2018, 2, 3), SideA: "Red Front", Class: "Remote violence", Kind: athar.Attack}}},
		{"ACLED, monadic", "acled", text(list("event_id_cnty,event_date,event_type,sub_event_type,actor1,inter1,country,latitude,longitude", ","), ",", true, acledRow, acledRow.with("actor1", "Blue Army"),
			acledRow.with("event_id_cnty", "XYZ2"), acledRow), "ACLED, 9 columns", "repeated-event 2", []athar.Event{
			{ID: "XYZ1", When: day, SideA: "Blue Army", SideB: "Red Front (Xyland)", Class: "Battles: Armed clash", Kind: athar.Clash},
			{ID: "XYZ2", When: day, SideA: "Red Front (Xyland)", Class: "Battles: Armed clash", Kind: athar.Clash}}},
		{"GTD", "gtd", strings.ReplaceAll(text(gtdHeader, ",", true, gtdRow.with("targtype1_txt", "Mil\xf1taire", "gname2", "Blue Front"),
			gtdRow.with("eventid", "202002000001", "iday", "0", "specificity", "4", "nkill", "-9", "attacktype1", "7", "attacktype1_txt", "Facility/Infrastructure Attack"),
			gtdRow.with("eventid", "202000000001", "imonth", "0", "iday", "0", "specificity", "5", "nkill", "", "vicinity", "1"),
			gtdRow.with("eventid", "202002030002", "extended", "1", "resolution", "2/7/2020", "vicinity", "1", "nkill", "-99")), "\u00f1", "\xf1"),
			"Windows-1252; GTD, 30 columns; 10 columns with texts or names not read: approxdate, location, summary, corp1, target1, gsubname, motive, weapdetail, addnotes, scite1", "", []athar.Event{
				{ID: "202000000001", When: athar.Span{First: athar.Date(2020, 1, 1), Last: athar.Date(2020, 12, 31)}, SideA: "Red Front", SideB: "Military (Xyland)", Class: "Bombing/Explosion", Kind: athar.Attack},
				{ID: "202002000001", When: athar.Span{First: athar.Date(2020, 2, 1), Last: athar.Date(2020, 2, 29)}, Place: athar.PlaceProvince, SideA: "Red Front", SideB: "Military (Xyland)",
					Class: "Facility/Infrastructure Attack", Kind: athar.Looting},
				{ID: "202002030001", When: day, Place: athar.PlaceExact, SideA: "Red Front; Blue Front", SideB: "Mil\u00f1taire (Xyland)", Class: "Bombing/Explosion", Kind: athar.Attack,
					Deaths: athar.Deaths{Low: 2, Best: 2, High: 2}, HasDeaths: true},
				{ID: "202002030002", When: athar.Span{First: athar.Date(2020, 2, 3), Last: athar.Date(2020, 2, 7)}, Place: athar.PlaceNear, SideA: "Red Front", SideB: "Military (Xyland)", Class: "Bombing/Explosion", Kind: athar.Attack}}},
		{"GDELT 2.0", "gdelt", text(gdeltHeader, "\t", false, gdeltRow, gdeltRow.with("GLOBALEVENTID", "900000002", "EventCode", "190", "ActionGeo_Type", "1", "ActionGeo_FullName", "Iraq"),
			gdeltRow.with("GLOBALEVENTID", "900000003", "EventCode", "0251", "ActionGeo_Type", "0", "ActionGeo_FullName", "", "Actor1Type1Code", "", "Actor1CountryCode", "")),
			"tab-separated; no header; GDELT, 61 columns; 1 columns with texts or names not read: SOURCEURL", "", []athar.Event{
				{ID: "900000001", When: day, Place: athar.PlaceExact, SideA: "Military (Iraq)", SideB: "ISLAMIC STATE", Class: "0874", Kind: athar.Territory, Country: "Iraq"},
				{ID: "900000002", When: day, Place: athar.PlaceCountry, SideA: "Military (Iraq)", SideB: "ISLAMIC STATE", Class: "190", Kind: athar.Operation, Country: "Iraq"},
				{ID: "900000003", When: day, SideB: "ISLAMIC STATE", Class: "0251", Kind: athar.OtherEvent, Country: "FIPS IZ"}}},
		{"GDELT 1.0", "gdelt", text(formatColumns(58), "\t", false, gdeltRow), "tab-separated; no header; GDELT, 58 columns; 1 columns with texts or names not read: SOURCEURL", "", []athar.Event{
			{ID: "900000001", When: day, Place: athar.PlaceExact, SideA: "Military (Iraq)", SideB: "ISLAMIC STATE", Class: "0874", Kind: athar.Territory, Country: "Iraq"}}},
		{"GDELT before 2013", "gdelt", text(formatColumns(57), "\t", false, gdeltRow), "tab-separated; no header; GDELT, 57 columns", "", []athar.Event{
			{ID: "900000001", When: day, Place: athar.PlaceExact, SideA: "Military (Iraq)", SideB: "ISLAMIC STATE", Class: "0874", Kind: athar.Territory, Country: "Iraq"}}},
		{"ICEWS", "icews", text(icewsHeader, "\t", true, icewsRow, icewsRow, icewsRow.with("Event Date", "2020-02-04", "City", "", "CAMEO Code", "42"),
			icewsRow.with("Event ID", "78", "CAMEO Code", "173", "City", "NULL", "Province", "NULL", "Source Sectors", "Army,Military,Government")),
			"tab-separated; ICEWS, 20 columns; 2 columns with texts or names not read: Event Text, Publisher", "repeated-event 1", []athar.Event{
				{ID: "77/2020-02-03", When: day, Place: athar.PlaceExact, SideA: "Insurgents (Iraq)", SideB: "Islamic State (Iraq)", Class: "190", Kind: athar.Attack, Country: "Iraq"},
				{ID: "78/2020-02-03", When: day, Place: athar.PlaceCountry, SideA: "Military (Iraq)", SideB: "Islamic State (Iraq)", Class: "173", Kind: athar.Arrest, Country: "Iraq"},
				{ID: "77/2020-02-04", When: on(2020, 2, 4), Place: athar.PlaceProvince, SideA: "Insurgents (Iraq)", SideB: "Islamic State (Iraq)", Class: "042", Kind: athar.OtherEvent, Country: "Iraq"}}},
		{"POLECAT", "polecat", text(polecatHeader, "\t", true, polecatRow, polecatRow.with("Event ID", "p2"),
			polecatRow.with("Event ID", "p3", "Event Type", "COERCE", "Event Mode", "seize", "Actor Name", "None", "Primary Actor Sector", "MIL", "Feature Type", "ADM1")),
			"tab-separated; POLECAT, 40 columns; 12 columns with texts or names not read: Actor Title, Actor Name Raw, Wikipedia Actor ID, Recipient Title, Recipient Name Raw, Wikipedia Recipient ID, Placename, Raw Placename, Source, Story People, Story Organizations, Story Locations",
			"repeated-event 1", []athar.Event{
				{When: day, Place: athar.PlaceExact, SideA: "Islamic State; Taliban", SideB: "Military (Iraq)", Class: "assault: firearms", Kind: athar.Attack, Country: "Iraq"},
				{When: day, Place: athar.PlaceProvince, SideA: "Military (Iraq)", SideB: "Military (Iraq)", Class: "coerce: seize", Kind: athar.Seizure, Country: "Iraq"}}},
	} {
		for _, format := range []string{c.format, "auto"} {
			r := must(t, c.text, Spec{Format: format})
			if !strings.HasPrefix(r.Info.Layout, c.layout) && format == c.format {
				t.Errorf("%s: layout %q\nwant %q", c.name, r.Info.Layout, c.layout)
			}
			if reasons(r) != c.reasons || r.Info.Format != c.format || r.Info.Licence == "" || r.Info.Citation == "" || r.Info.Restricted != (c.format != "gdelt") {
				t.Errorf("%s: reasons %q, info %+v", c.name, reasons(r), r.Info)
			}
			if strings.Contains(fmt.Sprintf("%+v", r), "estperson") || strings.Contains(fmt.Sprintf("%+v", r), "ESTPERSON") {
				t.Errorf("%s: a person's name came out: %+v", c.name, r)
			}
			got := slices.Clone(r.Events)
			for i := range got {
				if c.format == "polecat" {
					got[i].ID = ""
				}
				if got[i].Place == athar.PlaceUnknown && c.format == "gdelt" && got[i].HasPoint {
					t.Errorf("%s: a point without a place", c.name)
				}
				if (got[i].Lat != 33.5 || got[i].Lon != 44.25) && (got[i].Lat != 36.3 || got[i].Lon != 43.1) && got[i].HasPoint || got[i].Dataset != "f" {
					t.Errorf("%s: %+v", c.name, got[i])
				}
				got[i].Line, got[i].Dataset, got[i].Lon, got[i].Lat, got[i].HasPoint = 0, "", 0, 0, false
				if got[i].Country == "Xyland" {
					got[i].Country = ""
				}
			}
			if c.format == "polecat" {
				slices.SortFunc(got, func(a, b athar.Event) int { return strings.Compare(a.Class, b.Class) })
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s:\n%+v\nwant\n%+v", c.name, got, c.want)
			}
		}
	}
}

// The group is found by its name with or without a country, by an alias among
// several names, and where it is only an associate the rows are told apart.
func TestGroupInPublishedFormats(t *testing.T) {
	red := Group{Aliases: []string{"red front"}}
	r := must(t, text(acledHeader, ",", true, acledRow, acledRow.with("event_id_cnty", "XYZ2", "actor1", "Police", "assoc_actor_1", "Women; Red Front"),
		acledRow.with("event_id_cnty", "XYZ3", "actor1", "Police", "latitude", "x")), Spec{Format: "acled", Group: red})
	if len(r.Events) != 1 || reasons(r) != "group-only-associated 1, other-actors 1" {
		t.Errorf("%s %+v", reasons(r), r.Events)
	}
	r = must(t, text(gtdHeader, ",", true, gtdRow.with("gname", "Other", "gname2", "Red Front")), Spec{Format: "gtd", Group: red})
	if len(r.Events) != 1 {
		t.Errorf("%+v", r.Events)
	}
	r = must(t, text(gtdHeader, ",", true, gtdRow, gtdRow.with("eventid", "199202030001", "iyear", "1992")), Spec{Format: "gtd"})
	if !strings.HasSuffix(r.Info.Layout, "; GTD has no 1993: leave it out of the coverage") {
		t.Error(r.Info.Layout)
	}
	// An alias of the group is an organisation even if no list has it.
	r = must(t, text(icewsHeader, "\t", true, icewsRow.with("Source Name", "Red Front")), Spec{Format: "icews", Group: red})
	if len(r.Events) != 1 || r.Events[0].SideA != "Red Front" {
		t.Errorf("%+v", r.Events)
	}
	r = must(t, text(icewsHeader, "\t", true, icewsRow.with("Source Name", "Red Front")), Spec{Format: "icews", Organisations: []string{"RED FRONT"}})
	if r.Events[0].SideA != "Red Front" {
		t.Errorf("%+v", r.Events)
	}
	if _, err := read(t, text(acledHeader, ",", true, acledRow), Spec{Format: "acled", Group: is}); err == nil || !strings.Contains(err.Error(), "the commonest sides are Military Forces of Xyland (2019-), Red Front (Xyland)") {
		t.Error(err)
	}
}

func TestKindsAndClassesAskedFor(t *testing.T) {
	rows := text(acledHeader, ",", true, acledRow, acledRow.with("event_id_cnty", "XYZ2", "event_type", "Strategic developments", "sub_event_type", "Arrests"),
		acledRow.with("event_id_cnty", "XYZ3", "event_type", "Strategic developments", "sub_event_type", "Agreement"))
	for want, s := range map[string]Spec{
		"XYZ1":      {Kinds: []athar.Kind{athar.Clash}},
		"XYZ1 XYZ2": {Kinds: []athar.Kind{athar.Arrest, athar.Clash}},
		"XYZ2 XYZ3": {Classes: []string{"strategic developments", "Grenade"}}, // no row has the second, but the format knows it
		"XYZ2":      {Classes: []string{"Arrests"}},
		"XYZ3":      {Classes: []string{"Strategic developments: Agreement"}},
	} {
		s.Format = "acled"
		r := must(t, rows, s)
		var ids []string
		for _, e := range r.Events {
			ids = append(ids, e.ID)
		}
		if strings.Join(ids, " ") != want || reasons(r) != fmt.Sprintf("not-asked-for %d", 3-len(ids)) {
			t.Errorf("%v: %s", ids, reasons(r))
		}
	}
	codes := text(gdeltHeader, "\t", false, gdeltRow, gdeltRow.with("GLOBALEVENTID", "1", "EventCode", "1832"), gdeltRow.with("GLOBALEVENTID", "2", "EventCode", "190"))
	if r := must(t, codes, Spec{Format: "gdelt", Classes: []string{"18", "19"}}); len(r.Events) != 2 {
		t.Errorf("%+v", r.Events)
	}
	if _, err := read(t, codes, Spec{Format: "gdelt", Classes: []string{"193"}}); err == nil || !strings.Contains(err.Error(), `no row is of class "193"`) {
		t.Error(err)
	}
	if _, err := read(t, rows, Spec{Format: "acled", Classes: []string{"Arrest"}}); err == nil || !strings.Contains(err.Error(), `no row is of class "Arrest"; did you mean "Strategic developments: Arrests"`) {
		t.Error(err)
	}
}

func TestPublishedRejects(t *testing.T) {
	type bad struct {
		column, value, reason string
	}
	for _, c := range []struct {
		format string
		header []string
		sep    string
		row    record
		id     string
		bad    []bad
	}{
		{"acled", acledHeader, ",", acledRow, "event_id_cnty", []bad{{"event_id_cnty", "", "no-id"}, {"event_date", "x", "bad-date"}, {"event_date", "2020-02", "bad-date"}, {"time_precision", "4", "bad-precision"},
			{"latitude", "99", "bad-coordinates"}, {"geo_precision", "0", "bad-precision"}, {"fatalities", "-1", "bad-deaths"}}},
		{"gtd", gtdHeader, ",", gtdRow, "eventid", []bad{{"eventid", "", "no-id"}, {"iyear", "", "bad-date"}, {"imonth", "13", "bad-date"}, {"iday", "30", "bad-date"}, {"attacktype1", "0", "bad-type"},
			{"specificity", "6", "bad-precision"}, {"nkill", "-1", "bad-deaths"}, {"longitude", "200", "bad-coordinates"}}},
		{"gdelt", gdeltHeader, "\t", gdeltRow, "GLOBALEVENTID", []bad{{"GLOBALEVENTID", "", "no-id"}, {"SQLDATE", "20200230", "bad-date"}, {"ActionGeo_Type", "6", "bad-precision"}, {"ActionGeo_Lat", "x", "bad-coordinates"}}},
		{"icews", icewsHeader, "\t", icewsRow, "Event ID", []bad{{"Event ID", "", "no-id"}, {"Event Date", "x", "bad-date"}, {"CAMEO Code", "NULL", "bad-type"}, {"Latitude", "x", "bad-coordinates"}}},
		{"polecat", polecatHeader, "\t", polecatRow, "Event ID", []bad{{"Event ID", "", "no-id"}, {"Event Date", "x", "bad-date"}, {"Event Type", "None", "bad-type"}, {"Longitude", "x", "bad-coordinates"}}},
	} {
		for _, b := range c.bad {
			rows := []record{c.row.with(c.id, "1"), c.row.with(c.id, "2")}
			if c.format == "polecat" {
				rows[1] = rows[1].with("Event Date", "2020-02-05")
			}
			r := must(t, text(c.header, c.sep, c.format != "gdelt", append(rows, c.row.with(b.column, b.value))...), Spec{Format: c.format})
			if len(r.Rejects) != 1 || r.Rejects[0].Column != b.column || r.Rejects[0].Reason != b.reason || len(r.Events) != 2 {
				t.Errorf("%s, %s %q: %+v", c.format, b.column, b.value, r.Rejects)
			}
		}
	}
}

func TestDetect(t *testing.T) {
	for want, c := range map[string]struct{ text, why string }{
		"acled":    {text(acledHeader, ",", true, acledRow), "columns event_id_cnty, event_date"},
		"gtd":      {text(gtdHeader, ",", true, gtdRow), "columns eventid, iyear"},
		"gdelt":    {text(gdeltHeader, "\t", false, gdeltRow), "no header, 61 columns"},
		"icews":    {text(icewsHeader, "\t", true, icewsRow), "columns Event ID, Event Date"},
		"polecat":  {text(polecatHeader, "\t", true, polecatRow), "columns Event ID, Event Date"},
		"ucdp-ged": {ged, "columns id, type_of_violence"},
		"counts":   {"district;month;count\na;2020-01;5\n", "columns district, month, count"},
		"table":    {"date,lat,lon,type\n2020-01-01,33,44,x\n", "columns date, lat, lon, type"},
	} {
		format, why, err := Detect(write(t, "no-hint.txt", c.text))
		if format != want || !strings.HasPrefix(why, c.why) || err != nil {
			t.Errorf("%s: %q, %q, %v", want, format, why, err)
		}
	}
	if format, why, err := Detect(write(t, "x", strings.Repeat("1,", 48)+"1\n")); format != "ucdp-ged" || why != "no header, 49 columns" {
		t.Error(format, why, err)
	}
	for body, want := range map[string]string{
		"date,lat,lon,count\n2020-01-01,1,2,3\n":  "the format is not clear; the nearest are table and counts; name it: format: table",
		"date,type\n2020-01-01,x\n":               "the nearest are counts (without count) and table (without lat, lon)",
		"event_id_cnty,event_date,event_type,a\n": "the nearest are acled (without actor1, latitude, longitude) and table (without lat, lon)",
	} {
		if _, _, err := Detect(write(t, "f.csv", body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", body, err)
		}
	}
	if r := must(t, ged, Spec{Group: is}); r.Info.Format != "ucdp-ged" || !strings.HasSuffix(r.Info.Layout, "; format recognised: columns id, type_of_violence, side_a, side_b, side_a_new_id, side_b_new_id") {
		t.Errorf("%+v", r.Info)
	}
}

// Several files in a zip are one table; headers in the middle are left out,
// and a file without a line break at its end does not run into the next.
func TestJoinedZip(t *testing.T) {
	pack := func(members ...string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for i, m := range members {
			f, err := w.Create(fmt.Sprintf("%02d.csv", len(members)-i)) // read by name, the last written first
			if err != nil {
				t.Fatal(err)
			}
			_, _ = f.Write([]byte(m))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	row := func(id string) string { return text(gdeltHeader, "\t", false, gdeltRow.with("GLOBALEVENTID", id)) }
	r := must(t, pack("\ufeff"+row("3"), strings.TrimSuffix(row("2"), "\n"), strings.TrimSuffix(row("1"), "\n")), Spec{Format: "gdelt"})
	if len(r.Events) != 3 || r.Events[2].ID != "3" || r.Events[2].Line != 3 || !strings.HasPrefix(r.Info.Layout, "zip of 3 files, lines counted through") {
		t.Errorf("%s %+v", r.Info.Layout, r.Events)
	}
	week := func(id, day string) string {
		return text(polecatHeader, "\t", true, polecatRow.with("Event ID", id, "Event Date", day))
	}
	r = must(t, pack(week("2", "2020-02-05"), "\ufeff"+week("1", "2020-02-04")), Spec{Format: "polecat"})
	if len(r.Events) != 2 || r.Info.Rows != 2 {
		t.Errorf("%+v", r.Info)
	}
}

func TestParquet(t *testing.T) {
	type row struct {
		ID    string    `parquet:"id"`
		Date  int32     `parquet:"date,date"`
		End   time.Time `parquet:"date_end,timestamp(microsecond)"`
		Lat   *float64  `parquet:"lat,optional"`
		Lon   *float64  `parquet:"lon,optional"`
		Dead  int64     `parquet:"deaths"`
		Price int64     `parquet:"type,decimal(2:18)"`
	}
	path := filepath.Join(t.TempDir(), "f.parquet")
	lat, lon := 33.5, 44.25
	rows := []row{{"a", 18295, time.Date(2020, 2, 4, 23, 0, 0, 0, time.UTC), &lat, &lon, 3, 5}, {"b", 18296, time.Date(2020, 2, 6, 0, 0, 0, 0, time.UTC), nil, nil, 0, -1250}}
	if err := parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(1)); err != nil {
		t.Fatal(err)
	}
	r := must(t, "", Spec{File: path})
	want := []athar.Event{
		{Dataset: "f", ID: "a", Line: 1, When: athar.Span{First: 18295, Last: 18296}, Lon: 44.25, Lat: 33.5, HasPoint: true, Class: "0.05", HasDeaths: true, Deaths: athar.Deaths{Low: 3, Best: 3, High: 3}},
		{Dataset: "f", ID: "b", Line: 2, When: athar.Span{First: 18296, Last: 18298}, Class: "-12.50", HasDeaths: true}}
	if !slices.Equal(r.Events, want) || r.Info.Format != "table" || !strings.HasPrefix(r.Info.Layout, "Parquet; ") {
		t.Errorf("%s\n%+v", r.Info.Layout, r.Events)
	}
	type nested struct {
		Date string   `parquet:"date"`
		Many []string `parquet:"many"`
	}
	if err := parquet.WriteFile(path, []nested{{"2020-01-01", nil}}); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, "", Spec{File: path}); err == nil || !strings.Contains(err.Error(), `column "many" of the Parquet file holds lists`) {
		t.Error(err)
	}
	if _, err := read(t, "PAR1 but no more PAR1", Spec{Format: "table"}); err == nil || !strings.Contains(err.Error(), "the Parquet file is damaged") {
		t.Error(err)
	}
}

// Streamed, a file holds the same events as read at once, if no two rows with
// one id differ.
func TestStream(t *testing.T) {
	for _, c := range []struct{ format, text string }{
		{"ucdp-ged", ged},
		{"table", "id,date,lat,lon,n,deaths\n1,25/02/2020,33,44,3,5\n2,2020-01-01,33,44,1,\n1,25/02/2020,33,44,3,5\n3,03/02/2020,33,44,0,\n4,04/02/2020,33,44,1,1\n5,2020-01-02,33,44,1,1\n"},
		{"acled", text(acledHeader, ",", true, acledRow, acledRow.with("event_id_cnty", "XYZ2"), acledRow)},
		{"gdelt", text(gdeltHeader, "\t", false, gdeltRow, gdeltRow.with("GLOBALEVENTID", "1"))},
	} {
		s := Spec{Format: c.format}
		if c.format == "table" {
			s.Columns = map[string]string{"count": "n"}
		}
		want := must(t, c.text, s)
		s.Name, s.Label, s.File = "f", "f.csv", write(t, "f.csv", c.text)
		var kept event.Collector
		r, err := Stream(context.Background(), s, kept.Add)
		if err != nil {
			t.Fatal(err)
		}
		got := kept.Events(func(e *athar.Event, _ int) { t.Errorf("%s: %+v came twice", c.format, e) })
		if !slices.Equal(got, want.Events) || !reflect.DeepEqual(r.Info, want.Info) || len(r.Events) != 0 {
			t.Errorf("%s: %+v\n%+v\nwant\n%+v\n%+v", c.format, r.Info, got, want.Info, want.Events)
		}
		stop := errors.New("full")
		if _, err := Stream(context.Background(), s, func(*athar.Event) error { return stop }); err != stop {
			t.Errorf("%s: %v", c.format, err)
		}
	}
	s := Spec{Name: "f", Label: "f.csv", Format: "acled", File: write(t, "f.csv", text(list("event_id_cnty,event_date,event_type,actor1,inter1,latitude,longitude", ","), ",", true,
		acledRow.with("event_id_cnty", "XYZ2"), acledRow, acledRow.with("actor1", "Blue Army"), acledRow.with("event_id_cnty", "XYZ3")))}
	var sides []string
	if _, err := Stream(context.Background(), s, func(e *athar.Event) error { sides = append(sides, e.ID+" "+e.SideA+", "+e.SideB); return nil }); err != nil ||
		!slices.Equal(sides, []string{"XYZ2 Red Front (Xyland), ", "XYZ1 Red Front (Xyland), Blue Army", "XYZ3 Red Front (Xyland), "}) {
		t.Error(sides, err)
	}
	if _, err := Stream(context.Background(), Spec{Name: "x", Format: "counts", File: "x"}, nil); err == nil || !strings.Contains(err.Error(), "holds counts") {
		t.Error(err)
	}
	ids := event.Once{Emit: func(*athar.Event) error { return nil }}
	again := 0
	ids.Again = func(*athar.Event, int) { again++ }
	for i := range 6000 {
		_ = ids.Add(&athar.Event{ID: fmt.Sprint(i % 5000), Line: i + 1})
	}
	if again != 1000 {
		t.Errorf("%d of 1000 repeated ids found", again)
	}
}

// Whatever the rows of a published format, all are accounted for.
func TestAnyPublishedRows(t *testing.T) {
	kinds := []struct {
		format, sep string
		header      []string
		row         record
	}{{"acled", ",", acledHeader, acledRow}, {"gtd", ",", gtdHeader, gtdRow}, {"gdelt", "\t", gdeltHeader, gdeltRow}, {"icews", "\t", icewsHeader, icewsRow}, {"polecat", "\t", polecatHeader, polecatRow}}
	path := filepath.Join(t.TempDir(), "f.csv")
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.SampledFrom(kinds).Draw(rt, "format")
		n := rapid.IntRange(1, 12).Draw(rt, "rows")
		var rows []record
		for range n {
			r := k.row
			for range rapid.IntRange(0, 3).Draw(rt, "changes") {
				r = r.with(rapid.SampledFrom(k.header).Draw(rt, "column"), rapid.SampledFrom([]string{"", "0", "1", "2", "-9", "x", "33", "200", "2020-02-03", "20200203", "NULL", "Islamic State"}).Draw(rt, "value"))
			}
			rows = append(rows, r)
		}
		if err := os.WriteFile(path, []byte(text(k.header, k.sep, k.format != "gdelt", rows...)), 0o600); err != nil {
			rt.Fatal(err)
		}
		s := Spec{Name: "f", Label: "f.csv", File: path, Format: k.format}
		if rapid.Bool().Draw(rt, "group") {
			s.Group = is
		}
		if r, err := Read(context.Background(), s); err == nil {
			accounted(t, r)
			if r.Info.Rows != n || t.Failed() {
				rt.Fatalf("%d rows of %d: %+v", r.Info.Rows, n, r.Info)
			}
			emitted := 0
			streamed, err := Stream(context.Background(), s, func(*athar.Event) error { emitted++; return nil })
			if err != nil || emitted != r.Info.Events || streamed.Info.Kept != r.Info.Kept || !reflect.DeepEqual(streamed.Info.Rejected, r.Info.Rejected) {
				rt.Fatalf("streamed %+v (%v), read %+v", streamed, err, r.Info)
			}
		}
	})
}

func FuzzReadACLED(f *testing.F) {
	fuzz(f, Spec{Format: "acled"}, text(acledHeader, ",", true, acledRow, acledRow), text(acledHeader[:26], ",", true, acledRow))
}

func FuzzReadGTD(f *testing.F) {
	fuzz(f, Spec{Format: "gtd"}, text(gtdHeader, ",", true, gtdRow, gtdRow.with("iday", "0", "targtype1_txt", "\xe9")))
}

func FuzzReadGDELT(f *testing.F) {
	fuzz(f, Spec{Format: "gdelt"}, text(gdeltHeader, "\t", false, gdeltRow), text(formatColumns(57), "\t", false, gdeltRow), text(gdeltHeader, "\t", true, gdeltRow))
}

func FuzzReadICEWS(f *testing.F) {
	fuzz(f, Spec{Format: "icews"}, text(icewsHeader, "\t", true, icewsRow, icewsRow))
}

func FuzzReadPOLECAT(f *testing.F) {
	fuzz(f, Spec{Format: "polecat"}, text(polecatHeader, "\t", true, polecatRow, polecatRow))
}

func FuzzDetect(f *testing.F) {
	fuzz(f, Spec{Format: "auto"}, ged, "month,count\n2020-01,5\n", text(gdeltHeader, "\t", false, gdeltRow), "PAR1xxxxPAR1")
}

var update = flag.Bool("update", false, "write docs/kinds.md anew")

// The documented mapping is the one in the code.
func TestKindsDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Kinds of event\n\nEvery source has its own words for what happened. Athar reads them into nine kinds:\n\n" +
		"attack (by an armed group, on anybody, explosives included), clash (fighting where the source does not say who began), operation (by forces, without an arrest or a find named),\n" +
		"arrest, seizure (weapons, caches, defused devices), looting (arson and burnt crops too), territory (a place changed hands), air strike, other.\n\n" +
		"A study asks for some of them by `kinds: [attack, clash]`. What a source cannot tell apart stays together: the tables say what each code becomes, by who acts where that matters.\n" +
		"A code that is not listed is other. Own tables and counts have no kinds, only classes.\n\n" +
		"This page is written by `go test ./source -run TestKindsDoc -update` from the tables in the code.\n")
	for _, name := range Formats {
		k := formats[name]
		if k.kinds == nil {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\nCode: %s.\n\n| code | meaning | kind | if forces act | if nobody is said to act |\n|---|---|---|---|---|\n", name, k.by)
		for _, r := range k.kinds {
			if !slices.Contains(athar.Kinds(), r.Kind) {
				t.Errorf("%s %s: no kind %q", name, r.Code, r.Kind)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.Code, r.Label, r.Kind, r.Forces, r.Unsaid)
		}
	}
	const path = "../docs/kinds.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if doc, err := os.ReadFile(path); err != nil || string(doc) != b.String() {
		t.Errorf("%s is not what the code says (%v): run with -update", path, err)
	}
}
