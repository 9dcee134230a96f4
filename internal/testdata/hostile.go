package testdata

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"context"
)

// Payloads are texts that do something where somebody takes them for code. Each
// sets __pwned if it runs, or fetches from HOST. They are for tests of pages alone.
var Payloads = []string{
	`<script>window.__pwned=1;alert(1)</script>`,
	`"><img src="http://HOST/img" onerror="window.__pwned=1">`,
	`'><svg onload='window.__pwned=1'><script>window.__pwned=1</script></svg>`,
	`</style><style>body{background:url(http://HOST/css)}</style>`,
	`</title></textarea></script><script src="http://HOST/js"></script>`,
	`--><script>window.__pwned=1</script><!--`,
	`]]></text></svg><img src=x onerror=window.__pwned=1>`,
	`javascript:window.__pwned=1`,
	`<a href="javascript:window.__pwned=1">x</a>`,
	`" onmouseover="window.__pwned=1" autofocus onfocus="window.__pwned=1" x="`,
	`' style='background:url(http://HOST/attr)' onclick='window.__pwned=1`,
	`<iframe srcdoc="<script>parent.__pwned=1</script>"></iframe>`,
	`<iframe src="javascript:parent.__pwned=1"></iframe>`,
	`<meta http-equiv="refresh" content="0;url=http://HOST/meta">`,
	`<link rel="stylesheet" href="http://HOST/link"><base href="http://HOST/base/">`,
	`<details open ontoggle="window.__pwned=1">x</details>`,
	`<svg><animate onbegin="window.__pwned=1" attributeName="x" dur="1s"/></svg>`,
	`<object data="http://HOST/object"></object><embed src="http://HOST/embed">`,
	`{{.}} {{printf "%s" "<script>"}} ${window.__pwned=1} {n} {word`,
	`&lt;script&gt;window.__pwned=1&lt;/script&gt; &#60;img src=x&#62;`,
	`![x](http://HOST/markdown) [y](javascript:window.__pwned=1) <http://HOST/auto> ` + "`x` | a | b",
	`=HYPERLINK("http://HOST/sheet","x")`,
	`+cmd|' /C calc'!A0`,
	`@SUM(1+1)*cmd|' /C calc'!A0`,
	`-2+3`,
	"left\u202egnp.exe\u2066\u2069\u200f",
	"nul\x00 bell\x07 escape\x1b[31m broken\xff",
	"two\r\nlines\t# and\u2028- more",
	strings.Repeat("unbroken", 60),
	"حملة <b onmouseover=window.__pwned=1>\u202dأسود</b> الجزيرة",
}

// Payload picks a payload for a text, always the same for the same text, with
// HOST replaced.
func Payload(s, host string) string {
	h := fnv.New32a()
	h.Write([]byte(s))
	return strings.ReplaceAll(Payloads[int(h.Sum32())%len(Payloads)], "HOST", host)
}

// Infect appends a payload to every text in what v points to whose type is
// string itself, keys of maps left out: texts that were equal stay equal. It returns
// how many it changed.
func Infect(v any, host string) int { return infect(reflect.ValueOf(v).Elem(), host) }

func infect(v reflect.Value, host string) (n int) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.String() != "" {
			v.SetString(v.String() + Payload(v.String(), host))
			n++
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += infect(v.Field(i), host)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			n += infect(v.Index(i), host)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			n += infect(v.Elem(), host)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			x := reflect.New(it.Value().Type()).Elem()
			x.Set(it.Value())
			n += infect(x, host)
			v.SetMapIndex(it.Key(), x)
		}
	case reflect.Interface:
		if !v.IsNil() {
			x := reflect.New(v.Elem().Type()).Elem()
			x.Set(v.Elem())
			n += infect(x, host)
			v.Set(x)
		}
	}
	return n
}

// Listener is a server that counts what reaches it.
type Listener struct {
	Host string
	n    atomic.Int64
	last atomic.Value
}

// Listen starts a server on this machine for the time of the test.
func Listen(t testing.TB) *Listener {
	l := &Listener{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.n.Add(1)
		l.last.Store(r.URL.Path)
	}))
	t.Cleanup(s.Close)
	l.Host = strings.TrimPrefix(s.URL, "http://")
	return l
}

// Browser finds an installed Chromium. Without one the test is skipped, or fails
// where ATHAR_REQUIRE_BROWSER=1.
func Browser(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	if os.Getenv("ATHAR_REQUIRE_BROWSER") == "1" {
		t.Fatal("a Chromium is required here")
	}
	t.Skip("needs an installed Chromium")
	return ""
}

// touch is put at the end of a page: it does to every element what a reader
// could, waits, and writes down what happened.
const touch = `<script>addEventListener("load",()=>{
for(const e of document.querySelectorAll("*")){for(const k of ["mouseover","mouseenter","focus","pointerdown","toggle","animationstart","load"])e.dispatchEvent(new Event(k,{bubbles:true}));
if(e.tagName==="DETAILS")e.open=true;if(e.tagName==="A"&&/^\s*(javascript|data|vbscript):/i.test(e.getAttribute("href")||""))e.click()}
setTimeout(()=>{const p=document.createElement("p");p.textContent="TOUCHED pwned="+String(window.__pwned)+" fetched="+performance.getEntriesByType("resource").length+" at="+location.protocol;document.documentElement.append(p)},400)})</script>`

// policy is what a page says of the scripts that may run in it.
var policy = regexp.MustCompile(`<meta http-equiv="?Content-Security-Policy"?[^>]*>`)

// Harmless opens a page in Chromium, touches everything in it, and fails if
// anything of it ran, fetched, navigated or complained. The page's own policy
// is taken out first: it is a second wall, and the first must hold without it.
func Harmless(t testing.TB, name string, page []byte, l *Listener) {
	t.Helper()
	program := Browser(t)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, append(policy.ReplaceAll(page, nil), touch...), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out, errs strings.Builder
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--log-level=0", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=10000", "--dump-dom", "file://"+file)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, errs.String())
	}
	if m := regexp.MustCompile(`TOUCHED (pwned=\S+ fetched=\d+ at=\S+)</p>`).FindStringSubmatch(out.String()); m == nil || m[1] != "pwned=undefined fetched=0 at=file:" {
		t.Errorf("%s: touching everything gave %q", name, m)
	}
	if n := l.n.Load(); n > 0 {
		t.Errorf("%s: %d requests, the last for %v", name, n, l.last.Load())
	}
	for _, line := range strings.Split(errs.String(), "\n") {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("%s: console: %.300s", name, line)
		}
	}
}

// Ran is used by tests of the test itself: a page that does run something.
func Ran(host string) []byte {
	return fmt.Appendf(nil, `<!doctype html><body><img src="http://%s/img"><script>window.__pwned=1</script>`, host)
}
