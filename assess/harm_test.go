package assess

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
	"athar/study"
)

// harmWorld writes a study of single events with a class and the deaths in them over six
// by six cells: threats fall inside by half, bombs, one in ten, rise threefold. Rows are
// in random order for another seed than 0.
func harmWorld(t *testing.T, harm string, shuffle uint64) string {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 5))
	var rows []string
	for i := range 36 {
		lon, lat := 42.25+.5*float64(i%6), 32.25+.5*float64(i/6)
		inside := i/6 < 1
		for month := range 36 {
			for _, c := range []struct {
				class   string
				mu, now float64
				deaths  int
			}{{"threat", 4, .5, 0}, {"bomb", 1, 3, 4}} {
				mu := c.mu
				if inside && month >= 24 {
					mu *= c.now
				}
				for range int(distuv.Poisson{Lambda: mu, Src: r}.Rand()) {
					dead := "" // of a threat nobody says
					if c.deaths > 0 {
						dead = fmt.Sprint(c.deaths + r.IntN(3))
					}
					rows = append(rows, fmt.Sprintf("%d-%02d-%02d,%.2f,%.2f,%s,%s\n", 2018+month/12, 1+month%12, 1+r.IntN(28), lon, lat, c.class, dead))
				}
			}
		}
	}
	if shuffle != 0 {
		rand.New(rand.NewPCG(shuffle, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return write(t, t.TempDir(), map[string]string{"events.csv": "day,lon,lat,type,dead\n" + strings.Join(rows, ""), "study.yaml": `study: harm
title: Harm
group: {name: G}
outcome: attacks
data:
  - name: Events
    file: events.csv
    format: table
    columns: {date: day, lon: lon, lat: lat, class: type, deaths_best: dead}
    coverage: [{from: 2018-01, to: 2020-12}]
    licence: made up
    citation: made up
areas:
  grid: prio
  box: {west: 42, south: 32, east: 45, north: 35}
campaigns:
  - {id: c, name: C, footprint: {areas: ["176125", "176126", "176127", "176128", "176129", "176130"]}, start: 2020-01-01, end: 2020-06-30}
choices:
  period: month
  rings: [50]
  far: study
  draws: 100
  imputations: 0
` + harm})
}

// harmOf is what the only campaign's section says of harm, without the rest of a run.
func harmOf(t *testing.T, file string) (*athar.HarmWeights, []athar.HarmDifference) {
	t.Helper()
	s, err := study.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	in, g, unit, err := prepare(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.weighted(unit); err != nil {
		t.Fatal(err)
	}
	sites, err := in.sites(g)
	if err != nil {
		t.Fatal(err)
	}
	v := g.ForCampaign(sites[0], nil, design(s))
	a := answers{campaign: "c"}
	a.wdd(v)
	return &in.harm.info, a.harm(v, in.harm)
}

// Fewer events and more harm: weights say so, with the variance of squared weights and
// the dispersion of the harm before; no word moves.
func TestHarmBesideEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("whole runs of a study")
	}
	plain := mustRun(t, harmWorld(t, "", 0))
	r := mustRun(t, harmWorld(t, "  harm: {classes: {threat: 1, Bomb: 20}, source: {title: A list}}\n", 0))
	if plain.Harm != nil || plain.Campaigns[0].Harm != nil {
		t.Error("harm without weights")
	}
	if h := r.Harm; h == nil || h.By != "classes" || len(h.Weights) != 2 || h.Weights[0].Name != "Bomb" || h.Weights[0].Events+h.Weights[1].Events != r.Data[0].Events || h.Source.Title != "A list" {
		t.Fatalf("%+v", r.Harm)
	}
	c := r.Campaigns[0]
	if len(c.Harm) != 6 { // three questions during and after
		t.Fatalf("%d rows", len(c.Harm))
	}
	during := c.Harm[0]
	if during.Question != athar.AskInside || during.Phase != athar.During {
		t.Fatalf("%+v", during)
	}
	if during.Events.High >= 0 || during.Harm.Low <= 0 {
		t.Errorf("events %+v, harm %+v", during.Events, during.Harm)
	}
	// Inside a month 6 areas lose 2 threats and gain 2 bombs of 20: +38 an area.
	if want := 6 * 6 * (-2 + 2*20.); !(float64(during.Harm.Low) < want && want < float64(during.Harm.High)) {
		t.Errorf("harm %v to %v, truth %v", during.Harm.Low, during.Harm.High, want)
	}
	half := float64(during.Harm.High-during.Harm.Difference) / stat.TQuantile(.975, math.Inf(1))
	if phi := float64(during.Harm.Dispersion); phi < 1 || phi > 1.3 || half < 20*math.Sqrt(36*3) {
		t.Errorf("phi %v, error %v", phi, half)
	}
	// Without the key the same bytes, but for the key's own.
	r.Harm, r.Campaigns[0].Harm, r.Study.Choices = nil, nil, plain.Study.Choices
	r.Manifest.Inputs = plain.Manifest.Inputs
	a, _ := json.Marshal(plain)
	b, _ := json.Marshal(r)
	if !bytes.Equal(a, b) {
		t.Error("weights of harm change what else is in the report")
	}
}

// Deaths weigh event by event; an event whose deaths nobody gives is counted as such.
func TestHarmByDeaths(t *testing.T) {
	weights, rows := harmOf(t, harmWorld(t, "  harm: {deaths: true}\n", 0))
	var threats int
	b, err := os.ReadFile(filepath.Join(filepath.Dir(harmWorld(t, "", 0)), "events.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var dead, squares float64
	for _, line := range strings.Split(string(b), "\n")[1:] {
		f := strings.Split(line, ",")
		if len(f) < 5 {
			continue
		}
		if f[4] == "" {
			threats++
			continue
		}
		if during := f[0] >= "2020-01" && f[0] < "2020-07"; during && f[2] == "32.25" {
			n := float64(f[4][0] - '0')
			dead, squares = dead+n, squares+n*n
		}
	}
	if weights.By != "deaths" || weights.Unknown != threats || len(weights.Weights) != 0 {
		t.Errorf("%+v, %d threats", weights, threats)
	}
	x := rows[0]
	if float64(x.Harm.Observed) != dead || x.Harm.Low <= 0 {
		t.Errorf("%v dead, %+v", dead, x.Harm)
	}
	if half := float64(x.Harm.High-x.Harm.Difference) / stat.TQuantile(.975, math.Inf(1)); half*half < squares {
		t.Errorf("variance %v of squares of %v", half*half, squares)
	}
}

func TestHarmInAnyOrder(t *testing.T) {
	for _, harm := range []string{"  harm: {classes: {threat: 0.1, bomb: 0.7}}\n", "  harm: {deaths: true}\n"} {
		var want []byte
		for _, seed := range []uint64{0, 9} {
			weights, rows := harmOf(t, harmWorld(t, harm, seed))
			got, err := json.Marshal([]any{weights, rows})
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			} else if !bytes.Equal(got, want) {
				t.Error("another order of rows gives other harm")
			}
		}
	}
}

func TestHarmComplains(t *testing.T) {
	for _, c := range []struct{ harm, want string }{
		{"{classes: {bomb: 3}}", "study.yaml:24:19: choices.harm.classes: has no weight for threat ("},
		{"{classes: {bomb: 3}}", " events), which would count as nothing; give each a weight above 0"},
		{"{classes: {bomb: 3, thread: 1}}", `study.yaml:24:37: choices.harm.classes.thread: no event is of the class "thread"; there are: bomb, threat`},
		{"{classes: {zeal: 1, yell: 2, thread: 3, bomb: 3}}", `choices.harm.classes.thread: no event is`}, // of several the first by name
	} {
		_, err := Check(context.Background(), harmWorld(t, "  harm: "+c.harm+"\n", 0))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.harm, err, c.want)
		}
	}
	lines, err := Check(context.Background(), harmWorld(t, "  harm: {deaths: true}\n", 0))
	if err != nil || !strings.Contains(strings.Join(lines, "\n"), "harm is compared by deaths\n  ") {
		t.Errorf("%v %v", err, lines)
	}
}

// Of two names that fit a class the one that says more holds.
func TestSpecificWeights(t *testing.T) {
	list := map[string]float64{"Battles": 1, "armed clash": 2, "Battles: Armed clash": 3, "19": 4, "190": 5}
	for class, want := range map[string]string{"Battles: Armed clash": "Battles: Armed clash", "Battles: Other": "Battles", "War: Armed clash": "armed clash", "1903": "190", "193": "19", "18": ""} {
		if got := weightOf(class, list); got != want {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
}
