package place

import (
	"math"
	"testing"
)

// Snyder's numerical example (1987, p. 332): R = 3, phi1 = 40 N, lambda0 = 100 W,
// phi = 20 N, lambda = 100 E gives x = -4.2339303, y = 4.0257775.
func TestPlaneOfSnyder(t *testing.T) {
	x, y := NewPlane(-100, 40).To(100, -20)
	if s := 3 / earthKm; math.Abs(x*s+4.2339303) > 5e-8 || math.Abs(y*s-4.0257775) > 5e-8 {
		t.Errorf("%.7f %.7f", x*s, y*s)
	}
}

func TestPlaneIsTrueInAreaAndBack(t *testing.T) {
	p := NewPlane(43.7, 33.2)
	for _, at := range [][2]float64{{43.7, 33.2}, {39, 29}, {48.5, 37.4}, {36, 38}} {
		lon, lat := p.From(p.To(at[0], at[1]))
		if math.Abs(lon-at[0]) > 1e-9 || math.Abs(lat-at[1]) > 1e-9 {
			t.Errorf("%v comes back as %v %v", at, lon, lat)
		}
		// A small rectangle of degrees keeps its area.
		const d = 1e-3
		x0, y0 := p.To(at[0], at[1])
		x1, y1 := p.To(at[0]+d, at[1])
		x2, y2 := p.To(at[0], at[1]+d)
		got := math.Abs((x1-x0)*(y2-y0) - (x2-x0)*(y1-y0))
		rad := d * math.Pi / 180
		want := earthKm * earthKm * rad * rad * math.Cos((at[1]+d/2)*math.Pi/180)
		if math.Abs(got/want-1) > 1e-4 {
			t.Errorf("%v: area %g, want %g", at, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	s, err := LoadGrid(&Box{40, 30, 42, 33}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Cells whose centre lies in the box reach half a cell beyond it at most.
	if b := s.Bounds(); b != (Box{40, 30, 42, 33}) {
		t.Errorf("%+v", b)
	}
	if km := Km(44, 33, 44, 34); math.Abs(km-earthKm*math.Pi/180) > 1e-6 {
		t.Errorf("a degree of latitude is %g km", km)
	}
}
