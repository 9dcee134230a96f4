package spelling

import "testing"

func TestFold(t *testing.T) {
	for name, want := range map[string]string{
		"Al-Ba'aj":       "baaj",
		"Abu Al-Khaseeb": "abu khaseeb",
		"DEIR-EZ-ZOR":    "deir ez zor",
		"Al":             "al",
		"أَلْبُوكَمَال":  "بوكمال",
		"البوكمال":       "بوكمال",
		"القائم":         "قائم",
		"نينوى":          "نينوي",
		"الحسكة":         "حسكه",
		"إدلب":           "ادلب",
		"آمرلي":          "امرلي",
		"دير الزور":      "دير زور",
		"ال":             "ال",
		"حي ٣":           "حي 3",
		"ﻻ":              "لا", // a presentation form
		"":               "",
	} {
		if got := Fold(name); got != want {
			t.Errorf("Fold(%q) = %q, want %q", name, got, want)
		}
		if again := Fold(want); again != want {
			t.Errorf("Fold(%q) = %q: folding twice must change nothing", want, again)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"بعاج", "البعاج", 2}, {"abc", "abc", 0}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := Distance(c.b, c.a); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
