# make demo      build Athar and assess examples/isis-2020
# make test      vet, then all tests
# make validate  the known-truth simulations in full, into docs/validation; those of single methods, printed
# make bench     speed and memory, beside a reference in the same run
# make lint      gofmt, vet and staticcheck
# make fuzz      every reader, FUZZTIME each
# make fonts     the faces that a brief embeds, from Debian's fonts-noto-core; see brief/fonts/README.md

FUZZTIME ?= 1m
REPS ?= 1000
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: demo test validate bench lint fuzz fonts build

build:
	go build -o bin/athar ./cmd/athar

demo: build
	bin/athar assess --lang en,ar --out out/isis-2020 examples/isis-2020/study.yaml

test:
	go vet ./...
	go test ./...

validate:
	go run ./internal/cmd/validate -reps $(REPS) -out docs/validation
	go test ./effect/wake ./displace/knox ./displace/scan ./displace/hotspot -run 'Known|Coincidence' -v -timeout 0 -args -runs $(REPS)

bench: build
	@mkdir -p out
	go run ./internal/cmd/bench
	go run ./internal/cmd/bench -plot out/cost.svg
	go run ./lake/bench

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

fuzz:
	@for p in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p || exit 1; \
	  done; \
	done

fonts:
	cd brief/fonts && python3 make.py
