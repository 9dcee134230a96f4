package event

import "athar"

// Sort is what kind of organisation acts, as far as a source says.
type Sort int8

// The sorts of actors that tell kinds of event apart.
const (
	Unsaid Sort = iota // the source does not say
	Forces             // of a state, its own or another's: military, police, government
	Armed              // armed and of no state
	Others             // civilians, protesters, parties, companies
)

// KindRow is one row of the documented mapping from a source's codes to
// [athar.Kind].
type KindRow struct {
	Code   string // the source's own
	Label  string // its meaning, where the code does not say
	Kind   athar.Kind
	Forces athar.Kind // if forces act; "": Kind
	Unsaid athar.Kind // if the source does not say who acts; "": Kind
}

// By returns the kind of an event of which the actor is of sort s.
func (k KindRow) By(s Sort) athar.Kind {
	switch {
	case s == Forces && k.Forces != "":
		return k.Forces
	case s == Unsaid && k.Unsaid != "":
		return k.Unsaid
	}
	return k.Kind
}

// Codes lists the codes of rows.
func Codes(rows []KindRow) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Code)
	}
	return out
}

// KindTable finds rows by their code.
type KindTable map[string]KindRow

// Table indexes rows.
func Table(rows []KindRow) KindTable {
	t := KindTable{}
	for _, r := range rows {
		t[r.Code] = r
	}
	return t
}

// Exact returns the row of a code; unknown codes are [athar.OtherEvent].
func (t KindTable) Exact(code string) KindRow {
	if r, ok := t[code]; ok {
		return r
	}
	return KindRow{Code: code, Kind: athar.OtherEvent}
}

// Prefix returns the row of the longest beginning of a code, for hierarchies
// in which each digit refines.
func (t KindTable) Prefix(code string) KindRow {
	for n := len(code); n > 0; n-- {
		if r, ok := t[code[:n]]; ok {
			return r
		}
	}
	return KindRow{Code: code, Kind: athar.OtherEvent}
}
