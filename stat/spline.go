package stat

// CubicSpline is a cubic B-spline basis with uniform knots at the place u of [0, 1], which
// pieces equal pieces make up: of pieces + 3 functions, which add up to 1, the four from first on
// are not 0 there. Places outside count as the nearest end.
func CubicSpline(u float64, pieces int) (first int, b [4]float64) {
	u = min(max(u, 0), 1) * float64(pieces)
	first = min(int(u), pieces-1)
	f := u - float64(first)
	g := 1 - f
	return first, [4]float64{g * g * g / 6, 2./3 - f*f + f*f*f/2, 2./3 - g*g + g*g*g/2, f * f * f / 6}
}
