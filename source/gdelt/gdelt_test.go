package gdelt

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

func BenchmarkGDELT(b *testing.B) {
	var text bytes.Buffer
	cells := make([]string, 61)
	for i := range 20000 {
		for k, v := range map[int]string{0: fmt.Sprint(900000000 + i), 1: "20200203", 5: "IRQMIL", 6: fmt.Sprintf("NAME %d", i%3000), 7: "IRQ", 12: "MIL", 16: "ISLAMIC STATE", 22: "INS", 26: "190",
			51: "4", 52: "Mosul, Ninawa, Iraq", 53: "IZ", 56: fmt.Sprintf("%.4f", 30+float64(i%700)/100), 57: "43.1", 59: "20200203000000", 60: "https://example.org/" + strings.Repeat("x", 60)} {
			cells[k] = v
		}
		text.WriteString(strings.Join(cells, "\t") + "\n")
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		f, err := tabular.New(bytes.NewReader(text.Bytes()), "f.csv", tabular.Options{Raw: true, Latin: true})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		if err := Read(context.Background(), f, &tabular.Tally{}, event.Options{}, func(*athar.Event) error { n++; return nil }); err != nil || n != 20000 {
			b.Fatal(n, err)
		}
	}
}
