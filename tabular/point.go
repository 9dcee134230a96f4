package tabular

import "fmt"

// Fault is what is wrong with one cell.
type Fault struct {
	Field  string // ours
	Reason string
	Detail string
}

// RejectFor counts a row as damaged by a fault.
func (t *Tally) RejectFor(f *File, line int, x *Fault) {
	t.Reject(line, f.Column(x.Field), x.Reason, x.Detail)
}

// Point reads the coordinates of a row from the fields lat and lon; ok is
// false if both are blank.
func (r Row) Point(lat, lon string) (x, y float64, ok bool, fault *Fault) {
	a, o := r.Cell(lat), r.Cell(lon)
	if a == "" && o == "" {
		return 0, 0, false, nil
	}
	y, err := r.file.Decimal(a)
	if err != nil {
		return 0, 0, false, &Fault{lat, "bad-coordinates", err.Error()}
	}
	if x, err = r.file.Decimal(o); err != nil {
		return 0, 0, false, &Fault{lon, "bad-coordinates", err.Error()}
	}
	switch {
	case y > 90 || y < -90:
		detail := fmt.Sprintf("latitude %s is not between -90 and 90", a)
		if x >= -90 && x <= 90 && y >= -180 && y <= 180 {
			detail += "; latitude and longitude seem to be swapped"
		}
		return 0, 0, false, &Fault{lat, "bad-coordinates", detail}
	case x > 180 || x < -180:
		return 0, 0, false, &Fault{lon, "bad-coordinates", fmt.Sprintf("longitude %s is not between -180 and 180", o)}
	case x == 0 && y == 0:
		return 0, 0, false, &Fault{lat, "bad-coordinates", "latitude and longitude are both 0, which stands for an unknown place"}
	}
	return x, y, true, nil
}
