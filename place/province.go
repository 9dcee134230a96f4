package place

// HasPolygons reports whether the areas have outlines, so that [Set.Locate]
// can answer.
func (s *Set) HasPolygons() bool { return s.index != nil }

// Province names the unit above an area, its country included because two
// countries may share a name; "" if the unit or the area is not known.
func (s *Set) Province(code string) string {
	i, ok := s.Index(code)
	if !ok || s.Areas[i].Parent.En == "" && s.Areas[i].Parent.Ar == "" {
		return ""
	}
	a := &s.Areas[i]
	return a.Country + "|" + a.Parent.En + "|" + a.Parent.Ar
}

// Members lists the areas of a province as [Set.Province] names it, sorted.
func (s *Set) Members(province string) []string {
	var out []string
	for _, a := range s.Areas {
		if s.Province(a.Code) == province && province != "" {
			out = append(out, a.Code)
		}
	}
	return out
}

// Country is the country of an area, "" if it or the area is not known.
func (s *Set) Country(code string) string {
	i, ok := s.Index(code)
	if !ok {
		return ""
	}
	return s.Areas[i].Country
}
