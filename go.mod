module athar

go 1.26
