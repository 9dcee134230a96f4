package brief

import (
	"math"
	"strings"
	"testing"

	"athar"
)

// A line over distance stands in the columns of the rings, km for km within each, with a
// legend of its own, a row for every fifth distance and, where there is none, the reason.
func TestLineAlongDistance(t *testing.T) {
	r := fixture(t, false)
	l := athar.DecayLine{Phase: athar.During, Areas: 21, DF: 12}
	for i := range 21 {
		l.Km = append(l.Km, athar.Num(5*i))
		l.RR, l.Low, l.High = append(l.RR, 1.5), append(l.Low, .5), append(l.High, 4)
	}
	c := course(l, r.Campaigns[0].Rings)
	for km, want := range map[int]float64{0: 1. / 4, 25: 2. / 4, 40: 2.6 / 4, 50: 3. / 4, 75: 3.5 / 4, 100: 1} {
		if got := c.Points[km/5].At; math.Abs(got-want) > 1e-12 {
			t.Errorf("%d km stands at %v, want %v", km, got, want)
		}
	}
	refused := athar.DecayLine{Phase: athar.During, Refusal: athar.Refuse("decay-few-areas", "n", 4, "need", 10)}
	for _, x := range []struct {
		list []athar.DecayLine
		want []string
		not  string
	}{
		{[]athar.DecayLine{l}, []string{`class="courseline during"`, "from 21 areas around", "25 km from the edge", "during, along distance"}, "No line along distance"},
		{[]athar.DecayLine{refused}, []string{"No line along distance:", "hold 4 areas"}, "courseline"},
		{nil, nil, "along distance"},
	} {
		r.Campaigns[0].Decay = x.list
		var b strings.Builder
		if err := HTML(&b, r, "en"); err != nil {
			t.Fatal(err)
		}
		_, fig, _ := strings.Cut(b.String(), `<figure class="profilefig"`)
		fig, _, _ = strings.Cut(fig, "</figure>")
		fig += tags.ReplaceAllString(strings.NewReplacer("⁨", "", "⁩", "").Replace(fig), "")
		for _, want := range x.want {
			if !strings.Contains(fig, want) {
				t.Errorf("no %q in %s", want, fig)
			}
		}
		if strings.Contains(fig, x.not) {
			t.Errorf("%q in a figure of %d lines", x.not, len(x.list))
		}
	}
}
