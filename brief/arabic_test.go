package brief

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"athar"
	"athar/brief/text"
)

func inLanguage(t *testing.T, r *athar.Report, tag string, others ...Edition) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r, tag, others...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArabicPage(t *testing.T) {
	r := fixture(t, true)
	page := inLanguage(t, r, "ar", Edition{"en", "brief.html"})
	doc := parse(t, page)
	root := find(doc, "html", "")[0]
	if attr(root, "lang") != "ar" || attr(root, "dir") != "rtl" {
		t.Errorf("lang %q, dir %q", attr(root, "lang"), attr(root, "dir"))
	}
	var edition bool
	for _, a := range find(doc, "a", "edition") {
		edition = edition || attr(a, "hreflang") == "en" && attr(a, "href") == "brief.html" && words(a) == "English"
	}
	if !edition {
		t.Error("no link to the English page")
	}
	seen := words(find(doc, "body", "")[0])
	for _, want := range []string{"غير حاسم", "المرصود", "مجال الثقة \u200e95%", "قبل أن تقتبس"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, v := range []athar.Verdict{athar.Decline, athar.Escalation, athar.NoMaterialChange, athar.Inconclusive, athar.NotRobust, athar.CannotTell} {
		if strings.Contains(seen, string(v)) {
			t.Errorf("%s is left in English", v)
		}
	}
	if !bytes.Equal(page, inLanguage(t, r, "ar", Edition{"en", "brief.html"})) {
		t.Error("the same report gave other bytes")
	}
}

// TestArabicSaysNoCode looks for codes, keys and unfilled places: in Arabic they are the
// stretches of Latin letters with a hyphen or an underscore.
func TestArabicSaysNoCode(t *testing.T) {
	l, err := text.Load("ar")
	if err != nil {
		t.Fatal(err)
	}
	r := fixture(t, true)
	doc := parse(t, inLanguage(t, r, "ar"))
	for _, e := range find(doc, "p", "why") {
		for _, code := range regexp.MustCompile(`[a-z]+-[a-z]+(-[a-z]+)*`).FindAllString(words(e), -1) {
			if l.Has("note." + code) {
				t.Errorf("the code %s is on the page", code)
			}
		}
	}
}

func TestDigitsAndHijriDates(t *testing.T) {
	r := fixture(t, true)
	page := inLanguage(t, r, Tag("ar", true, true))
	doc := parse(t, page)
	seen := words(find(doc, "main", "")[0])
	if !regexp.MustCompile(`[٠-٩]+٫[٠-٩]+`).MatchString(seen) || !strings.Contains(seen, "٩٥٪") {
		t.Error("no Arabic digits")
	}
	all := words(find(doc, "body", "")[0])
	if !regexp.MustCompile(`[٠-٩]{4} هـ`).MatchString(all) || !strings.Contains(all, "أم القرى") {
		t.Error("no Hijri date, or none that says of which calendar")
	}
	// Numbers that the brief writes are in one kind of digits; those of names and
	// addresses stay as they are.
	for _, class := range []string{"fnum", "n", "ffacts"} {
		for _, e := range find(doc, "", class) {
			if strings.ContainsAny(words(e), "0123456789") && !strings.Contains(words(e), "(CR2)") {
				t.Errorf("%s: %s", class, words(e))
			}
		}
	}
	if plain := inLanguage(t, r, "ar"); strings.Contains(words(parse(t, plain)), "هـ") {
		t.Error("Hijri dates that nobody asked for")
	}
}

func TestFacesOfAPage(t *testing.T) {
	r := fixture(t, false)
	for tag, want := range map[string]int{"en": 5, "ar": 6} {
		page := inLanguage(t, r, tag)
		if n := bytes.Count(page, []byte("@font-face")); n != want {
			t.Errorf("%s: %d faces, want %d", tag, n, want)
		}
		size := 0
		for _, m := range regexp.MustCompile(`base64,([A-Za-z0-9+/=]+)`).FindAllSubmatch(page, -1) {
			size += len(m[1])
		}
		if size == 0 || size > 250_000 {
			t.Errorf("%s: the faces take %d bytes", tag, size)
		}
	}
}

// arabicProbe tells the page that frames it: its width, what sticks out on either side,
// the places of the labels of its first time axis in their order, and the faces that
// were used.
const arabicProbe = `<script>addEventListener("load",()=>document.fonts.ready.then(()=>{const d=document,w=d.documentElement.clientWidth;
const wide=[...d.querySelectorAll("body *")].filter(e=>{if(e.closest("svg svg,.scroll,.visually-hidden,.defs"))return false;const r=e.getBoundingClientRect();return r.width>0&&(r.right>w+1||r.left<-1)})
 .map(e=>e.tagName+"."+(e.getAttribute("class")||e.id)).slice(0,5);
const ticks=[...d.querySelector("svg.series").querySelectorAll("text.tick[text-anchor=middle]")].filter(e=>e.textContent&&e.getBoundingClientRect().width).map(e=>Math.round(e.getBoundingClientRect().left));
const faces=[...d.fonts].filter(f=>f.status=="loaded").map(f=>f.family.replace(/"/g,"")+" "+f.weight);
const labels=[...d.querySelectorAll("svg text[direction=rtl]")].filter(e=>{const t=e.getBoundingClientRect(),s=e.closest("svg.map,svg.profile")?.getBoundingClientRect();return s&&t.width&&(t.right<s.left||t.left>s.right)}).length;
parent.postMessage([w,d.documentElement.scrollWidth,wide.join(" "),ticks.join(" "),faces.join(","),labels,getComputedStyle(d.querySelector("h1")).direction],"*")}))</script>`

func TestArabicInBrowser(t *testing.T) {
	run := chromium(t)
	dir := t.TempDir()
	r := fixture(t, true)
	widths := []int{360, 794, 1200} // a telephone, A4 at 96 dots an inch, a screen
	var frames strings.Builder
	langs := []string{"en", "ar", "ar-u-nu-arab"}
	for _, lang := range langs {
		page := inLanguage(t, r, lang)
		page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAll(page, nil)
		if err := os.WriteFile(filepath.Join(dir, lang+".html"), bytes.Replace(page, []byte("</body>"), []byte(arabicProbe+"</body>"), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, w := range widths {
			fmt.Fprintf(&frames, `<iframe src="%s.html" width="%d" height="800" id="%s %d"></iframe>`, lang, w, lang, w)
		}
	}
	harness := filepath.Join(dir, "harness.html")
	source := `<!doctype html><body><p></p><script>addEventListener("message",e=>{const f=[...document.querySelectorAll("iframe")].find(f=>f.contentWindow==e.source);
document.querySelector("p").append("{"+f.id+"|"+e.data.join("|")+"}")})</script>` + frames.String()
	if err := os.WriteFile(harness, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	dom, _ := run("--virtual-time-budget=20000", "--dump-dom", "file://"+harness)
	seen := regexp.MustCompile(`\{([^|{}]*)\|(\d+)\|(\d+)\|([^|]*)\|([^|]*)\|([^|]*)\|(\d+)\|([^|]*)\}`).FindAllStringSubmatch(dom, -1)
	if len(seen) != len(langs)*len(widths) {
		t.Fatalf("%d of %d frames answered", len(seen), len(langs)*len(widths))
	}
	for _, m := range seen {
		frame, ticks, faces := m[1], strings.Fields(m[5]), m[6]
		if m[2] != m[3] || m[4] != "" {
			t.Errorf("%s: the page of %s px is %s px wide: %s", frame, m[2], m[3], m[4])
		}
		if len(ticks) < 2 {
			t.Errorf("%s: %d labels on the time axis", frame, len(ticks))
		}
		last := -1 << 30
		for _, x := range ticks {
			var n int
			fmt.Sscan(x, &n)
			if n <= last {
				t.Errorf("%s: time runs backwards: %v", frame, ticks)
				break
			}
			last = n
		}
		want, direction := []string{"Athar Sans 100 500", "Athar Serif 501 900"}, "ltr"
		if strings.HasPrefix(frame, "ar") {
			want, direction = []string{"Athar Naskh 100 500", "Athar Naskh 501 900"}, "rtl"
		}
		for _, f := range want {
			if !strings.Contains(faces, f) {
				t.Errorf("%s: the face %s was not used, only %s", frame, f, faces)
			}
		}
		if m[7] != "0" {
			t.Errorf("%s: %s labels lie outside of their drawing", frame, m[7])
		}
		if m[8] != direction {
			t.Errorf("%s: the heading runs %s", frame, m[8])
		}
	}
}

// TestArabicInPDF prints the page and reads it back: words in their order, letters in
// theirs, intervals not turned around.
func TestArabicInPDF(t *testing.T) {
	run := chromium(t)
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("ATHAR_REQUIRE_BROWSER") == "1" {
			t.Fatal("pdftotext is required here (poppler-utils)")
		}
		t.Skip("needs pdftotext (poppler-utils)")
	}
	dir := t.TempDir()
	file, pdf := filepath.Join(dir, "brief.html"), filepath.Join(dir, "brief.pdf")
	page := inLanguage(t, fixture(t, true), "ar")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	run("--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+file)
	out, err := exec.Command("pdftotext", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	// Directional marks are the reader's own; white space is the page's.
	// The reader puts spaces and marks of direction where it likes.
	between := regexp.MustCompile(`[\pP\s\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]+`)
	bare := func(s string) string { return between.ReplaceAllString(s, "") }
	said := bare(string(out))
	l, err := text.Load("ar")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"page.caution", "page.caution-counts", "page.findings-lead", "agreement.title", "series.rings-title", "page.methods", "glossary.p"} {
		want, _, _ := strings.Cut(l.Say(key, nil).String(), "|")
		if want = bare(want); !strings.Contains(said, want) {
			t.Errorf("%s is not in the PDF as it stands on the page: %s", key, want)
		}
	}
	intervals := 0
	for _, e := range find(parse(t, page), "", "fnum") {
		if want := bare(words(e)); strings.Contains(want, "من") {
			intervals++
			if !strings.Contains(said, want) {
				t.Errorf("an interval is not in the PDF as it stands on the page: %s", want)
			}
		}
	}
	if intervals == 0 {
		t.Error("no interval was compared")
	}
}

// A plain number needs no isolate between Arabic words or at the start of a cell;
// one with a sign, and one beside Latin letters, keeps it.
func TestPlainNumbersAreNotIsolated(t *testing.T) {
	for in, want := range map[string]string{
		"<td>\u20680.71\u2069 إلى \u20681.75\u2069<td>":  "<td>0.71 إلى 1.75<td>",
		"المرصود \u20683\u202f781\u2069، و":              "المرصود 3\u202f781، و",
		"<td><bdi>12</bdi> يوما":                         "<td>12 يوما",
		"<td>\u2068\u200e−0.71\u2069 إلى":                "<td>\u2068\u200e−0.71\u2069 إلى",
		"UCDP \u20685\u2069 من":                          "UCDP \u20685\u2069 من",
		"<td>\u20685\u2069 UCDP":                         "<td>\u20685\u2069 UCDP",
		"<td>\u20685\u2069 (من \u20683\u2069 إلى 7)<td>": "<td>\u20685\u2069 (من 3 إلى 7)<td>",
	} {
		if got := string(unisolated([]byte(in))); got != want {
			t.Errorf("%+q, want %+q", got, want)
		}
	}
}
