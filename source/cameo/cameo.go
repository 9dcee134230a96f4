// Package cameo holds what the machine-coded sources (GDELT, ICEWS, POLECAT)
// share: the CAMEO codes of events, the codes of sectors, and how an actor is
// called without naming a person.
//
// The package thinks that a machine coder cannot tell an organisation from the
// man who speaks for it, and that Athar must. An actor keeps its name only if
// the name is one of a list of organisations; everybody else is a sector of a
// country, "Military (Iraq)", or a country.
//
// Schrodt (2012), CAMEO Conflict and Mediation Event Observations codebook;
// PLOVER for the sectors that POLECAT adds.
package cameo

import (
	_ "embed"
	"strings"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

// Cell reads a cell without the words that stand for nothing.
func Cell(row tabular.Row, field string) string {
	switch s := row.Cell(field); s {
	case "None", "NULL", "NA":
		return ""
	default:
		return s
	}
}

// Kinds maps CAMEO codes; a longer code falls under the longest one listed.
// The source of an event acts on its target.
var Kinds = []event.KindRow{
	{Code: "0874", Label: "retreat or surrender militarily", Kind: athar.Territory},
	{Code: "15", Label: "exhibit military or police power", Kind: athar.OtherEvent, Forces: athar.Operation},
	{Code: "171", Label: "seize or damage property", Kind: athar.Looting, Forces: athar.Seizure},
	{Code: "1711", Label: "confiscate property", Kind: athar.Looting, Forces: athar.Seizure},
	{Code: "1712", Label: "destroy property", Kind: athar.Looting, Forces: athar.Operation},
	{Code: "173", Label: "arrest, detain", Kind: athar.Arrest},
	{Code: "18", Label: "assault", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "181", Label: "abduct, hijack, take hostages", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "182", Label: "assault physically, torture", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "19", Label: "fight", Kind: athar.Attack, Forces: athar.Operation, Unsaid: athar.Clash},
	{Code: "191", Label: "blockade, restrict movement", Kind: athar.Attack, Forces: athar.Operation, Unsaid: athar.OtherEvent},
	{Code: "192", Label: "occupy territory", Kind: athar.Territory},
	{Code: "195", Label: "employ aerial weapons", Kind: athar.AirStrike},
	{Code: "20", Label: "unconventional mass violence", Kind: athar.Attack, Forces: athar.OtherEvent},
}

var kinds = event.Table(Kinds)

// Kind is the kind of an event by its CAMEO code and who acts.
func Kind(code string, actor event.Sort) athar.Kind { return kinds.Prefix(code).By(actor) }

type sector struct {
	name string
	sort event.Sort
}

// sectors are the codes of CAMEO, GDELT and PLOVER. Of several, the sort of
// actor that comes first here decides: armed groups, forces, others.
var sectors = map[string]sector{
	"REB": {"Rebels", event.Armed}, "INS": {"Insurgents", event.Armed}, "SEP": {"Separatists", event.Armed}, "IMG": {"International armed group", event.Armed},
	"RAD": {"Radicals", event.Armed}, "MIL": {"Military", event.Forces}, "COP": {"Police", event.Forces}, "SPY": {"State intelligence", event.Forces},
	"PRM": {"Paramilitary", event.Armed}, "GOV": {"Government", event.Forces}, "UAF": {"Unidentified armed force", event.Unsaid}, "CRM": {"Criminals", event.Others},
	"OPP": {"Opposition", event.Others}, "PTY": {"Political party", event.Others}, "JUD": {"Judiciary", event.Others}, "LEG": {"Legislature", event.Others},
	"CVL": {"Civilians", event.Others}, "BUS": {"Business", event.Others}, "EDU": {"Education", event.Others}, "ELI": {"Elites", event.Others},
	"DEV": {"Development", event.Others}, "ENV": {"Environment", event.Others}, "HLH": {"Health", event.Others}, "HRI": {"Human rights", event.Others},
	"LAB": {"Labour", event.Others}, "MED": {"Media", event.Others}, "JRN": {"Media", event.Others}, "REF": {"Refugees", event.Others}, "MOD": {"Moderates", event.Others},
	"AGR": {"Agriculture", event.Others}, "REL": {"Religious body", event.Others}, "SOC": {"Social group", event.Others}, "IGO": {"International organisation", event.Others},
	"NGO": {"Non-governmental organisation", event.Others}, "NGM": {"Non-governmental movement", event.Others}, "MNC": {"Multinational company", event.Others},
	"INT": {"International actor", event.Others}, "UNS": {"", event.Unsaid},
}

// words in the names of ICEWS sectors that tell the sort of actor, by rank.
var words = []struct {
	word string
	sort event.Sort
}{
	{"insurgent", event.Armed}, {"rebel", event.Armed}, {"separatist", event.Armed}, {"terror", event.Armed}, {"militia", event.Armed}, {"extremist", event.Armed},
	{"paramilitary", event.Armed}, {"unidentified force", event.Unsaid}, {"military", event.Forces}, {"army", event.Forces}, {"police", event.Forces}, {"security", event.Forces},
	{"government", event.Forces},
}

//go:embed organisations.txt
var listed string

// Namer calls actors without naming a person.
type Namer struct {
	known map[string]bool // organisations, folded
	seen  map[string]bool // names: is an organisation
}

// NewNamer knows the organisations of organisations.txt, those that the caller
// adds, and the names of the group studied.
func NewNamer(o event.Options) *Namer {
	n := &Namer{known: map[string]bool{}, seen: map[string]bool{}}
	for _, list := range [][]string{strings.Split(listed, "\n"), o.Organisations, o.Group.Aliases} {
		for _, name := range list {
			if f := fold(name); f != "" && !strings.HasPrefix(name, "#") {
				n.known[f] = true
			}
		}
	}
	return n
}

// fold brings a name into the form in which organisations are compared:
// upper case, letters and digits only, without a country behind it.
func fold(name string) string {
	if i := strings.LastIndex(name, " ("); i > 0 && strings.HasSuffix(name, ")") {
		name = name[:i]
	}
	return strings.Join(strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool {
		return strings.ContainsRune(" -'’`.,_\t\u00a0", r)
	}), " ")
}

// Organisation returns name if it is a known organisation's, else "".
func (n *Namer) Organisation(name string) string {
	if name == "" {
		return ""
	}
	known, seen := n.seen[name]
	if !seen {
		known = n.known[fold(name)]
		n.seen[strings.Clone(name)] = known
	}
	if !known {
		return ""
	}
	return name
}

// ByCodes calls an actor by the codes of its sectors.
func (n *Namer) ByCodes(name, country string, codes ...string) (string, event.Sort) {
	best := sector{}
	for _, c := range codes {
		if s, ok := sectors[c]; ok && (best.name == "" || rank(s.sort) < rank(best.sort)) {
			best = s
		}
	}
	return n.call(name, best.name, country), best.sort
}

// ByNames calls an actor by the names of its sectors, as ICEWS writes them.
func (n *Namer) ByNames(name, country string, names string) (string, event.Sort) {
	first, best, at := "", event.Others, len(words)
	for s := range strings.SplitSeq(names, ",") {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		low := strings.ToLower(s)
		for i, w := range words[:at] {
			if strings.Contains(low, w.word) {
				first, best, at = s, w.sort, i
				break
			}
		}
		if first == "" {
			first = s
		}
	}
	if first == "" {
		best = event.Unsaid
	}
	return n.call(name, first, country), best
}

func rank(s event.Sort) int {
	return [...]int{event.Armed: 0, event.Forces: 1, event.Unsaid: 2, event.Others: 3}[s]
}

func (n *Namer) call(name, sector, country string) string {
	country = Country(country)
	switch org := n.Organisation(name); {
	case org != "":
		return org
	case sector == "":
		return country
	case country == "":
		return sector
	}
	return sector + " (" + country + ")"
}

//go:embed countries.txt
var countryList string

// countries are names by the three-letter code that CAMEO shares with ISO 3166.
var countries = func() map[string]string {
	m := map[string]string{}
	for line := range strings.SplitSeq(countryList, "\n") {
		if code, name, ok := strings.Cut(line, " "); ok {
			m[code] = name
		}
	}
	return m
}()

// Country returns the name of a country given by its three-letter code, and
// anything else as it is.
func Country(s string) string {
	if name, ok := countries[s]; ok {
		return name
	}
	return s
}
