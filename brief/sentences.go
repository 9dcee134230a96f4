package brief

import (
	"strings"

	"athar"
	"athar/brief/text"
)

// Sentences writes parts of a report as plain sentences of one language, for
// tables: the same that stand on the page.
type Sentences struct{ p *page }

// NewSentences fails on an unknown language.
func NewSentences(r *athar.Report, lang string) (*Sentences, error) {
	l, err := text.Load(lang)
	if err != nil {
		return nil, err
	}
	return &Sentences{newPage(r, l)}, nil
}

// Finding is what a finding says, without its word; rings are those of its
// campaign.
func (s *Sentences) Finding(f athar.Finding, rings []athar.Ring) string {
	return s.p.answer(f, rings).String()
}

// Notes are the sentences of notes, "" for none.
func (s *Sentences) Notes(list []athar.Note) string {
	var out []string
	for _, n := range list {
		out = append(out, s.p.note(n).String())
	}
	return strings.Join(out, " ")
}

// Guards are the checks of a campaign, or of a total, with the sentence of each.
func (s *Sentences) Guards(list []athar.Guard, total bool) []string {
	if total {
		list = s.p.InTotal(list)
	}
	out := make([]string, len(list))
	for i, g := range list {
		out[i] = s.p.note(g.Says).String()
	}
	return out
}

// Refusal is the reason of a refusal and what would help; "" for none.
func (s *Sentences) Refusal(r *athar.Refusal) string {
	if r == nil {
		return ""
	}
	return s.p.refusal(r).String()
}

// Word is a term of a section of the catalogue, or the term itself.
func (s *Sentences) Word(section, term string) string { return s.p.Lang.Word(section, term) }

// Cautions are what to know before a number is quoted, and the study's own
// limits.
func (s *Sentences) Cautions() []string {
	out := []string{s.p.plain("page.caution-words"), s.p.plain("page.caution-counts"), s.p.plain("page.caution-cause")}
	for _, n := range s.p.Study.Limits {
		out = append(out, s.p.Lang.Name(n))
	}
	return out
}
