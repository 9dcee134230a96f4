package stat

import "math"

// RHat is the split potential scale reduction of a quantity drawn by several
// chains of equal length that stand one after the other in x: each chain is cut
// in halves, and sqrt(((n-1)/n W + B/n)/W) compares the variance between them
// with that within (Gelman and others 2013, section 11.4). It is 1 where the
// chains agree, and for a quantity that never moves.
func RHat(x []float64, chains int) float64 {
	n := len(x) / chains / 2
	within, total, square := 0.0, 0.0, 0.0
	for c := range chains {
		for h := range 2 {
			at := c*(len(x)/chains) + h*(len(x)/chains-n)
			m, v := meanVar(x[at : at+n])
			within += v
			total += m
			square += m * m
		}
	}
	m := float64(2 * chains)
	within /= m
	between := (square - total*total/m) / (m - 1) // B/n
	if within == 0 {
		return 1
	}
	return math.Sqrt((float64(n-1)/float64(n)*within + max(0, between)) / within)
}

// ESS is how many independent draws the chains are worth for the mean of x:
// draws/(1 + 2 sum rho_t), where the sum stops at the first pair of lags whose
// autocorrelations, combined over chains, do not add up to more than 0 (Geyer's initial
// positive sequence; Gelman and others 2013, section 11.5).
func ESS(x []float64, chains int) float64 {
	n := len(x) / chains
	mean := make([]float64, chains)
	within, total, square := 0.0, 0.0, 0.0
	for c := range chains {
		m, v := meanVar(x[c*n : (c+1)*n])
		mean[c] = m
		within += v / float64(chains)
		total += m
		square += m * m
	}
	all := within * float64(n-1) / float64(n)
	if chains > 1 {
		all += max(0, square-total*total/float64(chains)) / float64(chains-1)
	}
	if all == 0 {
		return float64(len(x))
	}
	rho := func(lag int) float64 {
		s := 0.0
		for c := range chains {
			y := x[c*n : (c+1)*n]
			for t := lag; t < n; t++ {
				d := y[t] - y[t-lag]
				s += d * d
			}
		}
		return 1 - s/float64(chains*(n-lag))/2/all
	}
	sum := 0.0
	for lag := 1; lag+1 < n; lag += 2 {
		pair := rho(lag) + rho(lag+1)
		if pair <= 0 {
			break
		}
		sum += pair
	}
	return float64(len(x)) / (1 + 2*sum)
}

func meanVar(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return
}
