"""One article as a piece of HTML for a notebook: its verdict, and its texts before and after."""

from __future__ import annotations

from pipeline.article import Article, Quality
from pipeline.assembly import draft_of
from pipeline.report.diff import compare
from pipeline.report.samples import Sample
from pipeline.report.templating import pages_of
from pipeline.routing import DOOR_OF, DOORS, Door


def card(article: Article | None, quality: Quality, message: str | None) -> str:
    """Returns the HTML, which needs no style sheet; `article` is None for a dead letter."""
    row = DOORS[DOOR_OF[quality.verdict] if article else Door.DEAD_LETTER]
    diff = None
    if article:
        sample = Sample(draft_of(article), quality, article.url, article.date_published)
        diff = compare(sample)
    template = pages_of("pipeline.report").get_template("card.html.j2")
    return template.render(row=row, article=article, quality=quality, message=message, diff=diff)
