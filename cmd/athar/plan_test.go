package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"athar/internal/testdata"
)

// smallMultiverse is a study of two campaigns on real data with few
// specifications.
func smallMultiverse(t *testing.T) string {
	t.Helper()
	data := filepath.Join(testdata.Root(), "examples", "data")
	text := `
study: small
title: Two campaigns
group: {name: ISIS}
outcome: events
data:
  - {name: d, file: DATA/isis_district_week_2014_2020.csv, format: counts, period: week, licence: CC BY 4.0, citation: UCDP,
     columns: {area: district, period: week_start, class: opponent, count: events}, coverage: [{from: 2014-01-01, to: 2020-12-31}]}
areas:
  table: DATA/districts.csv
  columns: {code: district, name_en: name_en, parent_en: governorate_en, country: country, lon: longitude, lat: latitude}
  distances: DATA/district_distances.csv
  distance_columns: {a: district_a, b: district_b, km: km}
  distances_within: 150
campaigns:
  - {id: east, name: East, start: 2020-06-04, end: 2020-06-10, footprint: {areas: [SY0901, SY0903]}}
  - {id: desert, name: Desert, start: 2020-08-18, end: 2020-09-20, footprint: {areas: [SY0405]}}
choices: {period: month, pre_months: 15, post_months: 3}
multiverse: {pre_months: [15], wash_in: [0, 1], rings: [[25, 50, 100]], far: [study], overlap: [remove], donut: [0, 1],
  estimators: [spillover, its-linear, its-no-trend], placebos: 30}
`
	file := filepath.Join(t.TempDir(), "study.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "DATA", data)), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func command(t *testing.T, ctx context.Context, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(ctx, args, &out, &errs); code != want {
		t.Fatalf("athar %s: exit %d, want %d: %s", strings.Join(args, " "), code, want, errs.String())
	}
	return out.String(), errs.String()
}

func TestPlanInPiecesGivesTheSameBytes(t *testing.T) {
	study, ctx, dir := smallMultiverse(t), context.Background(), t.TempDir()
	whole := filepath.Join(dir, "whole")
	command(t, ctx, 0, "assess", "--multiverse", "--out", whole, study)
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left beside the brief: %v", entries)
	}
	b, err := os.ReadFile(filepath.Join(whole, "findings.json"))
	if err != nil || !bytes.Contains(b, []byte(`"median_p"`)) {
		t.Fatalf("the report holds no joint inference: %v", err)
	}

	parts := filepath.Join(dir, "parts")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	command(t, ctx, 0, "work", "--tasks", "3/3", "--parts", parts, study)
	runtime.GOMAXPROCS(2)
	command(t, ctx, 0, "work", "--tasks", "2/3", "--parts", parts, study)
	before, _ := os.ReadDir(parts)
	if out, _ := command(t, ctx, 0, "work", "--tasks", "2", "--parts", parts, study); !strings.Contains(out, "0 done now") {
		t.Errorf("a task is done twice: %s", out)
	}
	pieces := filepath.Join(dir, "pieces")
	command(t, ctx, 0, "assess", "--multiverse", "--parts", parts, "--out", pieces, study)
	after, _ := os.ReadDir(parts)
	if len(before) == 0 || len(after) <= len(before) {
		t.Errorf("%d parts, then %d", len(before), len(after))
	}
	if folderHash(t, whole) != folderHash(t, pieces) {
		t.Error("the plan in pieces gives other bytes")
	}

	// A folder of another plan is refused, and so is a damaged part.
	text, _ := os.ReadFile(study)
	changed := filepath.Join(filepath.Dir(study), "changed.yaml")
	if err := os.WriteFile(changed, bytes.Replace(text, []byte("donut: [0, 1]"), []byte("donut: [0, 2]"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, msg := command(t, ctx, exitInput, "assess", "--multiverse", "--parts", parts, "--out", filepath.Join(dir, "no"), changed); !strings.Contains(msg, "another plan") {
		t.Error(msg)
	}
	if err := os.WriteFile(filepath.Join(parts, after[0].Name()), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, msg := command(t, ctx, exitInput, "assess", "--multiverse", "--parts", parts, "--out", filepath.Join(dir, "no"), study); !strings.Contains(msg, "damaged") {
		t.Error(msg)
	}
}

func TestInterruptedMultiverseGoesOn(t *testing.T) {
	study, dir := smallMultiverse(t), t.TempDir()
	whole := filepath.Join(dir, "whole")
	command(t, context.Background(), 0, "assess", "--multiverse", "--out", whole, study)

	out, kept := filepath.Join(dir, "out"), 0
	for n := int64(10); ; n += 12 {
		ctx := &countdown{Context: context.Background()}
		ctx.left.Store(n)
		var stdout, stderr bytes.Buffer
		code := run(ctx, []string{"assess", "--multiverse", "--out", out, study}, &stdout, &stderr)
		if code == 0 {
			break
		}
		if code != exitInterrupted {
			t.Fatalf("exit %d: %s", code, stderr.String())
		}
		if entries, err := os.ReadDir(out + ".parts"); err == nil {
			if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !strings.HasPrefix(e.Name(), "task-") }) {
				t.Fatalf("half-written: %v", entries)
			}
			kept = max(kept, len(entries))
		}
	}
	if kept == 0 {
		t.Error("no run was interrupted with finished tasks")
	}
	if _, err := os.Stat(out + ".parts"); !os.IsNotExist(err) {
		t.Errorf("the parts are still there: %v", err)
	}
	if folderHash(t, whole) != folderHash(t, out) {
		t.Error("a run that was interrupted gives other bytes")
	}
}

// A process that is killed outright leaves finished tasks and at most a half-written
// file that no run looks at; the same command then gives the same bytes.
func TestKilledMultiverseGoesOn(t *testing.T) {
	study, dir := smallMultiverse(t), t.TempDir()
	whole := filepath.Join(dir, "whole")
	command(t, context.Background(), 0, "assess", "--multiverse", "--out", whole, study)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parts, out := filepath.Join(dir, "parts"), filepath.Join(dir, "out")
	kept := func() int {
		files, _ := filepath.Glob(filepath.Join(parts, "task-*.json"))
		return len(files)
	}
	killed := false
	for try := 0; try < 20 && !killed; try++ {
		if err := os.RemoveAll(parts); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "assess", "--multiverse", "--parts", parts, "--out", out, study)
		cmd.Args[0] = "athar" // see TestMain
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for running := true; running; {
			select {
			case <-ended:
				running = false
			case <-time.After(time.Millisecond):
				if kept() > 0 {
					cmd.Process.Kill()
					<-ended
					running = false
				}
			}
		}
		_, err := os.Stat(out)
		killed = kept() > 0 && os.IsNotExist(err)
	}
	if !killed {
		t.Fatal("no run was killed between its first task and its end")
	}
	left := kept()
	if err := os.WriteFile(filepath.Join(parts, ".task-half"), []byte(`{"plan":`), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, context.Background(), 0, "assess", "--multiverse", "--parts", parts, "--out", out, study)
	if folderHash(t, whole) != folderHash(t, out) {
		t.Errorf("a run that was killed with %d tasks done gives other bytes", left)
	}
	if kept() <= left {
		t.Errorf("%d tasks done before, %d after: nothing was left to do", left, kept())
	}
}

func TestTasks(t *testing.T) {
	for list, want := range map[string][]int{"1-3,5": {1, 2, 3, 5}, "2/4": {2, 6, 10}, "7": {7}} {
		if got, err := tasks(list, 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", list, got, err)
		}
	}
	for _, list := range []string{"", "0", "3-1", "a", "1-11", "0/2", "3/2", "1/x"} {
		if got, err := tasks(list, 10); err == nil {
			t.Errorf("%q is read as %v", list, got)
		}
	}
}
