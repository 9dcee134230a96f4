# Fits the panel in the CSV file given as argument with fixest and prints
# coefficients and fits a second as JSON, see reference.py.
suppressMessages(library(fixest))
setFixest_nthreads(1)
data <- read.csv(commandArgs(TRUE)[1])
terms <- grep("^x", names(data), value = TRUE)
formula <- as.formula(paste("y ~", paste(terms, collapse = " + "), "| area + period"))
fit <- function() fepois(formula, data, cluster = ~area, glm.tol = 1e-8, fixef.tol = 1e-8, notes = FALSE)
model <- fit()
n <- 0
start <- proc.time()[["elapsed"]]
while (n < 3 || (n < 2000 && proc.time()[["elapsed"]] - start < 8)) {
  model <- fit()
  n <- n + 1
}
rate <- n / (proc.time()[["elapsed"]] - start)
list <- function(v) paste(sprintf("%.15g", v[terms]), collapse = ",")
cat(sprintf('{"name":"fixest %s","rate":%.6g,"coef":[%s],"se":[%s]}\n',
  packageVersion("fixest"), rate, list(coef(model)), list(se(model))))
