# Adaptive smoothing of daily point patterns as the reference program for
# stochastic interventions does it: spatstat, one thread. Arguments: points
# (day,x,y), polygon (x,y), days to smooth. Writes the surfaces and a line of JSON.
suppressMessages(library(spatstat))
args <- commandArgs(trailingOnly = TRUE)
p <- read.csv(args[1]); o <- read.csv(args[2]); days <- as.integer(args[3])
W <- owin(poly = list(x = o$x, y = o$y))
all <- ppp(p$x, p$y, window = W, check = FALSE)
pilot <- system.time({
  h0 <- as.numeric(bw.scott(all, isotropic = FALSE))
  bw <- bw.abram(all, h0 = mean(h0), at = "points", pilot = density(all, sigma = h0))
})[[1]]
s <- list()
day <- system.time(for (t in seq_len(days)) {
  i <- p$day == t - 1
  s[[t]] <- densityAdaptiveKernel(ppp(p$x[i], p$y[i], window = W, check = FALSE), bw[i],
                                  diggle = TRUE, edge = TRUE, dimyx = c(64, 64))
})[[1]] / days
v <- unlist(lapply(s, function(z) { v <- as.vector(t(as.matrix(z))); v[!is.na(v)] }))
writeLines(formatC(v, digits = 17, format = "g"), args[4])
cat(sprintf('{"Name":"spatstat %s","Pilot":%g,"Day":%g}\n', packageVersion("spatstat.explore"), pilot, day))
