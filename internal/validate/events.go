package validate

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"athar"
	"athar/assess"
	"athar/panel"
	"athar/place"
	"athar/sim"
)

// EventWorlds are the worlds of METHODS F1 that single events can tell more about: nothing,
// displacement, diffusion, events that set off others, and places known roughly.
func EventWorlds() []World {
	var out []World
	for _, w := range TableWorlds() {
		switch w.Name {
		case "S0", "S7", "S8", "S12", "S13":
			w.Beside, w.Covers = 20, w.Name != "S0"
		case "S7-plenty", "S8-plenty":
			w.Beside = 50 // with ten times the events
		default:
			continue
		}
		out = append(out, w)
	}
	return out
}

// draws of coarse places, as many as a study takes by default.
const imputations = 20

// EventTrial is Trial with single events in polygons, counted by month.
func EventTrial(w sim.World, set *place.Set, replicate int) (assess.Trial, sim.Truth, error) {
	places, err := w.Map()
	if err != nil {
		return assess.Trial{}, nil, err
	}
	events, truth, err := w.Events(seed, replicate)
	t := setting(w, places, replicate)
	t.Events, t.Set, t.Imputations, t.Period = events, set, imputations, panel.Month
	return t, truth, err
}

// polygons reads the areas of a world as a study reads them.
func polygons(w sim.World) (*place.Set, error) {
	b, err := w.Polygons()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "athar-world-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "areas.geojson")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return nil, err
	}
	return place.LoadGeoJSON([]string{file}, []string{"areas.geojson"}, map[string]string{"code": "code"})
}

// Events judges the worlds of single events and writes the tables.
func Events(w io.Writer, reps int, c Course) error { return eventTables(w, reps, EventWorlds(), c) }

func eventTables(w io.Writer, reps int, worlds []World, c Course) error {
	t := &tables{w: w, reps: reps}
	verdicts, err := judgeAll(worlds, reps, c)
	if err != nil {
		return err
	}
	t.text(`# Worlds of single events judged end to end

The worlds of [worlds.md](worlds.md) that single events can tell more about, drawn as events with a day and a point each (seed %d): located in polygons, counted by month, and judged by the code that
assesses a study, with what those of counts lack: the space-time scan, which may take DISPLACEMENT away; errors for shocks that near areas share (Conley, 100 km) and neighbours as first ring, which may take a direction away;
draws of places that are known within 25 km (S13, %d draws). Days and points are spread evenly over the month and the area, except that those of the self-exciting world (S12) keep their days. In S13 a quarter of the events inside
and in ring 1 stand at a point up to 25 km from the true one and say so. *n*: replications. Of 1,000, a rate of 5%% has a Monte Carlo standard error of 0.69 points, one of 80%% of 1.26; of 500 1.4 times that.
**Bold** lies outside the required range by more than two standard errors, *italic* outside by less: p < .05 in [3.5, 6.5]%% in S0, coverage in [93, 97]%% in the others, the word for movement in at least 80%% where the effect can
be found. *Contradicted*: DISPLACEMENT that the scan took away, in %% of n.

| world | what is in it | n | phase | truth inside | p < .05 | coverage | a direction | bare | not robust | contradicted | movement |
|---|---|---|---|---|---|---|---|---|---|---|---|
`, seed, imputations)
	for i, x := range worlds {
		v := &verdicts[i]
		if v.N == 0 {
			continue
		}
		for i, k := range []sim.Key{insideDuring, insidePost} {
			m := []sim.Key{moveDuring, movePost}[i]
			asked, n := sim.Rate{N: v.Asked[k]}, float64(v.Asked[k])
			reject, cover := float64(v.Reject[k])/n, float64(v.Cover[k])/n
			rejected, covered := fmt.Sprintf("%.1f", 100*reject), fmt.Sprintf("%.1f", 100*cover)
			if x.Null {
				rejected = t.mark(asked, reject, sizeLow, sizeHigh)
			}
			if x.Covers {
				covered = t.mark(asked, cover, coverLow, coverHigh)
			}
			share := func(k int) float64 { return 100 * float64(k) / float64(v.N) }
			t.text("| %s | %s | %d | %s | %.2f | %s | %s | %.1f | %.1f | %.1f | %.1f | %s |\n", x.Name, x.Says, v.N, k.Phase, v.Truth[k], rejected, covered,
				share(v.Words[k][athar.Decline]+v.Words[k][athar.Escalation]), share(v.Bare[k]), share(v.Words[k][athar.NotRobust]), share(v.Contradicted[k.Phase]), t.words(x, v, m))
		}
	}
	t.text(`
## What is shown beside the words

Every twentieth replicate (fiftieth with many events) was asked everything. *Scan*: too few inside and too many around with p ≤ .05 with dates dealt out, and among campaigns that did not happen, of those in which 19 or more could be found.
*Near repeats*: inside, more or fewer local bursts after the start than before, which no world contains. *Self-exciting*: the ratio of what starts by itself inside; the truth is that of the world.

| world | n | scan, dealt dates | scan, placebos | fewer repeats | more repeats | self-exciting: phase | ratio (geometric mean) | p < .05 | coverage |
|---|---|---|---|---|---|---|---|---|---|
`)
	of := func(k, n int) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprintf("%d of %d", k, n)
	}
	for i, x := range worlds {
		b := &verdicts[i].Beside
		if b.N == 0 {
			continue
		}
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			n := b.Asked[ph]
			ratio := "-"
			if n > 0 {
				ratio = fmt.Sprintf("%.2f", math.Exp(b.LnRatio[ph]/float64(n)))
			}
			t.text("| %s | %d | %s | %s | %s | %s | %s | %s | %s | %s |\n", x.Name, b.N, of(b.ScanP, b.Scans), of(b.RankP, b.Ranked), of(b.Fewer, b.Repeats), of(b.More, b.Repeats),
				ph, ratio, of(b.Reject[ph], n), of(b.Cover[ph], n))
		}
	}
	return t.err
}
