package assess

import (
	"path"

	"athar"
	"athar/lake"
	"athar/study"
)

// Imported lists what a lake holds of an entry's dataset and version: each
// imported file, and under its name with "(options)" the hash of the options
// that decided which of its rows were kept. It is empty where the lake has none
// yet.
func Imported(dir string, d study.Data) (out []athar.ManifestRef, err error) {
	l, err := lake.Open(dir)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	all, err := l.Vintages()
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if v.Dataset != d.Dataset || d.Version != v.Version.Version && !(d.Version == "" && v.Current) {
			continue
		}
		for _, f := range v.Files {
			name := path.Join(v.Dataset, v.Version.Version, f.Source)
			out = append(out, athar.ManifestRef{File: name, SHA256: f.SHA256, Bytes: f.Bytes}, athar.ManifestRef{File: name + " (options)", SHA256: f.Options})
		}
	}
	return out, nil
}
