"""Makes the faces that a brief embeds: subsets of Noto faces in WOFF2.

    apt-get install fonts-noto-core && pip install fonttools brotli
    python3 make.py [folder of the faces]

The same faces and versions of the tools give the same bytes. What a subset holds is what a brief can say: Latin letters
with the marks that names of the region need in transcription, Arabic with the letters of Kurdish and Persian, digits of both.
"""
import sys
from fontTools import subset
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts/truetype/noto"
LATIN = [(0x20, 0x7E), (0xA0, 0x17F), (0x1E0C, 0x1E0D), (0x1E24, 0x1E25), (0x1E2A, 0x1E2B), (0x1E32, 0x1E33), (0x1E62, 0x1E63), (0x1E6C, 0x1E6D),
         (0x1E92, 0x1E93), (0x2BC, 0x2BC), (0x2BE, 0x2BF), (0x2009, 0x200A), (0x2010, 0x2014), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026),
         (0x202F, 0x202F), (0x2032, 0x2033), (0x2039, 0x203A), (0x20AC, 0x20AC), (0x2212, 0x2212)]
ARABIC = [(0x60C, 0x60C), (0x61B, 0x61C), (0x61F, 0x61F), (0x621, 0x63A), (0x640, 0x655), (0x660, 0x66C), (0x670, 0x671), (0x679, 0x679), (0x67E, 0x67E),
          (0x686, 0x686), (0x688, 0x688), (0x691, 0x691), (0x695, 0x695), (0x698, 0x698), (0x6A4, 0x6A4), (0x6A9, 0x6A9), (0x6AF, 0x6AF), (0x6B5, 0x6B5),
          (0x6BA, 0x6BA), (0x6BE, 0x6BE), (0x6C0, 0x6C1), (0x6C6, 0x6C7), (0x6CC, 0x6CC), (0x6CE, 0x6CE), (0x6D0, 0x6D0), (0x6D2, 0x6D2), (0x6D4, 0x6D5),
          (0x6F0, 0x6F9)]
FACES = [("NotoSans-Regular", "sans-400", LATIN), ("NotoSans-Bold", "sans-700", LATIN),
         ("NotoSerif-Regular", "serif-400", LATIN), ("NotoSerif-Bold", "serif-700", LATIN),
         ("NotoNaskhArabic-Regular", "naskh-400", ARABIC), ("NotoNaskhArabic-Bold", "naskh-700", ARABIC)]


def minus(font):
    """Adds the minus sign, which the Latin faces lack: the plus sign without its upright."""
    cmap = font.getBestCmap()
    if 0x2212 in cmap or ord("+") not in cmap:
        return
    plus = cmap[ord("+")]
    points = font["glyf"][plus].getCoordinates(font["glyf"])[0]
    xs, ys = sorted({p[0] for p in points}), sorted({p[1] for p in points})
    pen = TTGlyphPen(None)
    pen.moveTo((xs[0], ys[1]))
    for p in [(xs[0], ys[2]), (xs[-1], ys[2]), (xs[-1], ys[1])]:
        pen.lineTo(p)
    pen.closePath()
    font.setGlyphOrder(font.getGlyphOrder() + ["minus"])
    font["glyf"].glyphs["minus"] = pen.glyph()
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["hmtx"]["minus"] = font["hmtx"][plus]
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0x2212] = "minus"


for source, name, ranges in FACES:
    font = TTFont(f"{FOLDER}/{source}.ttf", recalcTimestamp=False)
    if ranges is LATIN:
        minus(font)
    options = subset.Options(flavor="woff2", hinting=False, desubroutinize=True, recalc_timestamp=False, name_IDs=[0, 1, 2, 3, 5, 13, 14],
                             layout_features=["ccmp", "locl", "kern", "mark", "mkmk", "init", "medi", "fina", "isol", "rlig", "calt", "liga", "lnum", "tnum"])
    options.drop_tables += ["DSIG", "STAT", "MATH"]
    s = subset.Subsetter(options)
    s.populate(unicodes=[c for a, b in ranges for c in range(a, b + 1)])
    s.subset(font)
    subset.save_font(font, f"{name}.woff2", options)
