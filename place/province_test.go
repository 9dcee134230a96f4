package place

import (
	"slices"
	"testing"

	"athar"
)

func TestProvinces(t *testing.T) {
	al := func(code, parent, country string) athar.Area {
		return athar.Area{Code: code, Parent: athar.Names{En: parent}, Country: country}
	}
	s := &Set{Areas: []athar.Area{al("A", "North", "X"), al("B", "North", "Y"), al("C", "", "X"), al("D", "North", "X")}}
	if p := s.Province("A"); p == "" || !slices.Equal(s.Members(p), []string{"A", "D"}) {
		t.Errorf("province %q of A has %v; B lies in another country", p, s.Members(p))
	}
	if s.Province("C") != "" || s.Province("Z") != "" || s.Members("") != nil {
		t.Error("an area without a unit above, or an unknown one, has a province")
	}
	if s.Country("B") != "Y" || s.Country("Z") != "" || s.HasPolygons() {
		t.Error("countries, or polygons out of nowhere")
	}
}
