//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pieces is in how many the plan of a multiverse is done beside the one run.
const pieces = 8

// benchMultiverse does the plan of a study's multiverse twice, as on one machine
// with two workers and as on eight machines with one, compares the bytes, and
// prints what a fit costs. Half of the pieces are done before the one run and half after it,
// so that what else the machine does weighs on both.
func benchMultiverse(program, study, dir string) error {
	var fits, tasks int
	out, err := exec.Command(program, "plan", study).Output()
	if err != nil {
		return fmt.Errorf("%s: %w (run make build first)", program, err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	_, said, _ := strings.Cut(first, ": ")
	if _, err := fmt.Sscanf(said, "tasks 1 to %d, %d fits", &tasks, &fits); err != nil {
		return fmt.Errorf("%q: %w", first, err)
	}
	whole, split := filepath.Join(dir, "whole"), filepath.Join(dir, "split")
	work := func(parts, tasks string, workers int) (wall, cpu time.Duration, err error) {
		cmd := exec.Command(program, "work", "--tasks", tasks, "--parts", parts, study)
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(workers))
		var msg bytes.Buffer
		cmd.Stderr = &msg
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return 0, 0, fmt.Errorf("%w: %s", err, msg.String())
		}
		return time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
	}
	var wall, cpu [2]time.Duration // by workers
	for k := 1; k <= pieces; k++ {
		if k == pieces/2+1 {
			if wall[1], cpu[1], err = work(whole, "1-"+strconv.Itoa(tasks), 2); err != nil {
				return err
			}
		}
		w, c, err := work(split, fmt.Sprintf("%d/%d", k, pieces), 1)
		if err != nil {
			return err
		}
		wall[0] += w
		cpu[0] += c
	}
	fmt.Printf("multiverse of %s: %d fits in %d tasks\n", study, fits, tasks)
	for i, what := range []string{fmt.Sprintf("in %d pieces, one worker", pieces), "in one run, two workers"} {
		fmt.Printf("  %-24s %7.1f s, %6.1f s of processor time, %6.0f fits a second, %6.0f a processor second\n", what, wall[i].Seconds(), cpu[i].Seconds(),
			float64(fits)/wall[i].Seconds(), float64(fits)/cpu[i].Seconds())
	}
	fmt.Printf("  wall time, one worker over two: %.2f\n", wall[0].Seconds()/wall[1].Seconds())
	for n := 1; n <= tasks; n++ {
		name := fmt.Sprintf("task-%05d.json", n)
		a, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(split, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%s differs between the plan in one and the plan in pieces", name)
		}
	}
	var reports [2][]byte
	for i, parts := range []string{whole, split} {
		brief := filepath.Join(dir, "brief"+strconv.Itoa(i))
		cmd := exec.Command(program, "assess", "--multiverse", "--parts", parts, "--out", brief, study)
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return err
		}
		if i == 0 {
			fmt.Printf("  brief from the results: %.1f s\n", time.Since(start).Seconds())
		}
		if reports[i], err = os.ReadFile(filepath.Join(brief, "findings.json")); err != nil {
			return err
		}
	}
	if !bytes.Equal(reports[0], reports[1]) {
		return fmt.Errorf("findings.json differs between the plan in one and the plan in pieces")
	}
	fmt.Printf("  all %d results and findings.json are the same bytes\n\n", tasks)
	return nil
}
