package acled

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

const header = "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2," +
	"interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp\n"

// generated is a file of n invented rows, about 860 bytes each.
func generated(n int) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, `XYZ%d,%s,2020,1,Political violence,Battles,Armed clash,Group %d (Xyland),"Cell %d; Cell %d",Rebel group,Military Forces of Xyland,,State forces,`+
			`State forces-Rebel group,,999,Nowhere,Xyland,Province %d,District %d,Subdistrict %d,Town %d,%.4f,%.4f,1,"Paper %d; Agency ""X""",National,`+
			`"On a day, some fighters of ""Group %d"" fought soldiers near a town.
%s

A second line says: ""nothing more"".",%d,crowd size=no report,1600000000`+"\n",
			i, athar.Day(18262+i/50), i%40, i%7, i%11, i%9, i%90, i%300, i%2000, 30+float64(i%700)/100, 40+float64(i%900)/100, i%50, i%40,
			bytes.Repeat([]byte("An invented account of what was said to have happened. "), 6+i%4), i%5)
	}
	return b.Bytes()
}

func BenchmarkACLED(b *testing.B) {
	text := generated(20000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := tabular.New(bytes.NewReader(text), "f.csv", tabular.Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		if err := Read(context.Background(), f, &tabular.Tally{}, event.Options{}, func(*athar.Event) error { n++; return nil }); err != nil || n != 20000 {
			b.Fatal(n, err)
		}
	}
}
