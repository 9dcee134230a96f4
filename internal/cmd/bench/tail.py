"""Fits the sizes of the file given as argument with powerlaw, one size a line,
and prints seconds and estimates as JSON."""

import importlib.metadata
import json
import logging
import sys
import time
import warnings

import numpy as np
import powerlaw

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
x = np.loadtxt(sys.argv[1], dtype=int)


def fit():
    f = powerlaw.Fit(x, discrete=True, estimate_discrete=False, verbose=0)
    return f, float(f.xmin), float(f.power_law.alpha), float(f.power_law.D)


start = time.perf_counter()
_, xmin, alpha, ks = fit()
seconds = time.perf_counter() - start
print(json.dumps({"name": "powerlaw " + importlib.metadata.version("powerlaw"), "fit": seconds, "xmin": round(xmin), "alpha": alpha, "ks": ks}))
