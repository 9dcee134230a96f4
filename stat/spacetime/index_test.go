package spacetime

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func haversine(lon1, lat1, lon2, lat2 float64) float64 {
	const r = math.Pi / 180
	a, b := math.Sin((lat2-lat1)*r/2), math.Sin((lon2-lon1)*r/2)
	return 2 * EarthKm * math.Asin(math.Sqrt(min(1, a*a+math.Cos(lat1*r)*math.Cos(lat2*r)*b*b)))
}

// The world, its poles and the date line included: the index finds what a look at
// all points finds.
func TestSphereOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name             string
		lon, lat, spread float64
		km               float64
	}{{"Iraq", 44, 33, 1, 50}, {"date line", 180, -17, 1, 50}, {"north pole", 0, 89.7, .3, 50}, {"south pole", 0, -89.9, .1, 30},
		{"equator", 0, 0, 1, 30}, {"world", 0, 0, 180, 3000}, {"everything", 0, 0, 180, 21000}} {
		n := 1500
		day, lon, lat := make([]int32, n), make([]float64, n), make([]float64, n)
		for i := range n {
			day[i] = int32(r.IntN(40)) - 20
			lon[i] = c.lon + c.spread*(2*r.Float64()-1)
			if c.lat*c.lat > 80*80 {
				lon[i] = 360 * r.Float64()
			}
			lat[i] = max(-90, min(90, c.lat+min(c.spread, 90)*(2*r.Float64()-1)))
		}
		x, err := NewSphere(day, lon, lat, c.km)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for q := range 200 {
			km := c.km * []float64{1, .3, 2.5, 0}[q%4]
			a, b := day[q]-int32(q%9), day[q]+int32(q%5)
			var got, want []int32
			for _, h := range x.Near(nil, lon[q], lat[q], km, a, b) {
				got = append(got, h.ID)
				if d := haversine(lon[q], lat[q], lon[h.ID], lat[h.ID]); math.Abs(x.Km(h.Square)-d) > 1e-6 && d < 19000 {
					t.Fatalf("%s: distance %v, want %v", c.name, x.Km(h.Square), d)
				}
			}
			for i := range n {
				if day[i] >= a && day[i] <= b && (i == q || haversine(lon[q], lat[q], lon[i], lat[i]) <= km) {
					want = append(want, int32(i))
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%s, %v km, days %d..%d: found %d points, want %d", c.name, km, a, b, len(got), len(want))
			}
			found += len(got)
		}
		if found < 300 {
			t.Errorf("%s: only %d points found in all", c.name, found)
		}
	}
}

func TestPlaneOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	n := 1000
	day, px, py := make([]int32, n), make([]float64, n), make([]float64, n)
	for i := range n {
		day[i], px[i], py[i] = int32(r.IntN(30)), 20*r.NormFloat64(), 20*r.NormFloat64()
		if i%10 == 0 {
			px[i], py[i] = float64(r.IntN(5)), float64(r.IntN(5)) // exact distances, ties
		}
	}
	x, err := NewPlane(day, px, py, 3)
	if err != nil {
		t.Fatal(err)
	}
	for q := range n {
		var got, want []int32
		for _, h := range x.Near(nil, px[q], py[q], 3, day[q]-3, day[q]+3) {
			got = append(got, h.ID)
		}
		for i := range n {
			if dx, dy := px[i]-px[q], py[i]-py[q]; dx*dx+dy*dy <= 9 && day[i] >= day[q]-3 && day[i] <= day[q]+3 {
				want = append(want, int32(i))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("point %d: %v, want %v", q, got, want)
		}
	}
}

func TestDegenerate(t *testing.T) {
	x, err := NewSphere(nil, nil, nil, 10)
	if err != nil || len(x.Near(nil, 0, 0, 1e5, -10, 10)) != 0 || x.Len() != 0 {
		t.Error("an empty index finds something")
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), 91} {
		if _, err := NewSphere([]int32{0}, []float64{0}, []float64{bad}, 10); err == nil {
			t.Errorf("latitude %v was taken", bad)
		}
	}
	if _, err := NewPlane([]int32{0}, []float64{math.NaN()}, []float64{0}, 10); err == nil {
		t.Error("a position that is no number was taken")
	}
	x, _ = NewSphere([]int32{5, 5, 5}, []float64{1, 1, 1}, []float64{2, 2, 2}, 0)
	if n := len(x.Near(nil, 1, 2, 0, 5, 5)); n != 3 {
		t.Errorf("%d of three equal points at distance 0", n)
	}
	if n := len(x.Near(nil, 1, 2, 10, 6, 5)); n != 0 {
		t.Errorf("%d points in an empty span", n)
	}
	if n := len(x.Near(nil, 361, 2, 1, 5, 5)); n != 3 {
		t.Errorf("%d of three points from a turn away", n)
	}
}

func TestNearDoesNotAllocate(t *testing.T) {
	x, _ := NewSphere([]int32{1, 2, 3}, []float64{1, 1.1, 1.2}, []float64{2, 2, 2}, 30)
	dst := make([]Hit, 0, 10)
	if n := testing.AllocsPerRun(100, func() { dst = x.Near(dst[:0], 1, 2, 50, 0, 9) }); n != 0 || len(dst) != 3 {
		t.Errorf("%v allocations, %d hits", n, len(dst))
	}
}
