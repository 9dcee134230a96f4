package main

import "regexp"

var hashes = regexp.MustCompile(`\b([0-9a-f]{64}|[0-9a-f]{12})\b`)
