"""Whether an article was seen before, in what way, and what follows.

`match` compares an article in full with each candidate and keeps the best evidence. Shares of
shingles decide where they are clear; between, `second_look` compares passages: that links two
articles. Whether the later one is withheld is decided by what it adds (`novelty`, `exchange`). A
cluster keeps the name of its first article for ever. Copies are found, not events: two reporters'
own texts on one event are two articles.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import Article, Change, Fingerprint, Kind, Match, Prepared, Relation
from pipeline.dedup.fingerprint import check_scheme
from pipeline.dedup.index.entry import Entry, same_message
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.verdict.background import NOTHING, reused_in, without
from pipeline.dedup.verdict.canonical import canonical_of
from pipeline.dedup.verdict.novelty import Novelty, what_is_new
from pipeline.dedup.verdict.second_look import Passages, compare_passages, share_of_words
from pipeline.native import count_shared
from pipeline.text import fold
from pipeline.url import site_of

_Text = TypeVar("_Text", Prepared, Entry)

# In Python 3.11, looking up a member of an enumeration costs as much as a call.
_EXACT, _NEAR, _EXCERPT = Kind.EXACT, Kind.NEAR, Kind.EXCERPT
_REWRITE, _EXTENSION = Kind.REWRITE, Kind.EXTENSION
_SAME_URL, _SAME_SOURCE = Relation.SAME_URL, Relation.SAME_SOURCE
_OTHER_SOURCE = Relation.OTHER_SOURCE
# The evidence to prefer where an article matches several: nothing new in it comes first.
_RANK = {_EXACT: 0, _NEAR: 1, _EXCERPT: 2, _REWRITE: 3, _EXTENSION: 3}


class Overlap(Struct, frozen=True, gc=False):
    """How two texts share their shingles; all shares 0..1."""

    new: Fingerprint
    earlier: Fingerprint
    jaccard: float
    containment: float  # of the smaller set
    length: float  # the smaller set's size in the larger's

    @property
    def same_words(self) -> bool:
        return self.new.text_hash == self.earlier.text_hash

    @property
    def new_is_fuller(self) -> bool:
        return len(self.new.shingles) > len(self.earlier.shingles)

    @property
    def words(self) -> int:
        """The words of the shorter text."""
        return min(self.new.words, self.earlier.words)

    @property
    def least_numbers(self) -> int:
        """How many numbers the text with fewer has."""
        return min(len(self.new.numbers), len(self.earlier.numbers)) // 4

    @property
    def facts(self) -> tuple[float, float]:
        """The part of the numbers of the text with fewer, and of the names; of none 1."""
        if self.same_words:
            return 1.0, 1.0
        new, earlier = self.new, self.earlier
        return _part_shared(new.numbers, earlier.numbers), _part_shared(new.names, earlier.names)


class Evidence(Struct, frozen=True, gc=False):
    """An earlier article that the new one matches, and how: see `Match`."""

    entry: Entry
    kind: Kind
    relation: Relation
    jaccard: float = 1.0
    containment: float = 1.0
    passages: Passages | None = None  # where the shares of shingles did not decide
    is_other_story: bool = False  # which has the address now


def match(prepared: Prepared, neighbours: Sequence[Entry], options: DedupOptions) -> Match | None:
    """Returns the best evidence among `neighbours` that the article was seen before, or None.

    The same words come first, then the same address (a revision is a revision even if others
    copied it), then by kind (near, excerpt, extension), likeness and age; what is still equal
    stands in the order of `neighbours`. Last comes an address that was given to another story.
    What is new in the article is what none of those it matches has. The article's own entry,
    where a message is delivered again, doesn't count, nor does what the source said in several
    of these before. Raises ValueError for a fingerprint of another scheme.
    """
    if not neighbours or not prepared.fingerprint.words:
        return None  # as most articles
    related = [
        (entry, relate(prepared.article, entry))
        for entry in neighbours
        if entry.fingerprint.words and not same_message(prepared.quality.origin, entry.origin)
    ]
    of_source = [entry for entry, relation in related if relation is _SAME_SOURCE]
    reused = reused_in(of_source, options.reused_stories) if of_source else NOTHING
    own = _without(prepared, reused)
    found = []
    for entry, relation in related:
        if reused and relation is _SAME_SOURCE:
            one = _compare(own, _without(entry, reused), relation, options)
            one = replace(one, entry=entry) if one else None
        else:
            one = _compare(prepared, entry, relation, options)
        if one:
            found.append(one)
    return _conclude(prepared, found, options)


def compare(prepared: Prepared, entry: Entry, options: DedupOptions) -> Match | None:
    """Returns the evidence that the article copies, extends or revises an earlier one, or None."""
    found = None
    if prepared.fingerprint.words and entry.fingerprint.words:
        found = _compare(prepared, entry, relate(prepared.article, entry), options)
    return _conclude(prepared, [found] if found else [], options)


def _conclude(prepared: Prepared, found: Sequence[Evidence], options: DedupOptions) -> Match | None:
    """Returns the best evidence, with what the article adds to all the earlier ones together."""
    if not found:
        return None
    ranked = sorted(found, key=_preference) if len(found) > 1 else found
    best = ranked[0]
    if best.is_other_story:
        own = prepared.article.id
        whole = Novelty(1.0, prepared.fingerprint.words, adds=True)
        return _match_of(best, own, own, change=Change.OTHER_STORY, new=whole)
    if ranked[-1].is_other_story:  # these stand last
        ranked = [one for one in ranked if not one.is_other_story]
    entries = [one.entry for one in ranked]
    first = best.entry.cluster
    others = {entry.cluster: None for entry in entries if entry.cluster != first}
    canonical = canonical_of(prepared, entries, first, options)
    if best.kind is _EXACT:
        return _match_of(best, first, canonical, tuple(others))
    may_be_form = best.kind is _NEAR and best.relation is _SAME_SOURCE
    new = what_is_new(prepared, entries, options, may_be_form=may_be_form)
    change = Change.REVISION if best.relation is _SAME_URL else None
    return _match_of(best, first, canonical, tuple(others), change=change, new=new)


def _match_of(  # noqa: PLR0913 - by name
    best: Evidence,
    cluster: str,
    canonical: str,
    also_in: tuple[str, ...] = (),
    *,
    change: Change | None = None,
    new: Novelty | None = None,
) -> Match:
    """Returns evidence as it is published."""
    entry, seen = best.entry, best.passages
    return Match(
        kind=_kind_by(new, best.kind) if new else best.kind,
        relation=best.relation,
        of=entry.id,
        of_url=entry.url,
        of_seen_at=entry.seen_at,
        jaccard=best.jaccard,
        containment=best.containment,
        cluster=cluster,
        passages=round(seen.words, 4) if seen else None,
        score=round(seen.score, 4) if seen else None,
        novelty=round(new.share, 4) if new else 0.0,
        new_words=new.words if new else 0,
        difference=new.difference if new else None,
        also_in=also_in,
        canonical=canonical,
        change=change,
    )


def _kind_by(new: Novelty, kind: Kind) -> Kind:
    """Returns the kind of a likeness in the light of what is new."""
    if kind is _EXTENSION:
        return kind if new.adds else _NEAR
    return _REWRITE if new.adds else kind


def is_withheld(found: Match, options: DedupOptions) -> bool:
    """Returns whether an article with this match is a duplicate, by the policy."""
    match found.relation:
        case Relation.SAME_URL:
            return found.kind in options.withhold_same_url
        case Relation.SAME_SOURCE:
            return found.kind in options.withhold_same_source
        case Relation.OTHER_SOURCE:
            return found.kind in options.withhold_other_source


def _without(text: _Text, reused: AbstractSet[int]) -> _Text:
    """Returns an article or an entry without the shingles that its source reuses."""
    return replace(text, fingerprint=without(text.fingerprint, reused)) if reused else text


def _compare(
    prepared: Prepared, entry: Entry, relation: Relation, options: DedupOptions
) -> Evidence | None:
    """Returns the evidence of one entry, or None."""
    new, earlier = prepared.fingerprint, entry.fingerprint
    check_scheme(new.scheme, earlier.scheme)
    if new.text_hash == earlier.text_hash and options.short_words <= new.words >= options.min_words:
        return Evidence(entry, _EXACT, relation)
    overlap = measure(new, earlier)
    kind = _classify(prepared, entry, relation, overlap, options)
    if kind is _EXACT:
        return Evidence(entry, kind, relation)
    seen: Passages | None = None
    if kind is None and _is_mixed(relation, overlap, options):
        seen = compare_passages(prepared, entry, overlap.length, options)
        kind = _kind_of_part(overlap, options) if seen.score >= options.story_score else None
    if kind is None and relation is not _SAME_URL:
        return None
    return Evidence(
        entry,
        kind or _REWRITE,
        relation,
        round(overlap.jaccard, 4),
        round(overlap.containment, 4),
        seen,
        is_other_story=kind is None,
    )


def relate(article: Article, entry: Entry) -> Relation:
    """Returns who printed the earlier one: the same address, source (name or site) or another."""
    if article.canonical_url and article.canonical_url == entry.canonical_url:
        return _SAME_URL
    if article.source and entry.source and article.source.casefold() == entry.source.casefold():
        return _SAME_SOURCE
    site = _site_of(article.canonical_url)
    if site and site == _site_of(entry.canonical_url):
        return _SAME_SOURCE
    return _OTHER_SOURCE


_site_of = lru_cache(maxsize=256)(site_of)  # asked for once a neighbour


def measure(new: Fingerprint, earlier: Fingerprint) -> Overlap:
    """Returns the exact overlap of two texts, of all their shingles. 3 us at 700 words."""
    if new.text_hash == earlier.text_hash:
        return Overlap(new, earlier, jaccard=1.0, containment=1.0, length=1.0)
    shared = count_shared(new.shingles, earlier.shingles)
    smaller, larger = sorted((len(new.shingles) // 4, len(earlier.shingles) // 4))
    return Overlap(
        new,
        earlier,
        jaccard=shared / max(1, smaller + larger - shared),
        containment=shared / max(1, smaller),
        length=smaller / max(1, larger),
    )


def _classify(
    prepared: Prepared,
    entry: Entry,
    relation: Relation,
    overlap: Overlap,
    options: DedupOptions,
) -> Kind | None:
    headlines = prepared.article.headline or "", entry.headline or ""
    same_words = overlap.same_words
    if relation is _SAME_URL:
        kind = _EXACT if same_words else _copy_kind(relation, overlap, options)
        same_story = overlap.jaccard >= options.same_url_jaccard or _same(*headlines)
        return kind or (_NEAR if same_story else None)
    words = overlap.words
    if words < options.min_words:
        return _EXACT if same_words and _same(*headlines) else None
    if words < options.short_words and _apart(*headlines, options.headline_shared):
        return None
    return _EXACT if same_words else _copy_kind(relation, overlap, options)


def _copy_kind(relation: Relation, overlap: Overlap, options: DedupOptions) -> Kind | None:
    kind: Kind | None
    if overlap.containment >= options.containment and overlap.length <= options.part_length:
        kind = _kind_of_part(overlap, options)
    else:
        is_short = overlap.words < options.short_words
        enough = max(options.near_jaccard, options.short_jaccard if is_short else 0.0)
        kind = _NEAR if overlap.jaccard >= enough else None
    return None if kind is None or _is_form(relation, overlap, options) else kind


def _kind_of_part(overlap: Overlap, options: DedupOptions) -> Kind:
    """Returns what the new text of two that share enough is called, by their lengths."""
    if overlap.length > options.part_length:
        return _NEAR
    return _EXTENSION if overlap.new_is_fuller else _EXCERPT


def _is_form(relation: Relation, overlap: Overlap, options: DedupOptions) -> bool:
    """Returns whether the likeness is that of a template: the same words around other facts."""
    is_short = overlap.words < options.short_words
    may_be = is_short or (
        relation is not _OTHER_SOURCE
        and overlap.jaccard < options.form_jaccard
        and overlap.least_numbers >= options.form_numbers
    )
    if not may_be:
        return False
    numbers, names = overlap.facts
    if not is_short and names >= options.story_names and numbers >= options.story_numbers:
        return False
    return numbers < options.numbers_shared or names < options.names_shared


def _is_mixed(relation: Relation, overlap: Overlap, options: DedupOptions) -> bool:
    """Returns whether shares of shingles leave open if the two are one story."""
    return (
        overlap.words >= options.short_words
        and overlap.containment >= options.look_containment
        and not _is_form(relation, overlap, options)
    )


def _preference(one: Evidence) -> tuple[bool, bool, bool, int, float, str]:
    return (
        one.is_other_story,
        one.kind is not _EXACT,
        one.relation is not _SAME_URL,
        _RANK[one.kind],
        -(one.jaccard if one.kind is _NEAR else one.containment),
        one.entry.seen_at,
    )


def _same(headline: str, other: str) -> bool:
    return fold(headline) == fold(other) != ""


def _apart(headline: str, other: str, enough: float) -> bool:
    """Returns whether two headlines share less than `enough` of the shorter one's words."""
    shared = share_of_words(headline, other)
    return shared is not None and shared < enough


def _part_shared(packed: bytes, other: bytes) -> float:
    """Returns the part of the smaller of two sets that is in the other; 1 where it is empty."""
    fewer = min(len(packed), len(other)) // 4
    return count_shared(packed, other) / fewer if fewer else 1.0
