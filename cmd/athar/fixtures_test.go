package main

import "regexp"

var hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

const fifoStudy = `study: killed
title: killed
group: {name: G}
outcome: events
data:
  - {name: d, file: counts.csv, format: counts, period: month}
campaigns:
  - {id: c, name: C, start: 2020-06-01, end: 2020-06-30}
`
