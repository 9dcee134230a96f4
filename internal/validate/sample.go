package validate

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"math"
	"runtime"
	"strconv"

	"athar"
	"athar/sim"
)

// Rate is a share of replicates with the range that it must lie in.
type Rate struct {
	World, Says, What string
	K, N              int
	Low, High         float64 // required
}

// Share and its exact 95% limits.
func (r Rate) Share() (share, low, high float64) { return limits(r.K, r.N) }

// Meets reports whether the required range and the exact limits overlap:
// a few replicates can only contradict a range, not confirm it.
func (r Rate) Meets() bool {
	_, low, high := r.Share()
	return low <= r.High && high >= r.Low
}

// Error is the Monte Carlo standard error of the share, at the nearer end of the range
// where the share is 0 or 1.
func (r Rate) Error() float64 {
	p := float64(r.K) / float64(r.N)
	if r.K == 0 || r.K == r.N {
		p = min(r.High, max(r.Low, p))
	}
	return math.Sqrt(p * (1 - p) / float64(r.N))
}

// recordsShare is how many times fewer records of events are judged than panels.
const recordsShare = 5

// Report is what a copy of the program finds out about itself.
type Report struct {
	Version string
	Reps    int // of a world; 0: none
	Figures []Figure
	Rates   []Rate
}

// Records is how many records of events are judged in each of their worlds.
func (r *Report) Records() int { return max(1, r.Reps/recordsShare) }

// Failed counts figures and rates that are not met.
func (r *Report) Failed() (n int) {
	for _, f := range r.Figures {
		if !f.Agrees() {
			n++
		}
	}
	for _, x := range r.Rates {
		if !x.Meets() {
			n++
		}
	}
	return n
}

// Sample recomputes published figures and judges a sample of the worlds: those
// where nothing happens, where an effect is there, where something misleads,
// with reps replicates each, and a fifth of that, at least one, for the signatures of adaptation, which
// take longer. It stops early when ctx ends.
func Sample(ctx context.Context, version string, reps int, progress func(done, of int, what string)) (*Report, error) {
	r := &Report{Version: version, Reps: reps}
	var err error
	if r.Figures, err = Published(); err != nil || reps == 0 {
		return r, err
	}
	panels := []string{"S0", "S1-phi4", "S3", "S4", "S5-inside", "S6", "S7-plenty", "S8-plenty"}
	records := []string{"S10", "S11"}
	of, done := len(panels)+len(records), 0
	step := func(name string) error {
		done++
		if progress != nil {
			progress(done, of, name)
		}
		return ctx.Err()
	}
	for _, name := range panels {
		w, _ := WorldNamed(name)
		v, err := Judged(w.World, reps, runtime.NumCPU())
		if err != nil {
			return nil, err
		}
		add := func(what string, k, n int, low, high float64) {
			r.Rates = append(r.Rates, Rate{w.Name, w.Says, what, k, n, low, high})
		}
		switch {
		case w.Null:
			add("a change inside found, p < .05", v.Reject[insideDuring], v.Asked[insideDuring], sizeLow, sizeHigh)
		case w.Mislead:
			add("a direction with no guard beside it, during", v.Bare[insideDuring], v.N, 0, bareHigh)
			add("the same afterwards", v.Bare[insidePost], v.N, 0, bareHigh)
		default:
			add("interval inside holds the truth", v.Cover[insideDuring], v.Asked[insideDuring], coverLow, coverHigh)
		}
		if w.Moves != "" {
			add("called "+string(w.Moves), v.Words[moveDuring][w.Moves], v.N, nameLow, 1)
		}
		if err := step(name); err != nil {
			return nil, err
		}
	}
	for _, name := range records {
		for _, w := range sim.PatternWorlds() {
			if w.Name != name {
				continue
			}
			told := Decentralisation(w, r.Records(), runtime.NumCPU())
			x := Rate{w.Name, w.Says, "decentralisation called present", told.Words[athar.Present], told.N, 0, presentHigh}
			if name == "S10" {
				x.Low, x.High = nameLow, 1
			}
			r.Rates = append(r.Rates, x)
		}
		if err := step(name); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func mark(ok bool) string {
	if ok {
		return "pass"
	}
	return "FAIL"
}

func digits(x float64) string { return strconv.FormatFloat(x, 'g', 9, 64) }

func percent(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) }

// Text writes the report for a terminal.
func (r *Report) Text(w io.Writer) error {
	e := &tables{w: w}
	e.text("Published figures that this program recomputes from a few numbers\n\n")
	for _, f := range r.Figures {
		e.text("%-4s  %-4s %-62s %14s  published %s, within %.2g\n", mark(f.Agrees()), f.ID, f.What, digits(f.Got), digits(f.Want), f.Within)
	}
	if len(r.Rates) > 0 {
		e.text("\nWorlds with a known truth: a sample of %d replications of each, %d in S10 and S11. Percent, exact 95%% limits, Monte Carlo standard error\n\n", r.Reps, r.Records())
		for _, x := range r.Rates {
			share, low, high := x.Share()
			e.text("%-4s  %-10s %-44s %6s (%s to %s, error %s) of %d; required %s to %s\n", mark(x.Meets()), x.World, x.What,
				percent(share), percent(low), percent(high), percent(x.Error()), x.N, percent(x.Low), percent(x.High))
		}
		e.text("\nA rate fails only if its limits leave the required range: few replications contradict, they do not confirm. --reps asks for more;\nthe same rates from the full run are in docs/validation/worlds.md.\n")
	}
	if n := r.Failed(); n > 0 {
		e.text("\n%d of %d failed\n", n, len(r.Figures)+len(r.Rates))
	} else {
		e.text("\nall %d passed\n", len(r.Figures)+len(r.Rates))
	}
	return e.err
}

var page = template.Must(template.New("validate").Funcs(template.FuncMap{"mark": mark, "digits": digits, "percent": percent,
	"share": func(x Rate) string {
		share, low, high := x.Share()
		return fmt.Sprintf("%s (%s to %s)", percent(share), percent(low), percent(high))
	},
	"within": func(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }}).Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Athar {{.Version}}: validation</title>
<style>
:root{--paper:#fff;--ink:#14181d;--soft:#4c545e;--line:#dcdfe2;--bad:#b34700}
@media (prefers-color-scheme:dark){:root{--paper:#13161a;--ink:#e9ebee;--soft:#b4bbc4;--line:#343a42;--bad:#ff8a3c}}
body{margin:0 auto;max-width:60rem;padding:2rem 1rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
h1,h2{line-height:1.2;text-wrap:balance}p{max-width:42rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}
.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
th{color:var(--soft);font-weight:600}.FAIL{color:var(--bad);font-weight:700}
</style>
<h1>Does this copy of Athar compute what it says?</h1>
<p>Version {{.Version}}. {{if .Failed}}<span class="FAIL">{{.Failed}} checks failed.</span>{{else}}All checks passed.{{end}}
Published figures were recomputed, and {{if .Reps}}{{.Reps}} invented data sets of each of several worlds were judged, whose truth is known{{else}}no worlds were asked for{{end}}.</p>
<h2>Published figures</h2>
<div class="wide"><table><thead><tr><th>result<th>source<th>figure<th class="n">computed<th class="n">published<th class="n">tolerance</thead><tbody>
{{range .Figures}}<tr><td class="{{mark .Agrees}}">{{mark .Agrees}}<td>{{.ID}}<td>{{.What}}<td class="n">{{digits .Got}}<td class="n">{{digits .Want}}<td class="n">{{within .Within}}
{{end}}</tbody></table></div>
{{if .Rates}}<h2>Worlds with a known truth</h2>
<p>A sample of {{.Reps}} invented data sets of each world, {{.Records}} of S10 and S11. Percentages of them, with exact 95% limits. A rate fails only if its limits leave the required range: few data sets can contradict a range, they cannot confirm it.</p>
<div class="wide"><table><thead><tr><th>result<th>world<th>what is in it<th>share of<th class="n">percent<th class="n">Monte Carlo error<th class="n">data sets<th class="n">required</thead><tbody>
{{range .Rates}}<tr><td class="{{mark .Meets}}">{{mark .Meets}}<td>{{.World}}<td>{{.Says}}<td>{{.What}}<td class="n">{{share .}}<td class="n">{{percent .Error}}<td class="n">{{.N}}<td class="n">{{percent .Low}} to {{percent .High}}
{{end}}</tbody></table></div>{{end}}
</html>
`))

// HTML writes the report as one page that needs nothing else.
func (r *Report) HTML(w io.Writer) error { return page.Execute(w, r) }
