package athar

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestNumJSON(t *testing.T) {
	for _, c := range []struct {
		n    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {1, "1"}, {-2.5, "-2.5"}, {0.1 + 0.2, "0.3"}, {1.0 / 3, "0.333333333"},
		{1234567890123, "1234567890000"}, {1e-12, "1e-12"}, {math.NaN(), "null"}, {math.Inf(1), `"Infinity"`}, {math.Inf(-1), `"-Infinity"`},
	} {
		b, err := json.Marshal(Num(c.n))
		if err != nil || string(b) != c.want {
			t.Errorf("%v: %s, want %s (%v)", c.n, b, c.want, err)
		}
	}
}

// What was written once is written the same after a way through a file.
func TestNumRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Num(rapid.Float64().Draw(t, "n"))
		a, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var back Num
		if err := json.Unmarshal(a, &back); err != nil {
			t.Fatal(err)
		}
		if b, _ := json.Marshal(back); string(a) != string(b) {
			t.Fatalf("%s became %s", a, b)
		}
	})
}

func TestDay(t *testing.T) {
	d, err := ParseDay("2020-02-29")
	if err != nil || d.String() != "2020-02-29" || Date(2020, 2, 30) != d+1 || DayOf(d.Time()) != d {
		t.Errorf("%v %v", d, err)
	}
	if _, err := ParseDay("29.02.2020"); err == nil {
		t.Error("a date in another form was taken")
	}
	if Date(1969, 12, 31) != -1 {
		t.Errorf("the day before the epoch is %d", Date(1969, 12, 31))
	}
}

func TestSpan(t *testing.T) {
	s := Span{10, 19}
	if s.Days() != 10 || s.Overlap(Span{19, 30}) != 1 || s.Overlap(Span{20, 30}) != 0 || s.Mid() != 14 || !s.Has(10) || s.Has(20) || (Span{5, 4}).Days() != 0 {
		t.Errorf("%v", s)
	}
}
