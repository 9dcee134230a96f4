package stat

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Normals draws from the multivariate normal or t distribution with centre 0.
type Normals struct {
	root []float64
	z    []float64
	df   float64
}

// NewNormals takes the p x p covariance v, which may be singular; with finite
// df the draws are t-scaled.
func NewNormals(v []float64, p int, df float64) *Normals {
	return &Normals{root: factor(v, p), z: make([]float64, p), df: df}
}

// Draw fills dst with one draw.
func (n *Normals) Draw(dst []float64, r *rand.Rand) {
	p := len(n.z)
	for i := range n.z {
		n.z[i] = r.NormFloat64()
	}
	s := 1.0
	if !math.IsInf(n.df, 1) {
		s = math.Sqrt(n.df / distuv.ChiSquared{K: n.df, Src: r}.Rand())
	}
	for i := range dst {
		dst[i] = s * dot(n.root[i*p:i*p+i+1], n.z[:i+1])
	}
}

// SupT is the critical value c for which all p intervals est +- c se hold at
// once with probability level, for estimates with covariance v and df degrees
// of freedom, from the given number of draws. For a single estimate it is the
// t quantile.
func SupT(v []float64, p int, df, level float64, draws int, r *rand.Rand) float64 {
	single := TQuantile((1+level)/2, df)
	if p < 2 {
		return single
	}
	n := NewNormals(v, p, df)
	d, m := make([]float64, p), make([]float64, draws)
	for k := range m {
		n.Draw(d, r)
		for i, x := range d {
			if s := v[i*p+i]; s > 0 {
				m[k] = max(m[k], math.Abs(x)/math.Sqrt(s))
			}
		}
	}
	slices.Sort(m)
	return max(single, Quantile(m, level))
}

// Quantile is the p quantile of the sorted sample x (Hyndman and Fan's type 7).
func Quantile(x []float64, p float64) float64 {
	h := p * float64(len(x)-1)
	k := int(h)
	if k+1 >= len(x) {
		return x[len(x)-1]
	}
	return x[k] + (h-float64(k))*(x[k+1]-x[k])
}
