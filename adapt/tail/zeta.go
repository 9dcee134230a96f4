package tail

import "math"

// bernoulli holds B_2j/(2j)!, j = 1..8, of the Euler-Maclaurin formula.
var bernoulli = [...]float64{
	1. / 12, -1. / 720, 1. / 30240, -1. / 1209600, 1. / 47900160,
	-691. / 1307674368000, 1. / 74724249600, -3617. / 10670622842880000,
}

// onset is where the Euler-Maclaurin formula may start for exponent s: its eighth
// term is then below 1e-13 of the whole.
func onset(s float64) float64 { return 8 + s }

// tailSum is sum_{k>=0} (1 + k/w)^-s for w >= onset(s),
// by Euler and Maclaurin's formula,
//
//	w/(s-1) + 1/2 + sum_j B_2j/(2j)! s(s+1)...(s+2j-2) w^(1-2j),
//
// which needs no power: that is what makes a fit cheap.
func tailSum(s, w float64) float64 {
	r := 1 / w
	t, sum := s*r, w/(s-1)+.5
	for j, b := range bernoulli {
		sum += b * t
		k := s + float64(2*j+1)
		t *= k * (k + 1) * r * r
	}
	return sum
}

// tailSums is tailSum with its first and second derivative to s.
func tailSums(s, w float64) (h, h1, h2 float64) {
	r, d := 1/w, 1/(s-1)
	h, h1, h2 = w*d+.5, -w*d*d, 2*w*d*d*d
	// t = s(s+1)...(s+2j-2) w^(1-2j); t1 and t2 are its derivatives, each factor
	// applied by the product rule.
	t, t1, t2 := s*r, r, 0.
	for j, b := range bernoulli {
		h, h1, h2 = h+b*t, h1+b*t1, h2+b*t2
		k := s + float64(2*j+1)
		f, f1, f2 := k*(k+1)*r*r, (2*k+1)*r*r, 2*r*r
		t, t1, t2 = t*f, t1*f+t*f1, t2*f+2*t1*f1+t*f2
	}
	return h, h1, h2
}

// scaled is q^s zeta(s, q) = sum_{k>=0} (1 + k/q)^-s, s > 1, q >= 1. Scaling
// keeps it between 1 and q/(s-1)+1, so that no exponent or size underflows.
func scaled(s, q float64) float64 {
	if q >= onset(s) {
		return tailSum(s, q)
	}
	sum, w := 0., q
	for ; w < onset(s); w++ {
		sum += math.Exp(-s * math.Log(w/q))
	}
	return sum + math.Exp(-s*math.Log(w/q))*tailSum(s, w)
}

// logZeta is ln(q^s zeta(s, q)) with its first and second derivative to s. The
// derivatives of ln zeta itself are l1 - ln q and l2. q is whole where it is
// below onset(s).
func logZeta(s, q float64) (l, l1, l2 float64) {
	var h, h1, h2 float64
	w := q
	if w >= onset(s) {
		h, h1, h2 = tailSums(s, w)
		l1 = h1 / h
		return math.Log(h), l1, h2/h - l1*l1
	}
	lnq, ln := math.Log(q), logs()
	for ; w < onset(s); w++ {
		u := ln[int(w)] - lnq
		e := math.Exp(-s * u)
		h, h1, h2 = h+e, h1-u*e, h2+u*u*e
	}
	g, g1, g2 := tailSums(s, w)
	u := ln[int(w)] - lnq
	e := math.Exp(-s * u)
	g, g1, g2 = e*g, e*(g1-u*g), e*(g2-2*u*g1+u*u*g)
	h, h1, h2 = h+g, h1+g1, h2+g2
	l1 = h1 / h
	return math.Log(h), l1, h2/h - l1*l1
}

// Zeta is Hurwitz's zeta function, sum_{k>=0} (q+k)^-s, for s > 1 and q >= 1,
// to a relative error below 1e-12.
func Zeta(s, q float64) float64 { return math.Exp(-s*math.Log(q)) * scaled(s, q) }
