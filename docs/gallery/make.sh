#!/bin/sh
# Makes the pictures of this folder from the examples, with an installed Chromium:
#	docs/gallery/make.sh
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)

for study in iraq-2007 isis-2020; do
	go run ./cmd/athar assess --lang en,ar --out "$work/$study" "examples/$study/study.yaml" >/dev/null
done

shot() { # name, width, height, address, further options
	name=$1 size=$2,$3 address=$4
	shift 4
	"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$work/profile" --window-size="$size" \
		"$@" --screenshot="docs/gallery/$name.png" "file://$work/$address" 2>/dev/null
}
# at writes a copy of a page, without its policy against scripts, that begins at one of its elements.
at() { # copy, page, element
	sed "s|<meta http-equiv=\"Content-Security-Policy\"[^>]*>||;s|</body>|<script>addEventListener('load',()=>{const e=document.getElementById('$3');document.body.style.marginTop=-e.getBoundingClientRect().top-scrollY+'px'})</script></body>|" \
		"$work/$2" >"$work/$1"
}
at campaign.html iraq-2007/brief.html campaign-6
at claims.html isis-2020/brief.html claims
at arabic-campaign.html isis-2020/brief.ar.html campaign-2
at small.html iraq-2007/brief.html studymap
at map.html isis-2020/brief.html where
for part in goals adaptation; do
	at "$part.html" isis-2020/brief.html "$part"
done
for part in where goals adaptation claims; do
	at "arabic-$part.html" isis-2020/brief.ar.html "$part"
done
cat >"$work/telephone.html" <<'END'
<!doctype html><body style="margin:0;background:#d8dbde;display:flex;gap:30px;padding:30px">
<iframe src="iraq-2007/brief.html" style="width:390px;height:844px;border:0;background:#fff"></iframe>
<iframe src="small.html" style="width:390px;height:844px;border:0;background:#fff"></iframe>
END

shot first-page 1200 1500 isis-2020/brief.html
shot answer 1200 1500 iraq-2007/brief.html
shot dark 1200 1500 isis-2020/brief.html --force-dark-mode
shot campaign 1200 2450 campaign.html
shot claims 1200 1400 claims.html
shot map 1200 1750 map.html
shot arabic 1200 1500 isis-2020/brief.ar.html
shot arabic-campaign 1200 2450 arabic-campaign.html
for part in goals adaptation arabic-where arabic-goals arabic-adaptation arabic-claims; do
	shot "$part" 1200 1750 "$part.html"
done
shot telephone 870 904 telephone.html
