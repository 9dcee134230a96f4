"""Times synthdid-py and pysyncon on the panel it is given; one thread."""
import json, sys, time
import numpy as np, pandas as pd

d = json.load(open(sys.argv[1]))
n, t, n0, t0 = d["n"], d["t"], d["n0"], d["t0"]
y = np.array(d["y"]).reshape(n, t)
out = {}
try:
    import synthdid
    start = time.perf_counter()
    e = synthdid.synthdid_estimate(y, n0, t0)
    out["sdid"] = time.perf_counter() - start
    out["tau"] = float(getattr(e, "estimate", e))
    start = time.perf_counter()
    synthdid.placebo_se(e, replications=d["draws"])
    out["placebo"] = (time.perf_counter() - start) / d["draws"]
except ImportError:
    pass
try:
    from pysyncon import Synth
    k = d["k"]
    x0 = pd.DataFrame(np.array(d["x0"]).reshape(n0, k).T)
    s = Synth()
    start = time.perf_counter()
    # pysyncon's default is 1,000 iterations from equal weights
    s.fit(X0=x0, X1=pd.Series(d["x1"], name="treated"), Z0=pd.DataFrame(y[:n0, :t0].T), Z1=pd.Series(y[n0, :t0], name="treated"),
          optim_initial="equal", optim_options={"maxiter": d["maxiter"]})
    out["nested"] = time.perf_counter() - start
    g = y[n0, :t0] - np.asarray(s.W) @ y[:n0, :t0]
    out["loss"] = float(np.mean(g**2))
except ImportError:
    pass
print(json.dumps(out))
