package assess

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"athar"
)

// The self-exciting model of days, the weighted displacement difference and rings of
// touching areas as values of a multiverse: where the choices are the study's own the curve
// says what the campaign's own table says, and the order of rows changes no byte.
func TestAskedEstimators(t *testing.T) {
	if testing.Short() {
		t.Skip("a multiverse of a study")
	}
	const declared = `multiverse: {period: [month], pre_months: [12], wash_in: [0], rings: [[50, 100], touching], far: [study], overlap: [remove], donut: [0, 1], outliers: [keep, cap], estimators: [spillover, self-exciting, wdd], placebos: 19}
`
	var want []byte
	for _, seed := range []uint64{0, 6} {
		file := operationWorld(t, 1000, 1, seed)
		old, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		from, to := bytes.Index(old, []byte("operations:")), bytes.Index(old, []byte("campaigns:"))
		old = slices.Concat(old[:from], []byte(declared), old[to:])
		if err := os.WriteFile(file, old, 0o644); err != nil {
			t.Fatal(err)
		}
		res, err := Run(context.Background(), file, Options{Version: "test", Parts: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		c := res.Report.Campaigns[0]
		got, err := json.Marshal(c.Multiverse)
		if err != nil {
			t.Fatal(err)
		}
		if want != nil {
			if !bytes.Equal(got, want) {
				t.Error("another order of rows gives another curve")
			}
			continue
		}
		want = got
		if len(c.Multiverse) != 2 {
			t.Fatalf("%d curves", len(c.Multiverse))
		}
		m := c.Multiverse[0]
		value := func(dimension, name string) (d, v int) {
			d = slices.IndexFunc(m.Dimensions, func(x athar.Dimension) bool { return x.Name == dimension })
			return d, slices.Index(m.Dimensions[d].Values, name)
		}
		own := func(method, spec string) athar.Effect {
			k := slices.IndexFunc(c.Effects, func(e athar.Effect) bool {
				return e.Method == method && e.Spec == spec && e.Question == athar.AskInside && e.Phase == athar.During
			})
			return c.Effects[k]
		}
		estimator, _ := value("estimator", "spillover")
		count := map[string]int{}
		for _, x := range m.Specs {
			count[m.Dimensions[estimator].Values[x.Choice[estimator]]]++
		}
		// By days neither rings nor capped counts are another fit: two donuts.
		if count["self-exciting"] != 2 || count["wdd"] != 8 {
			t.Errorf("specifications by estimator %v, refused %v", count, m.Refused)
		}
		for name, e := range map[string]athar.Effect{"self-exciting": own("hawkes", "background"), "wdd": own("wdd", "")} {
			d, v := value("estimator", name)
			k := slices.IndexFunc(m.Specs, func(x athar.SpecResult) bool {
				return x.Choice[d] == v && !slices.ContainsFunc(slices.Concat(x.Choice[:d], x.Choice[d+1:]), func(i int) bool { return i != 0 })
			})
			if k < 0 || math.Abs(float64(m.Specs[k].RR-e.RR)) > 1e-9 || m.Specs[k].High != e.High {
				t.Errorf("%s: specification %d of the curve, the table says %v (%v to %v)", name, k, e.RR, e.Low, e.High)
			}
		}
		rings, touching := value("rings", "touching")
		if !slices.ContainsFunc(m.Specs, func(x athar.SpecResult) bool { return x.Choice[rings] == touching && x.Choice[estimator] == 0 }) {
			t.Error("no specification has touching areas as its first ring")
		}
		if m.Joint.Refusal != nil || m.Joint.Specs < len(m.Specs)/2 {
			t.Errorf("%+v", m.Joint)
		}
	}
}
