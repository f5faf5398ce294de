"""Whether an article was seen before, in what way, and what follows.

`match` compares an article in full with each candidate and keeps the best evidence. The
earliest seen is canonical, and a cluster keeps the name of its first article for ever. Copies
are found, not events: two reporters' own texts on one event are two articles.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pipeline.article import Article, Fingerprint, Kind, Match, Prepared, Relation
from pipeline.dedup.fingerprint import Hashes, as_hashes, check_scheme
from pipeline.dedup.index import Entry, same_message
from pipeline.dedup.kernel import count_shared
from pipeline.dedup.options import DedupOptions
from pipeline.text import fold, words
from pipeline.url import site_of

# The evidence to prefer where an article matches several: nothing new in it comes first.
_RANK = {Kind.EXACT: 0, Kind.NEAR: 1, Kind.EXCERPT: 2, Kind.EXTENSION: 3}


class Overlap(Struct, frozen=True):
    """How two texts share their shingles; all shares 0..1."""

    jaccard: float
    containment: float  # of the smaller set
    length: float  # the smaller set's size in the larger's
    new_is_fuller: bool
    numbers: float  # of the numbers of the text with fewer, 1 where it has none
    words: int  # of the shorter text


def match(prepared: Prepared, neighbours: Sequence[Entry], options: DedupOptions) -> Match | None:
    """The best evidence among `neighbours` that the article was seen before, or None.

    The same words come first, then the same address (a revision is a revision even if others
    copied it), then by kind (near, excerpt, extension), likeness and age; what is still equal
    stands in the order of `neighbours`. The article's own entry, where a message is delivered
    again, doesn't count. Raises ValueError for a fingerprint of another scheme.
    """
    found = [
        evidence
        for entry in neighbours
        if not same_message(prepared.quality.origin, entry.origin)
        if (evidence := compare(prepared, entry, options))
    ]
    return min(found, key=_preference, default=None)


def withheld(found: Match, options: DedupOptions) -> bool:
    """Whether an article with this match is a duplicate, by the policy."""
    match found.relation:
        case Relation.SAME_URL:
            return found.kind in options.withhold_same_url
        case Relation.SAME_SOURCE:
            return found.kind in options.withhold_same_source
        case Relation.OTHER_SOURCE:
            return found.kind in options.withhold_other_source


def compare(prepared: Prepared, entry: Entry, options: DedupOptions) -> Match | None:
    """The evidence that the article copies, extends or revises one earlier article, or None."""
    check_scheme(prepared.fingerprint.scheme, entry.fingerprint.scheme)
    if not prepared.fingerprint.words or not entry.fingerprint.words:
        return None
    relation = relate(prepared.article, entry)
    overlap = measure(prepared.fingerprint, entry.fingerprint)
    kind = _classify(prepared, entry, relation, overlap, options)
    if kind is None:
        return None
    return Match(
        kind=kind,
        relation=relation,
        of=entry.id,
        of_url=entry.url,
        of_seen_at=entry.seen_at,
        jaccard=round(overlap.jaccard, 4),
        containment=round(overlap.containment, 4),
        cluster=entry.cluster,
    )


def relate(article: Article, entry: Entry) -> Relation:
    """Who printed the earlier one: the same address, the same source by name or site, another."""
    if article.canonical_url and article.canonical_url == entry.canonical_url:
        return Relation.SAME_URL
    if article.source and entry.source and article.source.casefold() == entry.source.casefold():
        return Relation.SAME_SOURCE
    site = site_of(article.canonical_url)
    if site and site == site_of(entry.canonical_url):
        return Relation.SAME_SOURCE
    return Relation.OTHER_SOURCE


def measure(new: Fingerprint, earlier: Fingerprint) -> Overlap:
    """The exact overlap of two texts, from their whole sets of shingles. 3 us at 700 words."""
    if new.text_hash == earlier.text_hash:
        return Overlap(
            jaccard=1.0,
            containment=1.0,
            length=1.0,
            new_is_fuller=False,
            numbers=1.0,
            words=new.words,
        )
    mine, theirs = as_hashes(new.shingles), as_hashes(earlier.shingles)
    shared = count_shared(mine, theirs)
    smaller, larger = sorted((len(mine), len(theirs)))
    return Overlap(
        jaccard=shared / max(1, smaller + larger - shared),
        containment=shared / max(1, smaller),
        length=smaller / max(1, larger),
        new_is_fuller=len(mine) > len(theirs),
        numbers=_numbers_shared(as_hashes(new.numbers), as_hashes(earlier.numbers)),
        words=min(new.words, earlier.words),
    )


def _classify(
    prepared: Prepared,
    entry: Entry,
    relation: Relation,
    overlap: Overlap,
    options: DedupOptions,
) -> Kind | None:
    headlines = prepared.article.headline or "", entry.headline or ""
    same_words = prepared.fingerprint.text_hash == entry.fingerprint.text_hash
    if relation is Relation.SAME_URL:
        kind = Kind.EXACT if same_words else _copy_kind(relation, overlap, options)
        same_story = overlap.jaccard >= options.same_url_jaccard or _same(*headlines)
        return kind or (Kind.NEAR if same_story else None)
    if overlap.words < options.min_words:
        return Kind.EXACT if same_words and _same(*headlines) else None
    if overlap.words < options.short_words and _apart(*headlines, options.headline_shared):
        return None
    return Kind.EXACT if same_words else _copy_kind(relation, overlap, options)


def _copy_kind(relation: Relation, overlap: Overlap, options: DedupOptions) -> Kind | None:
    if _may_be_form(relation, overlap, options) and overlap.numbers < options.numbers_shared:
        return None
    if overlap.containment >= options.containment and overlap.length <= options.part_length:
        return Kind.EXTENSION if overlap.new_is_fuller else Kind.EXCERPT
    short = overlap.words < options.short_words
    enough = max(options.near_jaccard, options.short_jaccard) if short else options.near_jaccard
    return Kind.NEAR if overlap.jaccard >= enough else None


def _may_be_form(relation: Relation, overlap: Overlap, options: DedupOptions) -> bool:
    """Whether the likeness may be that of a template: the same words around other facts."""
    if overlap.words < options.short_words:
        return True
    same_source = relation is not Relation.OTHER_SOURCE
    return same_source and overlap.jaccard < options.form_jaccard


def _preference(evidence: Match) -> tuple[bool, bool, int, float, str]:
    near = evidence.kind is Kind.NEAR
    return (
        evidence.kind is not Kind.EXACT,
        evidence.relation is not Relation.SAME_URL,
        _RANK[evidence.kind],
        -(evidence.jaccard if near else evidence.containment),
        evidence.of_seen_at,
    )


def _same(headline: str, other: str) -> bool:
    return fold(headline) == fold(other) != ""


def _apart(headline: str, other: str, enough: float) -> bool:
    """Whether two headlines share less than `enough` of the shorter one's words."""
    mine, theirs = (set(words(text.casefold())) for text in (headline, other))
    return len(mine & theirs) < enough * min(len(mine), len(theirs))


def _numbers_shared(mine: Hashes, theirs: Hashes) -> float:
    fewer = min(len(mine), len(theirs))
    return count_shared(mine, theirs) / fewer if fewer else 1.0
