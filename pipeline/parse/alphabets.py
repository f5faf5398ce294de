"""The letters of languages beyond ASCII, by which Latin code pages are distinguished.

Source: the exemplar characters of the Unicode CLDR, main set, lower case; signs that news text
uses in every language are in `COMMON_SIGNS`. The order is the order of preference: an earlier
code page wins unless a later one fits clearly better.
"""

from __future__ import annotations

COMMON_SIGNS = (
    "\N{NO-BREAK SPACE}\N{EN DASH}\N{EM DASH}\N{HORIZONTAL ELLIPSIS}\N{BULLET}\N{EURO SIGN}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    "\N{DEGREE SIGN}\N{SECTION SIGN}\N{MIDDLE DOT}\N{SOFT HYPHEN}"
)

_FRENCH = (
    "\u00e0\u00e2\u00e6\u00e7\u00e9\u00e8\u00ea\u00eb"
    "\u00ee\u00ef\u00f4\u0153\u00f9\u00fb\u00fc\u00ff"
)
_POLISH = "\u0105\u0107\u0119\u0142\u0144\u00f3\u015b\u017a\u017c"
_CZECH = (
    "\u00e1\u010d\u010f\u00e9\u011b\u00ed\u0148\u00f3\u0159\u0161\u0165\u00fa\u016f\u00fd\u017e"
)
_SLOVAK = (
    "\u00e1\u00e4\u010d\u010f\u00e9\u00ed\u013a\u013e\u0148"
    "\u00f3\u00f4\u0155\u0161\u0165\u00fa\u00fd\u017e"
)
_PORTUGUESE = "\u00e1\u00e2\u00e3\u00e0\u00e7\u00e9\u00ea\u00ed\u00f3\u00f4\u00f5\u00fa\u00ba\u00aa"

ALPHABETS: dict[str, tuple[str, ...]] = {
    "cp1252": (
        _FRENCH,
        "\u00e4\u00f6\u00fc\u00df\u00e9",  # German
        "\u00e1\u00e9\u00ed\u00f1\u00f3\u00fa\u00fc\u00a1\u00bf\u00ba\u00aa",  # Spanish
        _PORTUGUESE,
        "\u00e0\u00e8\u00e9\u00ec\u00ed\u00ee\u00f2\u00f3\u00f9\u00fa",  # Italian
        "\u00e0\u00e7\u00e9\u00e8\u00ed\u00ef\u00f3\u00f2\u00fa\u00fc",  # Catalan
        "\u00e1\u00e4\u00e9\u00eb\u00ed\u00ef\u00f3\u00f6\u00fa\u00fc",  # Dutch
        "\u00e5\u00e4\u00f6\u00e9\u00e0",  # Swedish, Finnish
        "\u00e5\u00e6\u00f8\u00e9\u00f3\u00f2\u00e0",  # Danish, Norwegian
        "\u00e1\u00e9\u00ed\u00f3\u00fa\u00fd\u00f0\u00fe\u00e6\u00f6",  # Icelandic
        "\u00eb\u00e7",  # Albanian
    ),
    "cp1250": (
        _POLISH,
        _CZECH,
        _SLOVAK,
        "\u00e1\u00e9\u00ed\u00f3\u00f6\u0151\u00fa\u00fc\u0171",  # Hungarian
        "\u010d\u0107\u0111\u0161\u017e",  # Croatian, Slovenian
        "\u0103\u00e2\u00ee\u015f\u0163",  # Romanian
    ),
    "iso8859_2": (_POLISH, _CZECH, _SLOVAK),
    "cp1254": ("\u00e7\u011f\u0131\u00f6\u015f\u00fc\u00e2\u00ee\u0307",),  # Turkish
    "cp1257": (
        "\u0105\u010d\u0119\u0117\u012f\u0161\u0173\u016b\u017e",  # Lithuanian
        "\u0101\u010d\u0113\u0123\u012b\u0137\u013c\u0146\u0161\u016b\u017e",  # Latvian
        "\u00e4\u00f5\u00f6\u00fc\u0161\u017e",  # Estonian
    ),
}

# The most frequent characters of Chinese, simplified and traditional: one in six in running text.
COMMON_HAN: dict[str, str] = {
    "gb18030": "的一是不了在人有中大国年月日为上说出这我地会来到时要和个",
    "big5": "的一是不了在人有中大國年月日為上說出這我地會來到時要和個",
}
