"""All repairs, in the order in which they run.

A repair is a plain function `(draft, candidates, context) -> splices` with a verb for a name. A
repair that is not sure changes nothing: a wrong repair is worse than none. The examples in the
docstrings call `after` (`tests/test_docs.py`), which runs one repair on the given texts and returns
the body, or the texts that changed if these are others.
"""

from __future__ import annotations

from pipeline.clean.rule import Rule
from pipeline.clean.rules import (
    boilerplate,
    bylines,
    captions,
    clips,
    comments,
    encoding,
    headline,
    layout,
    learned,
    links,
    markup,
    pictures,
    posts,
    repeats,
    signoffs,
    strays,
    teasers,
    wordings,
    writers,
)

# Letters before lines, lines before what they say. The headline is looked for while its Markdown
# still marks it, and found again afterwards to drop its second printing.
REPAIRS: tuple[Rule, ...] = (
    *encoding.RULES,
    *markup.TAG_RULES,
    *layout.RULES,
    *links.RULES,
    *headline.TAKE_RULES,
    *markup.MARKDOWN_RULES,
    *headline.RULES,
    *wordings.RULES,
    *bylines.RULES,
    *captions.RULES,
    *clips.CAPTION_RULES,
    *pictures.RULES,
    *clips.TITLE_RULES,
    *posts.RULES,
    *comments.RULES,
    *teasers.RULES,
    *writers.RULES,
    *repeats.RULES,
    *boilerplate.RULES,
    *signoffs.RULES,
    *strays.RULES,
    *learned.RULES,
)
