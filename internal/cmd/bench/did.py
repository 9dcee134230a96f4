"""Fits group-time effects to the CSV file given as argument with diff-diff, with
and without 1,000 bootstrap draws, and prints seconds and estimates as JSON."""

import json
import sys
import time
import warnings

import diff_diff
import pandas as pd

warnings.filterwarnings("ignore")
data = pd.read_csv(sys.argv[1])


def fit(draws):
    model = diff_diff.CallawaySantAnna(control_group="never_treated", n_bootstrap=draws, seed=1)
    return model.fit(data, outcome="y", unit="unit", time="time", first_treat="first")


def seconds(draws):
    fit(draws)
    n, start = 0, time.perf_counter()
    while n < 2 or (n < 50 and time.perf_counter() - start < 4):
        fit(draws)
        n += 1
    return (time.perf_counter() - start) / n


cells = fit(0).group_time_effects
print(json.dumps({
    "name": "diff-diff " + diff_diff.__version__,
    "analytic": seconds(0),
    "bootstrap": seconds(1000),
    "cells": [[int(g), int(t), float(c["effect"]), float(c["se"])] for (g, t), c in sorted(cells.items())],
}))
