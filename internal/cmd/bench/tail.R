# Fits the sizes of the file given as argument with poweRlaw, one size a line,
# and refits bootstraps; prints seconds of each and the estimates as JSON.
suppressMessages(library(poweRlaw))
arg <- commandArgs(TRUE)
x <- scan(arg[1], quiet = TRUE)
sims <- as.integer(arg[2])
now <- function() as.numeric(proc.time()["elapsed"])
start <- now()
m <- displ$new(x)
e <- estimate_xmin(m)
m$setXmin(e)
fit <- now() - start
start <- now()
b <- suppressMessages(bootstrap_p(m, no_of_sims = sims, threads = 1, seed = 1))
boot <- (now() - start) / sims
cat(sprintf('{"name":"poweRlaw %s","fit":%.6f,"draw":%.6f,"xmin":%d,"alpha":%.9f,"ks":%.9f,"p":%.4f}\n',
            packageVersion("poweRlaw"), fit, boot, as.integer(e$xmin), e$pars, e$gof, b$p))
