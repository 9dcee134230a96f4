# Fits surveillance's space-time point process to its own cases of meningococcal
# disease, and its model of counts to its own measles, and writes both data sets.
suppressPackageStartupMessages(library(surveillance))
dir <- commandArgs(TRUE)[1]
put <- function(x, name) write.table(x, file.path(dir, name), sep = ";", row.names = FALSE, quote = FALSE)
data(imdepi)
e <- as.data.frame(imdepi$events)
xy <- sp::coordinates(imdepi$events)
keep <- !is.na(e$agegrp)
put(data.frame(time = e$time, x = xy[, 1], y = xy[, 2], kind = as.integer(e$type) - 1, c = as.integer(e$type == "C"),
  middle = as.integer(e$agegrp == "[3,19)"), old = as.integer(e$agegrp == "[19,Inf)"), block = e$BLOCK, density = e$popdensity)[keep, ], "cases.csv")
g <- imdepi$stgrid
put(aggregate(data.frame(exposure = g$popdensity * g$area * (g$stop - g$start)), list(block = g$BLOCK, start = g$start, stop = g$stop), sum), "blocks.csv")
rings <- NULL
n <- 0
for (p in imdepi$W@polygons) for (q in p@Polygons) {
  n <- n + 1
  rings <- rbind(rings, data.frame(ring = n, x = q@coords[, 1], y = q@coords[, 2]))
}
put(rings, "rings.csv")
cost <- function(f) { start <- proc.time(); v <- f(); d <- proc.time() - start; list(v, d[[1]] + d[[2]]) }
a <- cost(function() twinstim(endemic = addSeason2formula(~offset(log(popdensity)) + I(start / 365 - 3.5), S = 1, period = 365, timevar = "start"),
  epidemic = ~type + agegrp, siaf = siaf.gaussian(), data = imdepi, subset = !is.na(agegrp), verbose = FALSE))
data(measlesWeserEms)
m <- measlesWeserEms
put(data.frame(observed(m)), "measles.csv")
put(data.frame(neighbourhood(m) == 1) * 1, "near.csv")
put(data.frame(share = population(m)[1, ]), "people.csv")
control <- list(end = list(f = addSeason2formula(~1 + t, period = 52), offset = population(m)), ar = list(f = ~1),
  ne = list(f = ~1, weights = neighbourhood(m) == 1), family = "NegBin1")
b <- cost(function() { for (i in 1:5) v <- hhh4(m, control); v })
cat(sprintf('{"name":"surveillance %s","space":%.17g,"space_ll":%.17g,"counts":%.17g,"counts_ll":%.17g}\n', packageVersion("surveillance"),
  a[[2]], as.numeric(logLik(a[[1]])), b[[2]] / 5, as.numeric(logLik(b[[1]]))))
