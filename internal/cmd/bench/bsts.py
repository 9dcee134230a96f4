"""Runs CausalImpact of the PyPI package bsts-causalimpact on the CSV file given
as first argument, the second being the number of rows before the campaign and
the third the number of draws, and prints seconds, mean effect and the mean prediction of every draw."""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from causal_impact import CausalImpact

data = pd.read_csv(sys.argv[1])
pre, draws = int(sys.argv[2]), int(sys.argv[3])
args = {"niter": draws, "nwarmup": draws // 10, "seed": 1}


def fit():
    start = time.perf_counter()
    model = CausalImpact(data, [0, pre - 1], [pre, len(data) - 1], model_args=args)
    return time.perf_counter() - start, model


fit()
seconds, model = min((fit() for _ in range(3)), key=lambda r: r[0])
print(json.dumps({
    "name": "bsts-causalimpact " + version("bsts-causalimpact"),
    "seconds": seconds,
    "effect": float(model.summary_stats["point_effect_mean"]),
    "means": [float(m) for m in np.asarray(model._samples.predictions).mean(axis=1)],
}))
