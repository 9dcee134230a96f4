"""Segments prefixes of the counts in the file given as first argument with
changepoint-cython's PELT, Poisson cost, and prints seconds and change points as
JSON. The other arguments are the lengths of the prefixes."""

import json
import math
import sys
import time

import numpy as np
from importlib.metadata import version
from pychangepoints.cython_pelt import cpelt

counts = np.loadtxt(sys.argv[1])
runs = []
for n in map(int, sys.argv[2:]):
    y = counts[:n]
    best, out = math.inf, None
    for _ in range(3):
        start = time.perf_counter()
        s = np.append(0.0, y.cumsum())
        # Three running sums are expected; the Poisson cost reads the first.
        stats = np.concatenate([s, np.zeros(2 * (n + 1))])
        cuts, k = cpelt(stats, 3 * math.log(n), 1, n, "mll_meanvar_poisson")
        best, out = min(best, time.perf_counter() - start), sorted(int(c) for c in cuts[:k] if c != n)
    runs.append({"seconds": best, "cuts": out})
print(json.dumps({"name": "changepoint-cython " + version("changepoint-cython"), "runs": runs}))
