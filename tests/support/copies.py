"""Articles for the tests of dedup, made from invented sentences."""

from typing import Any

from pipeline.article import Article, Origin, Prepared, Quality, Verdict
from pipeline.dedup import entry_of, fingerprint
from pipeline.url import canonical_url

_WHO = ("the mayor", "a farmer", "the nurse", "an engineer", "the ferry captain", "a teacher")
_DID = ("opened", "repaired", "described", "measured", "photographed", "questioned", "praised")
_WHAT = ("the old bridge", "a flooded road", "the new clinic", "the river gauge", "a school roof")
_WHEN = ("on Monday", "before the storm", "after the vote", "in early spring", "late at night")


def story(number: int, sentences: int = 20):
    """A text of some 14 words a sentence; stories of different numbers share no shingle."""
    return " ".join(_sentence(number, i) for i in range(sentences))


def _sentence(number: int, i: int) -> str:
    said = (
        f"{_WHO[(number + i) % 6]} {_DID[i % 7]} {_WHAT[(number * 3 + i) % 5]}"
        f" number {i} {_WHEN[(number + 2 * i) % 5]}"
    ).split()
    named = [" ".join([*said[at : at + 3], f"town{number}"]) for at in range(0, len(said), 3)]
    return " ".join(named) + "."


def prepared(
    body: str,
    *,
    url: str | None = None,
    headline: str | None = None,
    source: str | None = None,
    seen_at: str = "2024-05-01T00:00:00Z",
    **more: Any,
):
    """A clean article that waits to be compared; `id` and `origin` may be given."""
    name = more.get("id", "new")
    article = Article(
        id=name,
        url=url,
        canonical_url=canonical_url(url),
        headline=headline,
        description=None,
        article_body=body,
        authors=(),
        date_published=None,
        date_published_raw=None,
        date_modified=None,
        date_modified_raw=None,
        in_language=None,
        source=source,
        provenance={},
        extra={},
    )
    quality = Quality(
        id=name,
        origin=more.get("origin", Origin(file=f"{name}.txt", line=1)),
        source=source,
        language=None,
        verdict=Verdict.PUBLISH,
        reasons=(),
        repairs=(),
        findings=(),
        measures={},
        ruleset="test",
        seen_at=seen_at,
    )
    return Prepared(article, quality, fingerprint(body))


def seen(body: str, **more: Any):
    """The index entry of an article that was new when it came."""
    return entry_of(prepared(body, **{"id": "old", **more}), None)
