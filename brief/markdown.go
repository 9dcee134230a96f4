package brief

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"athar"
	"athar/brief/text"
)

// Markdown writes the brief in a language as about a page of Markdown: one
// sentence for each campaign and total, the words on goals and adaptation, the
// claims, what to know before quoting, sources, and how to get the same again.
// Page is the name of the brief that it refers to. Every text of the study and
// of the data is escaped: it can make no link, no image, no markup.
func Markdown(w io.Writer, r *athar.Report, lang, page string) error {
	l, err := text.Load(lang)
	if err != nil {
		return err
	}
	m := &markdown{page: newPage(r, l)}
	m.whole(page)
	_, err = io.WriteString(w, m.b.String())
	return err
}

type markdown struct {
	*page
	b strings.Builder
}

func (m *markdown) whole(page string) {
	m.block("# " + m.text(m.Lang.Name(m.Study.Title)))
	if other := m.Lang.OtherName(m.Study.Title); other != "" {
		m.block("*" + m.text(other) + "*")
	}
	m.block(m.label("page.group", m.Lang.Name(m.Study.Group)) + "  \n" + m.label("page.outcome", m.Lang.Name(m.Study.Outcome)) + "  \n" +
		m.label("page.data", m.SourceLine()) + "  \n" + m.label("page.coverage", m.Lang.Span(m.Coverage)))
	if f := m.Freeze; f != nil {
		s := "**" + m.text(m.Lang.Word("registration", string(f.State))) + "**"
		for _, n := range f.Says {
			s += " " + m.sentence(m.note(n))
		}
		m.block(s)
	}
	m.block(m.sentence(m.Lang.Say("markdown.lead", map[string]any{"brief": page})))

	m.heading("page.answer")
	if r := m.Pooled; r != nil {
		m.answers("markdown.campaign", m.PooledName(), m.plain("pooled.of", "n", len(r.Campaigns)), r.Findings, r.Guards)
	}
	for _, c := range m.Campaigns {
		m.answers("markdown.campaign", c.Campaign.Name, m.whenSaid(c.Campaign).String(), c.Findings, c.Guards)
	}
	for _, t := range m.Totals {
		m.answers("markdown.total", t.Name, m.judgedSaid(t), t.Findings, t.Guards)
	}
	m.b.WriteByte('\n')

	m.heading("page.caution")
	m.items(m.plain("page.caution-words"), m.plain("page.caution-counts"), m.plain("page.caution-cause"))
	if list := m.FiredMost(); list != nil {
		m.items(m.plain("page.caution-fired", "list", list))
	}
	m.b.WriteByte('\n')

	if w := m.Goals(); w != nil {
		m.heading("goals.title")
		m.matrix(w)
	}
	if w := m.Adaptations(); w != nil {
		m.heading("adaptation.title")
		m.matrix(w)
	}
	if len(m.Claims) > 0 {
		m.heading("page.claims")
		rows := [][]string{{m.text(m.plain("markdown.claim")), m.text(m.plain("column.word")), m.text(m.plain("markdown.because"))}}
		for _, c := range m.Claims {
			rows = append(rows, []string{m.text(m.Lang.Name(c.Text)), "**" + m.text(m.Lang.Word("outcome", slug(c.Outcome))) + "**", m.sentence(m.reasons(c.Because))})
		}
		m.table(rows)
	}
	m.heading("page.limits")
	if len(m.Study.Limits) == 0 {
		m.items(m.plain("page.none"))
	}
	for _, n := range m.Study.Limits {
		m.items(m.Lang.Name(n))
	}
	m.b.WriteByte('\n')

	m.heading("campaign.sources")
	for _, s := range m.sourceList() {
		m.b.WriteString("- " + s + "\n")
	}
	m.b.WriteByte('\n')

	m.heading("page.manifest")
	m.block(m.text(m.plain("page.reproduce", "command", m.plain("manifest.command"))) + " " + m.text(m.plain("page.manifest-lead")))
	var inputs []string
	for _, f := range m.Manifest.Inputs {
		inputs = append(inputs, f.File+" "+f.SHA256[:min(12, len(f.SHA256))])
	}
	m.block(m.text(m.plain("markdown.inputs", "list", inputs)))
	m.b.WriteString(m.text(m.plain("page.footer", "version", m.Manifest.Version)) + "\n")
}

// answers writes the sentence of one campaign or total: every phase with its
// word, then the reasons where there is no estimate or a direction does not hold,
// and how many checks fired.
func (m *markdown) answers(code string, name athar.Names, when string, findings []athar.Finding, guards []athar.Guard) {
	var phases, reasons []string
	for _, f := range findings {
		if f.Question != athar.AskInside && f.Question != athar.AskTotal {
			continue
		}
		phases = append(phases, m.phased(f))
		for _, n := range f.Because {
			if s := m.sentence(m.note(n)); (!estimated(f) || f.Verdict == athar.NotRobust && !strings.HasPrefix(n.Code, "because-")) && !slices.Contains(reasons, s) {
				reasons = append(reasons, s)
			}
		}
	}
	if phases == nil {
		return
	}
	fired := 0
	for _, g := range guards {
		if g.Status == athar.Fired {
			fired++
		}
	}
	if fired > 0 {
		reasons = append(reasons, m.text(m.plain("markdown.fired", "n", fired)))
	}
	m.b.WriteString("- " + strings.Join(append([]string{m.compose(code, map[string]string{"name": "**" + m.text(m.Lang.Name(name)) + "**",
		"when": m.text(when), "phases": strings.Join(phases, "; ")})}, reasons...), " ") + "\n")
}

// compose is a sentence around parts that are Markdown already.
func (m *markdown) compose(code string, parts map[string]string) string {
	args, marks := map[string]any{}, map[string]string{}
	for k, v := range parts {
		mark := "\x00" + k
		args[k], marks[mark] = text.Sentence{{Text: mark}}, v
	}
	var b strings.Builder
	for _, p := range m.Lang.Say(code, args) {
		if v, ok := marks[p.Text]; ok {
			b.WriteString(v)
		} else {
			b.WriteString(m.text(p.Text))
		}
	}
	return b.String()
}

// phased is the word of one finding with its numbers. It says what
// [page.answer] says, shorter.
func (m *markdown) phased(f athar.Finding) string {
	word := "**" + m.text(m.verdict(f.Verdict)) + "**"
	s := word
	if f.Question != athar.AskTotal {
		s = m.compose("markdown."+string(f.Phase), map[string]string{"word": word})
	}
	if !estimated(f) {
		return s
	}
	e := f.Headline
	low, high := interval(f)
	args := map[string]any{"observed": e.Observed, "expected": e.Expected, "rr": e.RR, "low": low, "high": high, "mde_low": e.MDELow, "mde_high": e.MDEHigh}
	s += m.sentence(m.Lang.Say("markdown.estimate", args))
	if f.Verdict == athar.Inconclusive || f.Verdict == athar.NotRobust {
		switch {
		case blind(e):
			s += m.sentence(m.Lang.Say("markdown.could-not", args))
		case known(e.MDELow) && known(e.MDEHigh):
			s += m.sentence(m.Lang.Say("markdown.could", args))
		}
	}
	return s
}

// matrix writes the words by campaign as a table.
func (m *markdown) matrix(w *WordMatrix) {
	head := []string{""}
	for _, c := range w.Columns {
		head = append(head, m.text(c.Name))
	}
	rows := [][]string{head}
	for _, r := range w.Rows {
		row := []string{m.text(m.Lang.Name(r.Name))}
		for _, c := range r.Cells {
			cell := m.text(m.Lang.Word("language", "missing"))
			if c.Asked {
				cell = "**" + m.text(m.verdict(c.Verdict)) + "**"
				if c.Opposed {
					cell += " (" + m.text(m.plain("presence.opposed")) + ")"
				}
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	m.table(rows)
}

// sourceList is every source of the data, the campaigns and the claims, once.
func (m *markdown) sourceList() []string {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, d := range m.Data {
		s := m.text(d.Name)
		for _, x := range []string{d.Citation, d.Licence} {
			if x != "" {
				s += ". " + m.linked(strings.TrimSuffix(x, "."))
			}
		}
		add(s + ".")
	}
	if m.Map.Credit != "" {
		add(m.text(m.plain("map.credit", "credit", m.Map.Credit)))
	}
	if m.Map.LayersCredit != "" {
		add(m.text(m.plain("map.layers", "credit", m.Map.LayersCredit)))
	}
	for _, c := range m.Campaigns {
		for _, s := range c.Campaign.Sources {
			if u := link(s.URL); u != "" {
				add("[" + m.text(s.Title) + "](" + address(u) + ")")
			} else {
				add(m.text(s.Title))
			}
		}
	}
	for _, s := range m.ClaimSources() {
		add(m.linked(s))
	}
	return out
}

func (m *markdown) label(code, value string) string {
	return "**" + m.text(m.plain(code)) + ":** " + m.text(value)
}

func (m *markdown) block(s string) { m.b.WriteString(s + "\n\n") }

func (m *markdown) heading(code string) { m.block("## " + m.text(m.plain(code))) }

func (m *markdown) items(list ...string) {
	for _, s := range list {
		m.b.WriteString("- " + m.text(s) + "\n")
	}
}

func (m *markdown) table(rows [][]string) {
	for i, r := range rows {
		m.b.WriteString("| " + strings.Join(r, " | ") + " |\n")
		if i == 0 {
			m.b.WriteString("|" + strings.Repeat(" --- |", len(r)) + "\n")
		}
	}
	m.b.WriteByte('\n')
}

// linked is a text in which addresses of the web are links.
func (m *markdown) linked(s string) string {
	var b, plain strings.Builder
	for _, p := range append(pieces(s), Piece{}) {
		if p.Text != "" && p.URL == "" {
			plain.WriteString(p.Text)
			continue
		}
		b.WriteString(m.text(plain.String()))
		plain.Reset()
		if p.URL != "" {
			b.WriteString("<" + address(p.URL) + ">")
		}
	}
	return b.String()
}

// address escapes what would end an address in Markdown.
func address(u string) string {
	return strings.NewReplacer("<", "%3C", ">", "%3E", "(", "%28", ")", "%29", "[", "%5B", "]", "%5D", "|", "%7C", `\`, "%5C", "`", "%60",
		"*", "%2A", "~", "%7E", `"`, "%22", " ", "%20").Replace(u)
}

func (m *markdown) sentence(s text.Sentence) string {
	var b strings.Builder
	for _, p := range s {
		if p.Value {
			b.WriteString(m.isolate(p.Text))
		} else {
			b.WriteString(p.Text)
		}
	}
	return escapeMarkdown(b.String())
}

// text is a text of the study or the catalogue, escaped.
func (m *markdown) text(s string) string { return escapeMarkdown(m.isolate(s)) }

// isolate keeps a text that runs against the direction of the page, or is a
// number in one from right to left, from moving what stands around it.
func (m *markdown) isolate(s string) string {
	against := func(r rune) bool {
		return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
	}
	if m.Lang.Dir == "rtl" {
		against = func(r rune) bool { return r < 0x600 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	}
	if !strings.ContainsFunc(s, against) {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// escapeMarkdown takes from a text every sign that makes markup: those that make
// it anywhere, those that make it at the start of a line, and what some readers
// turn into a link by themselves. White space becomes one space.
func escapeMarkdown(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if r == ' ' || r == '\n' || r == '\r' || r == '\t' || r == '\v' || r == '\f' || r == '\u2028' || r == '\u2029' || r == '\u0085' {
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		so := strings.TrimPrefix(b.String(), " ")
		switch {
		case strings.ContainsRune("\\`*_[]<>|~&$@", r),
			so == "" && strings.ContainsRune("#+-=!:", r),
			(r == '.' || r == ')') && so != "" && strings.Trim(so, "0123456789") == "",
			r == ':' && nearWord(so, "http", "https", "ftp", "javascript", "data", "vbscript", "mailto", "xmpp", "file"),
			r == '.' && nearWord(so, "www"):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	if space {
		b.WriteByte(' ')
	}
	return b.String()
}

// nearWord reports whether s ends in one of the words, whatever the case.
func nearWord(s string, words ...string) bool {
	for _, w := range words {
		if len(s) >= len(w) && strings.EqualFold(s[len(s)-len(w):], w) {
			return true
		}
	}
	return false
}
