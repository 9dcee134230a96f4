package scan

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"athar"
	"athar/internal/testdata"
	"athar/stat"
)

func table(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func num(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func fever(t testing.TB) (places []Place, cases []Case) {
	at := map[string]int{}
	for i, r := range table(t, "golden/other/nycfevergeo.csv") {
		at[r[0]] = i
		places = append(places, Place{r[0], num(t, r[2]), num(t, r[1])})
	}
	for _, r := range table(t, "golden/other/nycfevercas.csv") {
		d, err := time.Parse("2006/1/2", r[2])
		if err != nil {
			t.Fatal(err)
		}
		for range int(num(t, r[1])) {
			cases = append(cases, Case{at[r[0]], athar.DayOf(d)})
		}
	}
	return places, cases
}

// BENCHMARKS D10: fever in New York, November 2001, prospective, up to 3 km and 7
// days. No cluster is significant.
func TestFever(t *testing.T) {
	places, cases := fever(t)
	day := func(s string) athar.Day { d, _ := athar.ParseDay(s); return d }
	o := Options{Study: athar.Span{First: day("2001-11-01"), Last: day("2001-11-24")}, Km: 3, MaxDays: 7, Prospective: true}
	res := SpaceTime(places, cases, o)
	if res.Refusal != nil || res.Cases != 194 || res.Places != 192 || res.Periods != 24 {
		t.Fatalf("%+v", res)
	}
	top := slices.MaxFunc(res.High, func(a, b Cylinder) int { return cmp.Compare(a.LLR, b.LLR) })
	if top.Centre != "11418" || len(top.Places) != 9 || top.Span != (athar.Span{First: day("2001-11-22"), Last: day("2001-11-24")}) ||
		top.Observed != 4 || math.Abs(float64(top.Expected)-.6701) > 5e-5 || math.Abs(float64(top.LLR)-3.845418) > 1e-5 || !(top.P > .05) {
		t.Errorf("%+v", top)
	}
	// The next centres, whether their cylinders overlap or not.
	s := arrange(places, cases, &o)
	if s.refuse() != nil {
		t.Fatal("refused")
	}
	w := newWork(s)
	w.load(s.period, nil)
	_, high := w.centres(s.zones(nil), limits{to: s.periods, length: s.length, prospective: true, high: true})
	for _, want := range []struct {
		centre   string
		zips, n  int
		llr, exp float64
	}{{"11419", 10, 4, 3.247890, 0}, {"11370", 0, 2, 3.164201, .1649}} {
		k := slices.IndexFunc(high, func(f found) bool { return s.places[f.zone.order[0]].Code == want.centre })
		f := high[k]
		if f.n != want.n || math.Abs(f.llr-want.llr) > 1e-5 || want.zips > 0 && len(f.zone.order) != want.zips || want.exp > 0 && (math.Abs(f.mu-want.exp) > 5e-5 || f.b-f.a != 1) {
			t.Errorf("%s: %+v", want.centre, f)
		}
	}
}

// The spatial scan with populations (Kulldorff 1997) has the same likelihood ratio
// with mu by population. D9: 281 tracts in New York, sets of at most a tenth of
// the population, against SaTScan. It serves this test alone.
func TestTracts(t *testing.T) {
	rows := table(t, "golden/other/nydf.csv")
	n := len(rows)
	x, y, pop, cases := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	people, all := 0.0, 0.0
	for i, r := range rows {
		x[i], y[i], pop[i], cases[i] = num(t, r[0]), num(t, r[1]), num(t, r[2]), math.Floor(num(t, r[3]))
		people, all = people+pop[i], all+cases[i]
	}
	if all != 552 || people != 1057673 {
		t.Fatalf("%v cases, %v people", all, people)
	}
	orders := make([][]int, n)
	for i := range orders {
		orders[i] = make([]int, n)
		for j := range n {
			orders[i][j] = j
		}
		d := func(j int) float64 { return (x[j]-x[i])*(x[j]-x[i]) + (y[j]-y[i])*(y[j]-y[i]) }
		slices.SortStableFunc(orders[i], func(a, b int) int { return cmp.Compare(d(a), d(b)) })
		k, p := 0, 0.0
		for ; k < n && p+pop[orders[i][k]] <= people/10; k++ {
			p += pop[orders[i][k]]
		}
		orders[i] = orders[i][:k]
	}
	type cluster struct {
		members       []int
		cases, mu, ll float64
	}
	tops := func(cases []float64) (out []cluster) {
		for _, o := range orders {
			var b cluster
			c, p := 0.0, 0.0
			for k, j := range o {
				c, p = c+cases[j], p+pop[j]
				if mu := p / people * all; c > mu {
					if v := llr(c, mu, all); v > b.ll {
						b = cluster{o[:k+1], c, mu, v}
					}
				}
			}
			out = append(out, b)
		}
		slices.SortStableFunc(out, func(a, b cluster) int { return cmp.Compare(b.ll, a.ll) })
		return out
	}
	var kept []cluster
	for _, c := range tops(cases) {
		if !slices.ContainsFunc(kept, func(k cluster) bool {
			return slices.ContainsFunc(c.members, func(j int) bool { return slices.Contains(k.members, j) })
		}) {
			kept = append(kept, c)
		}
	}
	// The published ratios, members in order of distance, and p values of 999 draws.
	r := stat.Stream(1, "tracts", 0)
	const times = 999
	largest := make([]float64, times)
	for d := range largest {
		draw := make([]float64, n)
		cum := 0.0
		edges := make([]float64, n)
		for j := range n {
			cum += pop[j]
			edges[j] = cum
		}
		for range int(all) {
			j, _ := slices.BinarySearch(edges, r.Float64()*people)
			draw[j]++
		}
		largest[d] = tops(draw)[0].ll
	}
	for _, w := range []struct {
		rank, tracts int
		first        string
		cases, mu    float64
		llr, p, tol  float64
	}{{0, 26, "49 48 50 47", 85, 49.71, 11.577255, .001, .01}, {1, 8, "89 88 87", 38, 17.79, 9.019716, .013, .01}, {6, 3, "166 159 167", 11, 0, 3.209485, .976, .015}} {
		c := kept[w.rank]
		names := []string{}
		for _, j := range c.members {
			names = append(names, strconv.Itoa(j+1))
		}
		if len(c.members) != w.tracts || !strings.HasPrefix(strings.Join(names, " "), w.first) || c.cases != w.cases || w.mu > 0 && math.Abs(c.mu-w.mu) > .005 || math.Abs(c.ll-w.llr) > 1e-6 {
			t.Errorf("cluster %d: %v, %v cases, %v expected, %v", w.rank+1, names, c.cases, c.mu, c.ll)
		}
		if p := float64(rank(c.ll, largest)); math.Abs(p-w.p) > w.tol {
			t.Errorf("cluster %d: p %v, want %v", w.rank+1, p, w.p)
		}
	}
}

// The expectation-based scan (Neill 2005) on given sets, periods that end now, and
// baselines: LLR = c ln(c/b) - (c-b). D11: brain cancer in New Mexico, 1986 to 1989.
// It serves this test alone.
func TestNewMexico(t *testing.T) {
	counts, baselines := table(t, "golden/scanstatistics/nm_counts.csv"), table(t, "golden/scanstatistics/nm_baselines.csv")
	nt, n := len(counts), len(counts[0])-1
	y, b := make([]float64, nt*n), make([]float64, nt*n)
	for k := range nt {
		for i := range n {
			y[k*n+i], b[k*n+i] = num(t, counts[k][i+1]), num(t, baselines[k][i+1])
		}
	}
	var sets [][]int
	for _, r := range table(t, "golden/scanstatistics/nm_zones.csv") {
		var set []int
		for _, f := range strings.Fields(r[1]) {
			set = append(set, int(num(t, f))-1)
		}
		sets = append(sets, set)
	}
	top := func(y []float64) (zone, length int, score, ratio float64) {
		for z, set := range sets {
			c, e := 0.0, 0.0
			for k := nt - 1; k >= 0; k-- {
				for _, i := range set {
					c, e = c+y[k*n+i], e+b[k*n+i]
				}
				if v := c*math.Log(c/e) - (c - e); c > e && v > score {
					zone, length, score, ratio = z+1, nt-k, v, c/e
				}
			}
		}
		return
	}
	zone, length, score, ratio := top(y)
	got := map[string]string{"MLC_zone": fmt.Sprint(zone), "MLC_duration": fmt.Sprint(length), "n_zones": fmt.Sprint(len(sets))}
	r := stat.Stream(1, "new mexico", 0)
	more, times := 1, 999
	for range times {
		draw := make([]float64, len(y))
		for k := range draw {
			draw[k] = stat.NegBin(r, b[k], 1)
		}
		if _, _, s, _ := top(draw); s >= score {
			more++
		}
	}
	for _, r := range table(t, "golden/scanstatistics/nm_eb_poisson.csv") {
		switch r[0] {
		case "MLC_score":
			if math.Abs(score-num(t, r[1])) > 1e-9 {
				t.Errorf("score %v, want %v", score, r[1])
			}
		case "MLC_relative_risk":
			if math.Abs(ratio-num(t, r[1])) > 1e-9 {
				t.Errorf("ratio %v, want %v", ratio, r[1])
			}
		default:
			if w, ok := got[r[0]]; ok && w != r[1] {
				t.Errorf("%s: %s, want %s", r[0], w, r[1])
			}
		}
	}
	if p := float64(more) / float64(times+1); p < .001 || p > .015 {
		t.Errorf("p %v, published .005", p)
	}
	// The sets themselves: those of up to 15 nearest county seats.
	f, err := os.Open(testdata.Shared(t, "golden/scanstatistics/nm_counts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	head, err := csv.NewReader(f).Read()
	if err != nil {
		t.Fatal(err)
	}
	var places []Place
	var cases []Case
	for _, g := range table(t, "golden/scanstatistics/NM_geo.csv") {
		i := slices.Index(head, g[0]) - 1
		if i < 0 {
			continue // not in the data
		}
		for k := range MinCases {
			cases = append(cases, Case{len(places), athar.Day(k)})
		}
		places = append(places, Place{fmt.Sprintf("%02d", i), num(t, g[3]), num(t, g[4])})
	}
	o := Options{Km: 2000, Share: 1}
	s := arrange(places, cases, &o)
	if s.refuse() != nil || len(places) != n {
		t.Fatal("refused")
	}
	var sphere, ellipsoid [][]int32
	for _, c := range s.zones(nil).centre {
		sphere = append(sphere, c.order)
		order := slices.Clone(c.order)
		from := s.places[order[0]]
		slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(wgs84(from, s.places[a]), wgs84(from, s.places[b])) })
		ellipsoid = append(ellipsoid, order)
	}
	name := func(set []int32) string { return fmt.Sprint(slices.Sorted(slices.Values(set))) }
	published := map[string]bool{}
	for _, set := range sets {
		var ids []int32
		for _, i := range set {
			ids = append(ids, int32(i))
		}
		published[name(ids)] = true
	}
	// Those that both orders give, and how many ours has in all.
	agree := func(orders [][]int32) (both, ours int) {
		made := map[string]bool{}
		for _, o := range orders {
			for k := 1; k <= min(15, len(o)); k++ {
				made[name(o[:k])] = true
			}
		}
		for set := range made {
			if published[set] {
				both++
			}
		}
		return both, len(made)
	}
	// From Tucumcari, Fort Sumner and Santa Rosa are 91.095 and 91.097 km away on the
	// ellipsoid, which the published sets follow, and 91.194 and 90.928 on the sphere.
	if both, ours := agree(ellipsoid); both != 415 || ours != 415 || len(published) != 415 {
		t.Errorf("ellipsoid: %d sets, %d published, %d in both", ours, len(published), both)
	}
	if both, ours := agree(sphere); both != 414 || ours != 415 {
		t.Errorf("sphere: %d sets, %d of them published", ours, both)
	}
}

// wgs84 is the distance on the ellipsoid in km by Vincenty's inverse formula (1975, Survey
// Review 23:88), for places that do not lie opposite each other. It serves this test alone.
func wgs84(p, q Place) float64 {
	if p.X == q.X && p.Y == q.Y {
		return 0
	}
	const a, f, rad = 6378.137, 1 / 298.257223563, math.Pi / 180
	const b = a * (1 - f)
	reduced := func(lat float64) (sin, cos float64) { return math.Sincos(math.Atan((1 - f) * math.Tan(lat*rad))) }
	s1, c1 := reduced(p.Y)
	s2, c2 := reduced(q.Y)
	l := (q.X - p.X) * rad
	lambda := l
	for {
		sl, cl := math.Sincos(lambda)
		sinSigma := math.Hypot(c2*sl, c1*s2-s1*c2*cl)
		cosSigma := s1*s2 + c1*c2*cl
		sigma := math.Atan2(sinSigma, cosSigma)
		sinAlpha := c1 * c2 * sl / sinSigma
		cos2Alpha := 1 - sinAlpha*sinAlpha
		mid := cosSigma - 2*s1*s2/cos2Alpha // cos of twice the angle to the middle; off the equator
		c := f / 16 * cos2Alpha * (4 + f*(4-3*cos2Alpha))
		next := l + (1-c)*f*sinAlpha*(sigma+c*sinSigma*(mid+c*cosSigma*(2*mid*mid-1)))
		if math.Abs(next-lambda) > 1e-13 {
			lambda = next
			continue
		}
		u := cos2Alpha * (a*a - b*b) / (b * b)
		k := (math.Sqrt(1+u) - 1) / (math.Sqrt(1+u) + 1)
		big, small := (1+k*k/4)/(1-k), k*(1-3*k*k/8)
		delta := small * sinSigma * (mid + small/4*(cosSigma*(2*mid*mid-1)-small/6*mid*(4*sinSigma*sinSigma-3)*(4*mid*mid-3)))
		return b * big * (sigma - delta)
	}
}
