package lake

import (
	"athar"
	"context"
)

// Lake is an open lake.
type Lake struct{}
type Description struct{}
type Change struct{}
type Difference struct{}
type Table struct {
	Columns    []string
	Rows       [][]string
	Restricted bool
}

// Open opens the lake in a folder, which need not exist yet.
func Open(dir string) (*Lake, error) { return nil, nil }
func (l *Lake) Close() error         { return nil }

// Import reads one file into the lake.
func (l *Lake) Import(ctx context.Context, s ImportSpec) (Vintage, error)       { return Vintage{}, nil }
func (l *Lake) Vintages() ([]Vintage, error)                                    { return nil, nil }
func (l *Lake) Panel(context.Context, PanelQuery) (*PanelResult, error)         { return nil, nil }
func (l *Lake) Points(context.Context, PointQuery) ([]athar.Event, error)       { return nil, nil }
func (l *Lake) Describe(context.Context, Filter) (*Description, error)          { return nil, nil }
func (l *Lake) Query(ctx context.Context, sql string) (*Table, error)           { return nil, nil }
func (l *Lake) Diff(ctx context.Context, old, new Version) (*Difference, error) { return nil, nil }
