package brief

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"athar"
)

// withCourse gives the fixture what was counted when and where.
func withCourse(r *athar.Report) *athar.Report {
	c := &athar.Course{}
	for m := range 24 {
		first := athar.Date(2019+m/12, time.Month(1+m%12), 1)
		next := athar.Date(2019+(m+1)/12, time.Month(1+(m+1)%12), 1)
		c.Periods = append(c.Periods, athar.Span{First: first, Last: next - 1})
		c.Total = append(c.Total, 0)
	}
	for i, a := range r.Map.Areas {
		if i%3 == 0 {
			continue
		}
		x := athar.AreaCourse{Area: a.Code}
		for t := i % 5; t < 24; t += 5 {
			x.At, x.N = append(x.At, t), append(x.N, 1+(i+t)%7)
			c.Total[t] += athar.Num(1 + (i+t)%7)
		}
		c.Areas = append(c.Areas, x)
	}
	r.Map.Course = c
	return r
}

// ask opens the page with a script that ends with answer(value), and returns the
// value.
func ask(t *testing.T, page []byte, script string, into any) {
	t.Helper()
	run := chromium(t)
	file := filepath.Join(t.TempDir(), "asked.html")
	source := with(page, `<script>addEventListener("load",()=>{const answer=v=>{const p=document.createElement("pre");p.id="answered";p.textContent=JSON.stringify(v);document.body.append(p)};
try{`+script+`}catch(e){answer({error:String(e)})}})</script>`)
	if err := os.WriteFile(file, source, 0o644); err != nil {
		t.Fatal(err)
	}
	dom, log := run("--virtual-time-budget=6000", "--dump-dom", "file://"+file)
	m := regexp.MustCompile(`(?s)<pre id="answered">(.*?)</pre>`).FindStringSubmatch(dom)
	if m == nil {
		t.Fatalf("no answer: %s", log)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), into); err != nil {
		t.Fatalf("%v in %s", err, m[1])
	}
}

func TestTimeWindow(t *testing.T) {
	r := withCourse(fixture(t, false))
	page := render(t, r)
	var got struct {
		Hidden                   bool
		Start, Part, Since, Bad  string
		Circles, Radii           int
		Brush                    string
		Largest, LargestInWindow float64
		Error                    string
	}
	ask(t, page, `
const f=document.querySelector("#window"),{from,to,all}=f.elements,say=()=>f.querySelector("output").textContent;
const circles=[...document.querySelectorAll("#studymap circle[data-n]")],radii=()=>circles.map(c=>+c.getAttribute("r"));
const out={hidden:f.hidden,circles:circles.length,largest:Math.max(...radii())};
const set=(x,v)=>{x.value=v;x.dispatchEvent(new Event("input",{bubbles:true}))};
set(from,5);set(to,7);out.part=say();out.radii=radii().filter(v=>v>0).length;
out.brush=document.querySelector(".brush").style.left;
out.largestInWindow=Math.max(...radii());
all.checked=true;all.dispatchEvent(new Event("input",{bubbles:true}));out.since=say();out.bad=String(from.disabled);
answer(out)`, &got)
	if got.Error != "" || got.Hidden {
		t.Fatalf("%+v", got)
	}
	count := func(a, b int) (events, areas int) {
		for _, x := range r.Map.Course.Areas {
			n := 0
			for i, at := range x.At {
				if at >= a && at <= b {
					n += x.N[i]
				}
			}
			events += n
			if n > 0 {
				areas++
			}
		}
		return events, areas
	}
	p := newPage(r, english(t))
	says := func(a, b int) string {
		events, areas := count(a, b)
		s := p.plain("window.says")
		l := p.Lang
		return strings.NewReplacer("[from]", l.Span(r.Map.Course.Periods[a]), "[to]", l.Span(r.Map.Course.Periods[b]),
			"[n]", l.Count(athar.Num(events)), "[areas]", l.Count(athar.Num(areas))).Replace(s)
	}
	if want := says(5, 7); !strings.HasPrefix(got.Part, want+".") {
		t.Errorf("the window says %q, want %q", got.Part, want)
	}
	if want := says(0, 7); !strings.HasPrefix(got.Since, want+".") || got.Bad != "true" {
		t.Errorf("everything since the start: %q, want %q; start fixed: %s", got.Since, want, got.Bad)
	}
	events := 0
	for _, a := range r.Map.Course.Areas {
		if placed(p.areas[a.Area]) {
			events++
		}
	}
	if _, areas := count(5, 7); got.Circles != events || got.Radii != areas {
		t.Errorf("%d circles, %d of them in the window; want %d and %d", got.Circles, got.Radii, events, areas)
	}
	if got.LargestInWindow > got.Largest || got.Brush == "" {
		t.Errorf("%+v", got)
	}
}

// TestFiguresAsFiles: every figure can be saved as a drawing that holds its caption
// and source, and as its numbers.
func TestFiguresAsFiles(t *testing.T) {
	r := withCourse(fixture(t, true))
	page := render(t, r)
	var got struct {
		Error   string
		Figures int
		Files   []struct{ Name, Kind, Text string }
	}
	ask(t, page, `
const texts=[],names=[];
window.Blob=class extends Blob{constructor(parts,kind){super(parts,kind);texts.push(parts.join(""))}};
HTMLAnchorElement.prototype.click=function(){names.push(this.download)};
const figures=document.querySelectorAll("figure[id]"),files=[];
for(const f of figures)for(const b of f.querySelectorAll(".tools button"))if(b.value!=="png"){b.click();files.push({name:names.pop(),kind:b.value,text:texts.pop()})}
answer({figures:figures.length,files})`, &got)
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	cite := newPage(r, english(t)).Citation()
	drawings, tables := 0, 0
	for _, f := range got.Files {
		if !strings.Contains(f.Text, "UCDP GED 21.1") || !strings.Contains(f.Text, strings.Fields(cite)[0]) {
			t.Errorf("%s does not say where it comes from", f.Name)
		}
		switch f.Kind {
		case "svg":
			drawings++
			s := parse(t, []byte(f.Text))
			if len(find(s, "metadata", "")) != 1 || words(find(s, "metadata", "")[0]) != cite {
				t.Errorf("%s holds no citation", f.Name)
			}
			if len(find(s, "text", "")) < 5 {
				t.Errorf("%s is nearly empty", f.Name)
			}
			if f.Name == "fixture-overview.svg" {
				want := len(find(byID(t, parse(t, page), "overview"), "circle", "dot"))
				if n := len(find(s, "circle", "")); n != want || want == 0 {
					t.Errorf("the saved overview has %d marks, the page %d", n, want)
				}
			}
			if strings.Contains(f.Text, "var(--") || len(find(s, "script", "")) > 0 {
				t.Errorf("%s needs the page's style sheet", f.Name)
			}
		case "csv":
			tables++
			if !strings.HasPrefix(f.Text, "\ufeff# ") || strings.Count(f.Text, "\r\n") < 5 {
				t.Errorf("%s is no table: %.80q", f.Name, f.Text)
			}
		}
	}
	if drawings != got.Figures || tables != got.Figures || got.Figures < 12 {
		t.Errorf("%d drawings and %d tables of %d figures", drawings, tables, got.Figures)
	}
}

func TestMarkedEverywhere(t *testing.T) {
	var got struct {
		Error        string
		Marked, Gone int
		Chosen       int
	}
	ask(t, render(t, withCourse(fixture(t, false))), `
const out={},n=()=>document.querySelectorAll(".hi").length;
document.querySelector('#overview [data-k="campaign-1"] a').focus();
out.marked=n();
document.querySelector("h1").dispatchEvent(new Event("pointerover",{bubbles:true}));out.gone=n();
const row=document.querySelector(".mvrow[tabindex]");row.focus();out.chosen=row.closest(".mvgrid").querySelectorAll(".chosen path").length;
answer(out)`, &got)
	if got.Error != "" || got.Marked < 3 || got.Gone != 0 || got.Chosen == 0 {
		t.Errorf("%+v", got)
	}
}
