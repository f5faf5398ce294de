"""All repairs, in the order in which they run.

A repair is a plain function `(draft, candidates, context) -> splices` with a verb for a name. A
repair that is not sure changes nothing: a wrong repair is worse than none. The examples in the
docstrings call `after` (`tests/test_docs.py`), which runs one repair on the given texts and returns
the body, or the texts that changed if these are others.
"""

from __future__ import annotations

from pipeline.clean.rule import Rule
from pipeline.clean.rules import (
    appeals,
    author_boxes,
    boilerplate,
    bylines,
    captions,
    comments,
    date_lines,
    encoding,
    headline,
    layout,
    learned,
    links,
    markup,
    pictures,
    quoted_posts,
    repeats,
    reworded_headline,
    scored_lines,
    signatures,
    stray_lines,
    teasers,
    video_captions,
)

# The order: characters first, then the layout of lines, then their content. The headline is found
# while its Markdown marks it, and found again afterwards to drop its repeats.
REPAIRS: tuple[Rule, ...] = (
    *encoding.RULES,
    *markup.TAG_RULES,
    *boilerplate.STANDFIRST_RULES,
    *layout.RULES,
    *links.RULES,
    *headline.TAKE_RULES,
    *markup.MARKDOWN_RULES,
    *headline.RULES,
    *reworded_headline.RULES,
    *date_lines.RULES,
    *bylines.RULES,
    *captions.RULES,
    *video_captions.CAPTION_RULES,
    *pictures.RULES,
    *video_captions.TITLE_RULES,
    *quoted_posts.RULES,
    *comments.RULES,
    *teasers.RULES,
    *author_boxes.RULES,
    *repeats.RULES,
    *scored_lines.RULES,
    *boilerplate.RULES,
    *appeals.RULES,
    *signatures.RULES,
    *stray_lines.RULES,
    *learned.RULES,
)
