package match

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"athar/stat"
)

// Sensitivity is what matching finds in windows of another size.
type Sensitivity struct {
	Factor float64
	Km     float64
	Days   int
	Unique int
	Groups int
}

// Sensitivities matches in windows of half, once and twice the size in space
// and time; days are rounded.
func Sensitivities(records []Record, o Options) ([]Sensitivity, error) {
	s, err := prepare(records, o)
	if err != nil {
		return nil, err
	}
	var out []Sensitivity
	for _, factor := range []float64{0.5, 1, 2} {
		w := window{o.Km * factor, int32(math.Round(float64(o.Days) * factor))}
		res := s.merge(w, choose)
		out = append(out, Sensitivity{factor, w.km, int(w.days), res.Unique, len(res.Groups)})
	}
	return out, nil
}

// Case is a pair of reports for a reader to judge.
type Case struct {
	A, B    Record
	Km      float64
	Days    int
	Matched bool
	// Why a near miss was not matched: "outside-window", "codes-differ" or
	// "other-partner"; "" for a match.
	Why string
}

// Audit is a sample of what was matched and of what nearly was.
type Audit struct {
	Cases   []Case // shuffled, so that their order tells a reader nothing
	Matches int    // chosen pairs from which the matches were drawn
	Near    int    // near misses from which the others were drawn
}

// Sample draws n of the chosen pairs of a result and n near misses, or all of
// them where there are fewer. A near miss is a pair of reports of different
// sources, both events or both episodes, that lies within twice the windows
// and is not of one group.
func Sample(records []Record, o Options, res *Result, n int, seed uint64) (*Audit, error) {
	s, err := prepare(records, o)
	if err != nil {
		return nil, err
	}
	byRef := make(map[Ref]*Record, len(records))
	for i := range records {
		byRef[records[i].Ref] = &records[i]
	}
	group := map[Ref]int{}
	for i, g := range res.Groups {
		for _, m := range g.Members {
			group[m] = i + 1
		}
	}
	var matched, near []Case
	for _, l := range res.Links {
		a, b := byRef[l.A], byRef[l.B]
		if a == nil || b == nil {
			return nil, fmt.Errorf("the result is of other records: %s %s or %s %s is not among these", l.A.Source, l.A.ID, l.B.Source, l.B.ID)
		}
		matched = append(matched, Case{A: *a, B: *b, Km: l.Km, Days: l.Days, Matched: true})
	}
	for _, c := range s.nearMisses(window{o.Km, int32(o.Days)}) {
		p, q := &s.points[c.a], &s.points[c.b]
		if g := group[p.ref]; g != 0 && g == group[q.ref] {
			continue
		}
		why := "other-partner"
		if c.km > o.Km+p.km+q.km || c.days > int32(o.Days)+p.days+q.days {
			why = "outside-window"
		} else if _, ok := s.score(c.a, c.b); !ok {
			why = "codes-differ"
		}
		near = append(near, Case{A: *byRef[p.ref], B: *byRef[q.ref], Km: c.km, Days: int(c.days), Why: why})
	}
	r := stat.Stream(seed, "match audit", 0)
	a := &Audit{Matches: len(matched), Near: len(near)}
	for _, list := range [][]Case{matched, near} {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		a.Cases = append(a.Cases, list[:min(n, len(list))]...)
	}
	r.Shuffle(len(a.Cases), func(i, j int) { a.Cases[i], a.Cases[j] = a.Cases[j], a.Cases[i] })
	return a, nil
}

// nearMisses are the pairs of points of different sources and of one kind that
// lie within twice the window, matched or not, in the order of the points.
func (s *set) nearMisses(w window) []pair {
	var pairs []pair
	for _, episode := range []bool{false, true} {
		var earlier []int32
		for source := range s.sources {
			var these []int32
			for i := range s.points {
				if p := &s.points[i]; int(p.source) == source && p.episode() == episode {
					these = append(these, int32(i))
				}
			}
			x := newIndex(s.points, these)
			for _, a := range earlier {
				p := &s.points[a]
				x.near(p, 2*w.km, p.first-2*w.days, p.first+2*w.days, func(b int32, km float64) {
					q := &s.points[b]
					if days := max(abs(p.first-q.first), abs(p.last-q.last)); days <= 2*w.days+p.days+q.days {
						pairs = append(pairs, pair{a: a, b: b, days: days, km: km})
					}
				})
			}
			earlier = append(earlier, these...)
		}
	}
	slices.SortFunc(pairs, func(p, q pair) int { return cmp.Or(cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b)) })
	return pairs
}

// key names a pair whichever way round it stands.
func key(a, b Ref) [2]Ref {
	if a.compare(b) > 0 {
		a, b = b, a
	}
	return [2]Ref{a, b}
}

// WriteCSV writes the sample for a reader, who fills the column duplicate with
// yes or no. It does not say which pairs were matched. Codes are in the order
// of the taxonomies, separated by " | ".
func (a *Audit) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"source_a", "id_a", "first_a", "last_a", "lon_a", "lat_a", "codes_a", "source_b", "id_b", "first_b", "last_b", "lon_b", "lat_b", "codes_b", "km", "days", "duplicate"}}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	for _, c := range a.Cases {
		var row []string
		for _, r := range []Record{c.A, c.B} {
			row = append(row, r.Source, r.ID, r.When.First.String(), r.When.Last.String(), number(r.Lon), number(r.Lat), strings.Join(r.Codes, " | "))
		}
		rows = append(rows, append(row, strconv.FormatFloat(c.Km, 'f', 1, 64), strconv.Itoa(c.Days), ""))
	}
	return out.WriteAll(rows)
}

// Label is a reader's judgement of a pair.
type Label struct {
	A, B      Ref
	Duplicate bool
}

// ReadLabels reads a sample that a reader filled. Rows with an empty column
// duplicate are not judged and left out. Other columns may be missing, and
// columns may stand in any order.
func ReadLabels(r io.Reader) ([]Label, error) {
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	var column [5]int
	for i, name := range []string{"source_a", "id_a", "source_b", "id_b", "duplicate"} {
		if column[i] = slices.Index(header, name); column[i] < 0 {
			return nil, fmt.Errorf("line 1: there is no column %s", name)
		}
	}
	var labels []Label
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return labels, nil
		} else if err != nil {
			return nil, err
		}
		l := Label{A: Ref{row[column[0]], row[column[1]]}, B: Ref{row[column[2]], row[column[3]]}}
		switch word := strings.ToLower(strings.TrimSpace(row[column[4]])); word {
		case "":
			continue
		case "yes", "y", "1", "true", "نعم":
			l.Duplicate = true
		case "no", "n", "0", "false", "لا":
		default:
			line, col := rows.FieldPos(column[4])
			return nil, fmt.Errorf("line %d, column %d: duplicate is yes, no or empty; found %q", line, col, word)
		}
		labels = append(labels, l)
	}
}

// Proportion is k of n with its 95 % interval; Value is NaN if n is 0, and the
// interval then 0..1.
type Proportion struct {
	K, N             int
	Value, Low, High float64
}

// Wilson is a proportion with Wilson's score interval at 95 %,
//
//	(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
//
// (Wilson 1927, JASA 22).
func Wilson(k, n int) Proportion {
	if n == 0 {
		return Proportion{Value: math.NaN(), High: 1}
	}
	const z = 1.959963984540054
	m, p := float64(n), float64(k)/float64(n)
	centre, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Proportion{k, n, p, max(0, (centre-half)/(1+z*z/m)), min(1, (centre+half)/(1+z*z/m))}
}

// Accuracy is what a reader's labels say of the matching.
type Accuracy struct {
	Precision Proportion // of the matches, how many are duplicates
	Missed    Proportion // of the near misses, how many are duplicates
	// Recall is the share of duplicates within twice the windows that were
	// matched. The sample holds another share of the matches than of the near
	// misses, so both are weighted by how many there are,
	//
	//	recall = M p / (M p + N q)
	//
	// with M matches of precision p and N near misses of which q are
	// duplicates. The limits take the ends of both intervals that are worst,
	// and best, together: they hold at 95 % or more.
	Recall, RecallLow, RecallHigh float64
	Unlabelled                    int // cases of the sample without a label
}

// Evaluate reads accuracy off a labelled sample. A label of a pair that is not
// in the sample, or two that contradict each other, is an error.
func (a *Audit) Evaluate(labels []Label) (*Accuracy, error) {
	judged := map[[2]Ref]bool{}
	for _, l := range labels {
		k := key(l.A, l.B)
		if old, ok := judged[k]; ok && old != l.Duplicate {
			return nil, fmt.Errorf("%s %s and %s %s are labelled both ways", l.A.Source, l.A.ID, l.B.Source, l.B.ID)
		}
		judged[k] = l.Duplicate
	}
	var k, n [2]int // near misses, matches
	acc := &Accuracy{}
	used := 0
	for _, c := range a.Cases {
		same, ok := judged[key(c.A.Ref, c.B.Ref)]
		if !ok {
			acc.Unlabelled++
			continue
		}
		used++
		i := 0
		if c.Matched {
			i = 1
		}
		n[i]++
		if same {
			k[i]++
		}
	}
	if used != len(judged) {
		return nil, fmt.Errorf("%d labelled pairs are not in the sample: it was drawn with another seed, other data or other windows", len(judged)-used)
	}
	acc.Precision, acc.Missed = Wilson(k[1], n[1]), Wilson(k[0], n[0])
	if a.Near == 0 { // nothing was left that could have been missed
		acc.Missed = Proportion{}
	}
	recall := func(p, q float64) float64 { return float64(a.Matches) * p / (float64(a.Matches)*p + float64(a.Near)*q) }
	acc.Recall = recall(acc.Precision.Value, acc.Missed.Value)
	acc.RecallLow = recall(acc.Precision.Low, acc.Missed.High)
	acc.RecallHigh = recall(acc.Precision.High, acc.Missed.Low)
	return acc, nil
}

// WriteCSV writes the chosen pairs: the match table.
func (r *Result) WriteCSV(w io.Writer) error {
	rows := [][]string{{"source_a", "id_a", "source_b", "id_b", "score", "km", "days", "rivals"}}
	for _, l := range r.Links {
		rows = append(rows, []string{l.A.Source, l.A.ID, l.B.Source, l.B.ID,
			strconv.FormatFloat(l.Score, 'f', 4, 64), strconv.FormatFloat(l.Km, 'f', 3, 64), strconv.Itoa(l.Days), strconv.Itoa(l.Rivals)})
	}
	return csv.NewWriter(w).WriteAll(rows)
}
