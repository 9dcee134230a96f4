# Segments prefixes of the counts in the file given as first argument with
# changepoint's PELT, Poisson cost, see change.py.
suppressMessages(library(changepoint))
args <- commandArgs(TRUE)
counts <- scan(args[1], quiet = TRUE)
run <- function(n) {
  y <- counts[1:n]
  best <- Inf
  for (i in 1:3) {
    time <- system.time(m <- cpt.meanvar(y, penalty = "Manual", pen.value = 3 * log(n), method = "PELT", test.stat = "Poisson", minseglen = 1, class = FALSE))
    best <- min(best, time[["elapsed"]])
  }
  sprintf('{"seconds":%.6g,"cuts":[%s]}', best, paste(setdiff(m, n), collapse = ","))
}
cat(sprintf('{"name":"changepoint %s","runs":[%s]}\n', packageVersion("changepoint"), paste(sapply(as.integer(args[-1]), run), collapse = ",")))
