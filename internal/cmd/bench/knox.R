# Knox test of surveillance on the events (x, y in km, day) of the file given as
# first argument: nearer than 5 km and 8 days, as many draws as the second says. Prints a line of JSON.
suppressMessages(library(surveillance))
given <- commandArgs(trailingOnly = TRUE)
e <- read.csv(given[1], header = FALSE)
B <- as.integer(given[2])
used <- system.time(invisible(capture.output( # it prints a dot a draw
  k <- knox(dt = dist(e[[3]]), ds = dist(e[, 1:2]), eps.t = 7.5, eps.s = 5, simulate.p.value = TRUE, B = B)
)))
cat(sprintf('{"Name":"surveillance %s","Seconds":%g,"Draws":%d,"Pairs":%d}\n',
            packageVersion("surveillance"), sum(used[1:2]), B, as.integer(k$statistic)))
