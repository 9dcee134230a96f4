package brief

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"athar"
)

// withLayers adds a river through all areas, a lake and towns to the fixture:
// as many corners as a study can carry.
func withLayers(t *testing.T) *athar.Report {
	r := fixture(t, true)
	for k := range 20 {
		var river []athar.Num
		for i := range 200 {
			x := float64(i) / 200
			river = append(river, athar.Num(36+12*x), athar.Num(30+.4*float64(k)+.3*math.Sin(40*x)))
		}
		r.Map.Rivers = append(r.Map.Rivers, river)
	}
	r.Map.Lakes = [][]athar.Num{{39, 34, 39.5, 34, 39.5, 34.5, 39, 34.5}}
	for k := range 150 {
		r.Map.Towns = append(r.Map.Towns, athar.MapTown{Name: athar.Names{En: fmt.Sprintf("Town%c%c", 'a'+k/15, 'a'+k%15), Ar: fmt.Sprintf("بلدة%c", 'ا'+rune(k%26))},
			Lon: athar.Num(37 + .7*float64(k%15)), Lat: athar.Num(31 + .6*float64(k/15))})
	}
	r.Map.LayersCredit = "A public map"
	return r
}

func TestRiversLakesAndTownsLieOnEveryMap(t *testing.T) {
	r := withLayers(t)
	page := render(t, r)
	plain := render(t, fixture(t, true))
	if more := len(page) - len(plain); more < 5000 || more > 60000 {
		t.Errorf("the layers add %d bytes, should stay under 60,000", more)
	}
	for _, id := range []string{`id="rivers"`, `id="lakes"`} {
		if n := bytes.Count(page, []byte(id)); n != 1 {
			t.Errorf("%s is written %d times", id, n)
		}
	}
	doc := parse(t, page)
	maps := find(doc, "svg", "map")
	if len(maps) < 3 {
		t.Fatalf("%d maps", len(maps))
	}
	for i, m := range maps {
		dots, names := len(find(m, "circle", "town")), len(find(m, "text", "townname"))
		if dots == 0 || dots != names || dots > 14 {
			t.Errorf("map %d: %d towns with %d names", i, dots, names)
		}
		if n := len(find(m, "use", "rivers")); n != 1 {
			t.Errorf("map %d has %d uses of the rivers", i, n)
		}
	}
	fig := byID(t, doc, "campaign-1-map")
	if n := len(find(fig, "circle", "town")); n > 16 {
		t.Errorf("%d towns on two small maps", n)
	}
	if !strings.Contains(words(fig), "Rivers, lakes and towns: A public map.") {
		t.Error("the caption does not credit the layers")
	}
	// What lies over what: countries, areas, water, symbols.
	at := []int{}
	s := string(page[bytes.Index(page, []byte(`id="campaign-1-map"`)):])
	s = s[strings.Index(s, `<svg class="map"`):]
	for _, class := range []string{`class="land`, `class="area`, `class="water lakes`, `class="water rivers`, `class="town"`, `class="events"`} {
		at = append(at, strings.Index(s, class))
	}
	if !slices.IsSorted(at) || at[0] < 0 {
		t.Errorf("drawn in the order %v", at)
	}
	for _, w := range []string{`"rivers"`, "townname"} {
		if bytes.Contains(plain, []byte(`<path id=`+w)) || bytes.Contains(plain, []byte(`class="`+w)) {
			t.Errorf("a study without layers has %s", w)
		}
	}
}

func TestTownsHaveTheNamesOfThePagesLanguage(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, withLayers(t), "ar"); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range find(parse(t, b.Bytes()), "text", "townname") {
		n++
		if attr(e, "direction") != "rtl" || !strings.HasPrefix(words(e), "بلدة") {
			t.Errorf("%q runs %q", words(e), attr(e, "direction"))
		}
	}
	if n == 0 {
		t.Error("no town on the Arabic page")
	}
}
