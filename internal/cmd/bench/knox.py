"""Knox test of pointpats on the events (x, y in km, day) of the file given as first
argument: nearer than 5 km and 8 days, as many draws as the second says. Prints JSON."""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from pointpats.spacetime import Knox

e = np.loadtxt(sys.argv[1], delimiter=",")
draws = int(sys.argv[2])
start = time.process_time()
k = Knox(e[:, :2], e[:, 2:], delta=5, tau=7.5, permutations=draws)
used = time.process_time() - start
print(json.dumps({"name": "pointpats " + version("pointpats"), "seconds": used, "draws": draws, "pairs": int(k.statistic_)}))
