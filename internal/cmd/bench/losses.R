# Fits the stacked weeks of the file given as argument (loss, week, y) with glm, a
# level for each loss and one dummy from week 0 on, as often as asked; prints
# seconds a fit and the dummy's coefficient and standard error as JSON.
arg <- commandArgs(TRUE)
d <- read.csv(arg[1])
n <- as.integer(arg[2])
d$hit <- as.numeric(d$week >= 0)
d$loss <- factor(d$loss)
now <- function() as.numeric(proc.time()["elapsed"])
start <- now()
for (i in seq_len(n)) f <- glm(y ~ loss + hit, family = poisson, data = d, epsilon = 1e-12)
s <- (now() - start) / n
cat(sprintf('{"name":"glm of R %s","fit":%.9f,"coef":%.12f,"se":%.12f}\n', getRversion(), s,
            coef(f)["hit"], sqrt(vcov(f)["hit", "hit"])))
