package lake

import "context"

type Description struct{}

func (l *Lake) Describe(context.Context, Filter) (*Description, error) { return nil, nil }
