"""Texts in several scripts, of the sizes and shapes that kernels may get wrong."""

TEXTS = [
    "",
    "River",
    "The river rose",
    "The river rose in spring",
    "The river rose in spring again",
    "The river rose. The river rose. The river rose. The river rose.",
    "\u6cb3\u6c34\u5728\u6625\u5929\u4e0a\u6da8\u4e86\u3002",
    "\u0e41\u0e21\u0e48\u0e19\u0e49\u0e33\u0e02\u0e36\u0e49\u0e19\u0e2a\u0e39\u0e07",
    "\u0627\u0631\u062a \u0627\u0644\u0646\u0647\u0631 \u0627\u0644\u0631\u0628\u064a\u0639",
    "\u0928\u0926\u0940 \u0915\u093e \u091c\u0932 \u092c\u0922\u093c \u0939\u0948",
    "STRASSE Stra\u00dfe \u0130stanbul \u01c5 \ufb01nal caf\u00e9 cafe\u0301",
    "word " * 5000,
    " ".join(f"word{number}" for number in range(200_000)),
]
