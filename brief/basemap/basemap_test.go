package basemap

import "testing"

// inside is the even-odd rule, written plainly.
func inside(c Country, lon, lat float64) bool {
	in := false
	for _, ring := range c.Rings {
		for i := range ring {
			a, b := ring[i], ring[(i+1)%len(ring)]
			if (a.Lat > lat) != (b.Lat > lat) && lon < (b.Lon-a.Lon)*(lat-a.Lat)/(b.Lat-a.Lat)+a.Lon {
				in = !in
			}
		}
	}
	return in
}

func TestCapitalsLieInTheirCountries(t *testing.T) {
	for name, at := range map[string]Point{
		"Iraq": {44.42, 33.34}, "Syria": {36.32, 33.51}, "Nigeria": {7.49, 9.06}, "Jordan": {35.93, 31.95},
		"Turkey": {32.85, 39.92}, "Brazil": {-47.93, -15.78}, "New Zealand": {174.78, -41.29},
	} {
		var found []string
		for _, c := range Countries() {
			if inside(c, at.Lon, at.Lat) {
				found = append(found, c.Name)
			}
		}
		if len(found) != 1 || found[0] != name {
			t.Errorf("%s: capital lies in %v", name, found)
		}
	}
}

func TestRingsAreClosed(t *testing.T) {
	if n := len(Countries()); n < 200 {
		t.Fatalf("%d countries", n)
	}
	for _, c := range Countries() {
		for _, ring := range c.Rings {
			if len(ring) < 3 || ring[0] != ring[len(ring)-1] {
				t.Errorf("%s: a ring of %d points is not closed", c.Name, len(ring))
			}
		}
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	if _, err := decode(file[:len(file)/2]); err == nil {
		t.Error("half a file was read")
	}
}
