package stat

import "math"

// Simplex minimises w'Qw over the probability simplex, w >= 0 and sum w = 1,
// which is least squares with such weights: a constant target b goes into the
// columns, because sum_j w_j (a_j - b) = Aw - b. It is a workspace: nothing is
// allocated once it has seen its largest problem.
type Simplex struct {
	Q   []float64 // n x n, symmetric, positive semidefinite
	W   []float64 // the weights
	Gap float64   // w'Qw - min_j (Qw)_j >= 0, at most how far w'Qw is above its minimum over 2

	n      int
	set    []int
	in     []bool
	l      []float64 // Cholesky factor of Q + c11' on the set, stride n
	qw, z  []float64
	points []float64
}

// Reset makes room for n weights. Q and W are not cleared.
func (s *Simplex) Reset(n int) {
	s.n = n
	if cap(s.W) < n {
		s.Q, s.l = make([]float64, n*n), make([]float64, n*n)
		s.W, s.qw, s.z = make([]float64, n), make([]float64, n), make([]float64, n)
		s.set, s.in = make([]int, 0, n), make([]bool, n)
	}
	s.Q, s.l = s.Q[:n*n], s.l[:n*n]
	s.W, s.qw, s.z, s.in = s.W[:n], s.qw[:n], s.z[:n], s.in[:n]
}

// Load sets Q so that w'Qw is
//
//	||Aw + w0 - b||^2/m + ridge ||w||^2
//
// with w0 at its minimum where intercept is true and zero otherwise. Column j
// of A is a[j*stride : j*stride+m]; m is len(b).
func (s *Simplex) Load(a []float64, stride, n int, b []float64, intercept bool, ridge float64) {
	s.Reset(n)
	m := len(b)
	if cap(s.points) < n*m {
		s.points = make([]float64, n*m)
	}
	for j := range n {
		p, mean := s.points[j*m:(j+1)*m], 0.0
		for t, v := range a[j*stride : j*stride+m] {
			p[t] = v - b[t]
			mean += p[t]
		}
		if intercept {
			mean /= float64(m)
			for t := range p {
				p[t] -= mean
			}
		}
	}
	for j := range n {
		p := s.points[j*m : (j+1)*m]
		for k := range j + 1 {
			v := dot(p, s.points[k*m:(k+1)*m]) / float64(m)
			s.Q[j*n+k], s.Q[k*n+j] = v, v
		}
		s.Q[j*n+j] += ridge
	}
}

// Solve finds the minimum by Wolfe's active sets (Finding the nearest point in
// a polytope, 1976): the set grows by the steepest coordinate, and the minimum
// over the affine hull of the set is taken, or the way to it until a weight
// reaches zero and leaves. It ends at the exact minimum but for rounding.
func (s *Simplex) Solve() {
	n := s.n
	first, scale := 0, 0.0
	for j := range n {
		s.W[j], s.in[j] = 0, false
		scale += s.Q[j*n+j] / float64(n)
		if s.Q[j*n+j] < s.Q[first*n+first] {
			first = j
		}
	}
	s.set = append(s.set[:0], first)
	s.W[first], s.in[first] = 1, true
	s.factor(0, scale)
	for range 20*n + 100 {
		j, obj := s.gradient()
		s.Gap = obj - s.qw[j]
		if s.Gap <= 1e-14*scale || s.in[j] {
			break
		}
		s.set, s.in[j] = append(s.set, j), true
		s.factor(len(s.set)-1, scale)
		for !s.affine(scale) {
		}
	}
	s.Gap = max(0, s.Gap)
}

// gradient sets qw to Qw and returns its smallest coordinate and w'Qw.
func (s *Simplex) gradient() (least int, obj float64) {
	n := s.n
	clear(s.qw)
	for _, k := range s.set {
		w := s.W[k]
		for j, q := range s.Q[k*n : (k+1)*n] {
			s.qw[j] += w * q
		}
	}
	for j, g := range s.qw {
		if obj += s.W[j] * g; g < s.qw[least] {
			least = j
		}
	}
	return least, obj
}

// factor computes the rows of the Cholesky factor from row `from` on. Without
// the constant c the matrix is singular where a fit is perfect; with it the
// minimum over the affine hull is the same (Wolfe 1976, section 5).
func (s *Simplex) factor(from int, c float64) {
	n := s.n
	for i := from; i < len(s.set); i++ {
		row := s.l[i*n:]
		for k := range i + 1 {
			v := s.Q[s.set[i]*n+s.set[k]] + c - dot(row[:k], s.l[k*n:k*n+k])
			if k < i {
				row[k] = v / s.l[k*n+k]
			} else {
				row[k] = math.Sqrt(max(v, 1e-14*c, math.SmallestNonzeroFloat64))
			}
		}
	}
}

// affine moves towards the minimum over the affine hull of the set, and drops
// what reaches zero on the way. It reports whether it arrived.
func (s *Simplex) affine(c float64) bool {
	n, k := s.n, len(s.set)
	z, sum := s.z[:k], 0.0
	for i := range k {
		z[i] = (1 - dot(s.l[i*n:i*n+i], z[:i])) / s.l[i*n+i]
	}
	for i := k - 1; i >= 0; i-- {
		for r := i + 1; r < k; r++ {
			z[i] -= s.l[r*n+i] * z[r]
		}
		z[i] /= s.l[i*n+i]
		sum += z[i]
	}
	theta, out := 1.0, -1
	for i, j := range s.set {
		z[i] /= sum
		if w := s.W[j]; z[i] <= 0 {
			if t := w / (w - z[i]); out < 0 || t < theta {
				theta, out = t, i
			}
		}
	}
	if out < 0 || k == 1 {
		for i, j := range s.set {
			s.W[j] = z[i]
		}
		return true
	}
	for i, j := range s.set {
		s.W[j] += theta * (z[i] - s.W[j])
	}
	first, kept := -1, 0
	for i, j := range s.set {
		if i == out || s.W[j] <= 0 {
			s.W[j], s.in[j] = 0, false
			if first < 0 {
				first = i
			}
			continue
		}
		s.set[kept] = j
		kept++
	}
	s.set = s.set[:kept]
	s.factor(first, c)
	return false
}

// FrankWolfe walks from W towards the minimum as the synthdid package does: in
// every step towards the best vertex, as far as is best, until the objective
// falls by no more than decrease or after most steps. It stops well before the
// minimum; [Simplex.Solve] is the better answer, this the published one.
func (s *Simplex) FrankWolfe(decrease float64, most int) (steps int) {
	n := s.n
	s.set = s.set[:0]
	for j := range n {
		if s.W[j] != 0 {
			s.set = append(s.set, j)
		}
	}
	i, obj := s.gradient()
	for steps < most {
		s.Gap = obj - s.qw[i]
		d := s.Q[i*n+i] - 2*s.qw[i] + obj
		step := 0.0
		if d > 0 {
			step = min(1, max(0, s.Gap/d))
		}
		before := obj
		obj, steps = 0, steps+1
		least, row := 0, s.Q[i*n:(i+1)*n]
		for j := range n {
			s.W[j] *= 1 - step
			s.qw[j] += step * (row[j] - s.qw[j])
		}
		s.W[i] += step
		for j, g := range s.qw {
			if obj += s.W[j] * g; g < s.qw[least] {
				least = j
			}
		}
		if i = least; steps > 1 && before-obj <= decrease {
			break
		}
	}
	return steps
}

// Sparsify sets weights of at most a quarter of the largest to zero, as
// synthdid does between two walks.
func (s *Simplex) Sparsify() {
	most, sum := 0.0, 0.0
	for _, w := range s.W {
		most = max(most, w)
	}
	for j, w := range s.W {
		if w <= most/4 {
			s.W[j] = 0
		}
		sum += s.W[j]
	}
	for j := range s.W {
		s.W[j] /= sum
	}
}
