package assess

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"athar"
	"athar/multiverse"
	"athar/panel"
	"athar/study"
)

// The pieces that a multiverse is cut into. They are small, so that a run that
// is interrupted loses little, and do not depend on the machine.
const (
	specsATask    = 40
	placebosATask = 20
)

// Task is one numbered piece of the multiverse of a study. Its result depends
// on the study and its data alone, not on which other tasks are done, where or
// when; so a plan can be split over machines and joined to the same bytes.
type Task struct {
	Number   int    `json:"task"` // from 1
	Campaign string `json:"campaign"`
	Kind     string `json:"kind"` // specifications, or placebos
	From     int    `json:"from"` // of the campaign's own, included
	To       int    `json:"to"`   // not included

	engine *multiverse.Engine
}

// The kinds of task.
const (
	Specifications = "specifications"
	Placebos       = "placebos"
)

// Part is the result of one task.
type Part struct {
	Plan string `json:"plan"` // names the plan that it belongs to
	Task
	Answers  [][]multiverse.Answer `json:"answers,omitempty"`
	Placebos [][]multiverse.Exact  `json:"placebos,omitempty"`
}

// Plan is the multiverse of a study as a list of tasks.
type Plan struct {
	Name    string // a hash of the program's version, the study, its data and the tasks
	Tasks   []Task
	engines []*multiverse.Engine // one a campaign
}

// PlanOf reads a study and its data and lists the tasks of its multiverse.
func PlanOf(ctx context.Context, file string, o Options) (*Plan, error) {
	s, err := study.Parse(file)
	if err != nil {
		return nil, err
	}
	in, g, unit, err := prepare(ctx, s)
	if err != nil {
		return nil, err
	}
	sites, err := in.sites(g)
	if err != nil {
		return nil, err
	}
	in.distances()
	return in.plan(ctx, file, g, unit, sites, o)
}

func (in *inputs) plan(ctx context.Context, file string, g *panel.Grid, unit panel.Unit, sites []panel.Site, o Options) (*Plan, error) {
	vs, err := in.variants(g, unit)
	if err != nil {
		return nil, err
	}
	p := &Plan{engines: make([]*multiverse.Engine, len(sites))}
	if err := parallel(ctx, len(sites), nil, func(i int) string {
		p.engines[i] = in.engine(i, vs, sites)
		return ""
	}); err != nil {
		return nil, err
	}
	for i, e := range p.engines {
		cut := func(kind string, n, size int) {
			for from := 0; from < n; from += size {
				p.Tasks = append(p.Tasks, Task{len(p.Tasks) + 1, in.study.Campaigns[i].ID, kind, from, min(n, from+size), e})
			}
		}
		cut(Specifications, e.Specs(), specsATask)
		cut(Placebos, e.Placebos(), placebosATask)
	}
	m := manifest(in.study, in, file, o)
	b, err := json.Marshal(struct {
		athar.Manifest
		Tasks []Task
	}{m, p.Tasks})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	p.Name = hex.EncodeToString(sum[:8])
	return p, nil
}

// Fits is the number of fits behind the joint inference of all campaigns.
func (p *Plan) Fits() int {
	n := 0
	for _, e := range p.engines {
		n += e.Fits()
	}
	return n
}

// do computes one task.
func (p *Plan) do(t Task) Part {
	out := Part{Plan: p.Name, Task: t}
	if t.Kind == Specifications {
		out.Answers = t.engine.Observe(t.From, t.To)
		return out
	}
	run := t.engine.Runner()
	for k := t.From; k < t.To; k++ {
		row := run(k)
		exact := make([]multiverse.Exact, len(row))
		for j, x := range row {
			exact[j] = multiverse.Exact(x)
		}
		out.Placebos = append(out.Placebos, exact)
	}
	return out
}

// Work computes the tasks with the given numbers that have no result in the
// folder yet and writes each result there when it is done, whole or not at all.
// It returns how many it computed.
func (p *Plan) Work(ctx context.Context, folder string, numbers []int, progress func(done, of int, what string)) (int, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, err
	}
	var todo []Task
	for _, n := range numbers {
		if n < 1 || n > len(p.Tasks) {
			return 0, fmt.Errorf("there is no task %d: the plan has tasks 1 to %d", n, len(p.Tasks))
		}
		switch _, err := p.read(folder, n); {
		case errors.Is(err, fs.ErrNotExist):
			todo = append(todo, p.Tasks[n-1])
		case err != nil:
			return 0, err
		}
	}
	var mu sync.Mutex
	var failed error
	err := parallel(ctx, len(todo), progress, func(i int) string {
		if err := store(folder, p.do(todo[i])); err != nil {
			mu.Lock()
			failed = cmp.Or(failed, err)
			mu.Unlock()
		}
		return todo[i].Campaign
	})
	return len(todo), cmp.Or(err, failed)
}

// All are the numbers of all tasks.
func (p *Plan) All() []int {
	out := make([]int, len(p.Tasks))
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// OtherPlan says that a result belongs to another plan.
type OtherPlan struct{ File string }

func (o OtherPlan) Error() string {
	return o.File + " belongs to another plan: the study, its data or the program changed; give an empty folder, or delete this one"
}

func partFile(folder string, n int) string {
	return filepath.Join(folder, fmt.Sprintf("task-%05d.json", n))
}

// read reads the result of a task and checks that it belongs to this plan.
func (p *Plan) read(folder string, n int) (Part, error) {
	var out Part
	file := partFile(folder, n)
	b, err := os.ReadFile(file)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, fmt.Errorf("%s is damaged (%v); delete it and the task is done again", file, err)
	}
	t := p.Tasks[n-1]
	if out.Plan != p.Name || out.Number != n || out.Campaign != t.Campaign || out.Kind != t.Kind || out.From != t.From || out.To != t.To ||
		len(out.Answers)+len(out.Placebos) != t.To-t.From {
		return out, OtherPlan{file}
	}
	return out, nil
}

func store(folder string, part Part) (err error) {
	b, err := json.Marshal(part)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".task-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), partFile(folder, part.Number))
}

// join reads the results of all tasks and makes the curves, by campaign.
func (p *Plan) join(folder string) ([][]athar.Multiverse, error) {
	answers, placebos := make([][][]multiverse.Answer, len(p.engines)), make([][][]float64, len(p.engines))
	for _, t := range p.Tasks {
		part, err := p.read(folder, t.Number)
		if err != nil {
			return nil, err
		}
		i := slices.Index(p.engines, t.engine)
		answers[i] = append(answers[i], part.Answers...)
		for _, row := range part.Placebos {
			x := make([]float64, len(row))
			for j, v := range row {
				x[j] = float64(v)
			}
			placebos[i] = append(placebos[i], x)
		}
	}
	out := make([][]athar.Multiverse, len(p.engines))
	for i, e := range p.engines {
		out[i] = e.Join(answers[i], placebos[i])
	}
	return out, nil
}
