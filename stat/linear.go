package stat

import "math"

// collinear is the share of a column's information that must be its own, given
// the columns before it, for it to stay in a fit.
const collinear = 1e-9

// sweep turns the symmetric p x p information matrix a into its inverse over
// the columns that are independent of those before them; the others become
// zero rows and columns and are marked in dropped. Both triangles of a must be
// filled. It is the sweep operator in column order (Goodnight 1979); diag is a
// workspace of length p.
func sweep(a []float64, p int, dropped []bool, diag []float64) (rank int) {
	for k := range p {
		diag[k] = a[k*p+k]
		dropped[k] = false
	}
	for k := range p {
		d := a[k*p+k]
		if !(d > collinear*diag[k]) {
			dropped[k] = true
			continue
		}
		rank++
		rowk := a[k*p : k*p+p]
		for j := range rowk {
			rowk[j] /= d
		}
		rowk[k] = 1 / d
		for i := range p {
			if i == k || dropped[i] {
				continue
			}
			rowi := a[i*p : i*p+p]
			b := rowi[k]
			if b == 0 {
				continue
			}
			for j, v := range rowk {
				rowi[j] -= b * v
			}
			rowi[k] = -b / d
		}
	}
	for k := range p {
		if dropped[k] {
			for j := range p {
				a[k*p+j], a[j*p+k] = 0, 0
			}
		}
	}
	return rank
}

// mulVec is dst = a v for the p x p matrix a.
func mulVec(dst, a, v []float64) {
	p := len(v)
	for i := range dst {
		dst[i] = dot(a[i*p:i*p+p], v)
	}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// Quad is c' V c for the matrix V of len(c) rows.
func Quad(v, c []float64) float64 {
	s := 0.0
	for i, ci := range c {
		if ci != 0 {
			s += ci * dot(v[i*len(c):(i+1)*len(c)], c)
		}
	}
	return s
}

// sandwich is dst = a b a for symmetric p x p matrices; tmp is a workspace.
func sandwich(dst, a, b, tmp []float64, p int) {
	mul(tmp, a, b, p)
	mul(dst, tmp, a, p)
}

func mul(dst, a, b []float64, p int) {
	for i := range p {
		row := dst[i*p : i*p+p]
		clear(row)
		for k := range p {
			if v := a[i*p+k]; v != 0 {
				for j, w := range b[k*p : k*p+p] {
					row[j] += v * w
				}
			}
		}
	}
}

// addOuter adds s v v' to the upper triangle of a.
func addOuter(a, v []float64, s float64) {
	p := len(v)
	for i, x := range v {
		if x == 0 {
			continue
		}
		x *= s
		row := a[i*p : i*p+p]
		for j := i; j < p; j++ {
			row[j] += x * v[j]
		}
	}
}

// mirror copies the upper triangle of a onto the lower.
func mirror(a []float64, p int) {
	for i := range p {
		for j := i + 1; j < p; j++ {
			a[j*p+i] = a[i*p+j]
		}
	}
}

// factor writes the lower triangular root L of the positive semidefinite v
// (v = L L'); columns without variance of their own become zero.
func factor(v []float64, p int) []float64 {
	l := make([]float64, p*p)
	for j := range p {
		d := v[j*p+j] - dot(l[j*p:j*p+j], l[j*p:j*p+j])
		if !(d > 1e-12*v[j*p+j]) {
			continue
		}
		d = math.Sqrt(d)
		l[j*p+j] = d
		for i := j + 1; i < p; i++ {
			l[i*p+j] = (v[i*p+j] - dot(l[i*p:i*p+j], l[j*p:j*p+j])) / d
		}
	}
	return l
}

// grow returns a zeroed slice of length n, reusing s where it is large enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}
