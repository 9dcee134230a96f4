// Package change
package change

import "errors"

var (
	errCounts = errors.New("a change of rate needs two periods or more, counts and exposures of 0 or more, and an event")
	errLength = errors.New("the expected length of a regime must be above one period")
)
