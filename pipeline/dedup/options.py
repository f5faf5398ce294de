"""What a copy is, how far back to look, and what is withheld: every number of this stage."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from pipeline.article import Kind


class Canonical(StrEnum):
    """Which article of a cluster is its canonical one."""

    EARLIEST = "earliest"
    LONGEST = "longest"
    TRUSTED = "trusted"


Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]


class DedupOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Numbers without another source were set on 431 hand-labelled pairs of articles.

    `bench/quality/pairs.py` prints what they give.
    """

    near_jaccard: Annotated[
        Share,
        Meta(
            description="Texts that share at least this part of all their five-word shingles"
            " are near copies without a second look (0..1, Jaccard similarity): of the labelled"
            " pairs, all 143 such of 60 words or more."
        ),
    ] = 0.45
    containment: Annotated[
        Share,
        Meta(
            description="The shorter text is an excerpt of the longer where at least this part"
            " of its shingles lies in it (0..1)."
        ),
    ] = 0.7
    part_length: Annotated[
        Share,
        Meta(
            description="An excerpt has at most this part of the fuller text's distinct"
            " shingles; above, the two are near copies (0..1)."
        ),
    ] = 0.75
    short_words: Annotated[
        Count,
        Meta(
            description="Texts of fewer words than this are short (words): in them, like form"
            " is no proof, for 21 of 29 such pairs with Jaccard over .35 were templates."
        ),
    ] = 60
    short_jaccard: Annotated[
        Share,
        Meta(
            description="What near_jaccard is raised to for short texts, where it is less (0..1)."
        ),
    ] = 0.45
    look_containment: Annotated[
        Share,
        Meta(
            description="Longer texts get a second look where at least this part of the shorter"
            " one's shingles lies in the other (0..1); agency copy that was reworded throughout"
            " has .37."
        ),
    ] = 0.35
    story_score: Annotated[
        float,
        Meta(
            ge=0,
            description="A second look finds one story where the part of the shorter text's words"
            " that stand in passages of both (0..1), and the terms below, add up to this.",
        ),
    ] = 0.83
    headline_weight: Annotated[
        Share,
        Meta(
            description="What like headlines add to the score, times the part of the shorter"
            " one's words that the other has."
        ),
    ] = 0.15
    names_weight: Annotated[
        Share,
        Meta(
            description="What shared names add, times the part of the names of the text with"
            " fewer that the other has. Own reports on one event share fewer than copies."
        ),
    ] = 0.2
    part_penalty: Annotated[
        Share,
        Meta(
            description="What is taken off for unlike lengths, times the part by which the"
            " shorter text is shorter: round-ups quote, copies run on."
        ),
    ] = 0.4
    numbers_shared: Annotated[
        Share,
        Meta(
            description="Short texts, and longer ones that one source fills into one form, are"
            " copies only where at least this part of the distinct numbers of the one with"
            " fewer is in the other (0..1). Dividends, bond terms and daily figures share less."
        ),
    ] = 0.8
    names_shared: Annotated[
        Share,
        Meta(
            description="The same for their names (0..1): bond notices of two issuers share half."
        ),
    ] = 0.6
    form_jaccard: Annotated[
        Share,
        Meta(
            description="Texts of one source below this Jaccard similarity may be one form"
            " filled in twice: they must share their numbers and names (numbers_shared)."
        ),
    ] = 0.6
    form_numbers: Annotated[
        Count,
        Meta(
            description="Texts that are not short and hold fewer distinct numbers than this are no"
            " forms: the 8 labelled ones of 60 words or more have 6 to 10."
        ),
    ] = 5
    story_names: Annotated[
        Share,
        Meta(
            description="Texts that are not short are no forms where they share this part of the"
            " names of the one with fewer, and story_numbers of its numbers (0..1): forms name"
            " others."
        ),
    ] = 0.9
    story_numbers: Annotated[
        Share,
        Meta(
            description="The part of the numbers that goes with story_names (0..1): a story told"
            " again has newer figures."
        ),
    ] = 0.6
    reused_stories: Annotated[
        Count,
        Meta(
            description="What this many earlier stories of one source share does not count between"
            " its articles: background, forms, boilerplate that cleaning left. Two may be a story"
            " and its copy that was missed."
        ),
    ] = 3
    headline_shared: Annotated[
        Share,
        Meta(
            description="Short texts at two addresses are copies only where their headlines, if"
            " both have one, share at least this part of the shorter one's words (0..1)."
        ),
    ] = 0.25
    min_words: Annotated[
        Count,
        Meta(
            description="Texts of fewer words (words) match only when word for word the same"
            " and under the same headline or address."
        ),
    ] = 20
    same_url_jaccard: Annotated[
        Share,
        Meta(
            description="A changed text at one address belongs to the earlier one where they"
            " share this part of their shingles, or have one headline; else the address has"
            " been given to another story."
        ),
    ] = 0.1
    bands: Annotated[
        Count, Meta(description="Bands of the signature that propose candidates; see rows.")
    ] = 25
    rows: Annotated[
        Count,
        Meta(
            description="Signature values in a band. Two texts of similarity s share a band of"
            " b times r values with probability 1 - (1 - s**r)**b; b * r may be at most 128."
        ),
    ] = 5
    sample_rate: Annotated[
        Count,
        Meta(
            description="One shingle in this many is kept to find excerpts by"
            " (FracMinHash; Irber et al. 2022)."
        ),
    ] = 16
    sample_size: Annotated[
        Count,
        Meta(
            description="Shingles kept of one article at most, to find excerpts by; 1,024 at"
            " one in 16 is a text of 16,000 words, longer than any live page in the data."
        ),
    ] = 1024
    postings: Annotated[
        Count,
        Meta(
            description="Articles remembered for one text or one sampled shingle: the earliest"
            " and the newest. What more articles share is boilerplate, or a copy of copies."
        ),
    ] = 64
    candidates: Annotated[
        Count, Meta(description="Candidates compared in full with one article at most.")
    ] = 32
    window_days: Annotated[
        float,
        Meta(gt=0, description="Articles are compared with those that arrived this long before."),
    ] = 30.0
    exact_window_days: Annotated[
        float,
        Meta(
            gt=0,
            description="Addresses and texts word for word the same are remembered this long, at"
            " 80 bytes of memory an article: static pages are delivered again for months. Not"
            " shorter than window_days.",
        ),
    ] = 180.0
    capacity: Annotated[
        int,
        Meta(
            ge=1024,
            le=(1 << 24) - 1,
            description="Articles remembered at most (of a partition); then the one that was seen"
            " longest ago goes for each new one. Memory is taken as articles come, 440 bytes each"
            " and 10 for each sampled shingle.",
        ),
    ] = 1 << 23
    withhold_novelty: Annotated[
        Share,
        Meta(
            description="A text adds nothing where at most this part of its words lies in no"
            " passage of five words or more that an earlier text has (0..1), and `withhold_most`,"
            " `withhold_run` and `exchanged_facts` do not speak against it."
        ),
    ] = 0.15
    withhold_words: Annotated[
        int,
        Meta(
            ge=0,
            description="So few new words add nothing, whatever their share (words). Corrections"
            " are made in five.",
        ),
    ] = 3
    withhold_most: Annotated[
        Count,
        Meta(
            description="More new words than this add something, however small their share"
            " (words): live pages and long reports."
        ),
    ] = 60
    withhold_run: Annotated[
        Count,
        Meta(
            description="More new words than this in a row add something (words): a sentence of"
            " its own. Of the labelled copies none has more than 19."
        ),
    ] = 24
    exchanged_facts: Annotated[
        bool,
        Meta(
            description="Whether a text adds something that corrects the earlier one, or has other"
            " facts in the place of its facts, however few: numbers and names in texts of up to"
            " 2,000 characters and 600 words, numbers in longer ones of one source."
        ),
    ] = True
    canonical: Annotated[
        Canonical,
        Meta(
            description="Which article `match.canonical` names, of those of the cluster that the"
            " article matches and itself: the earliest of the cluster, the longest, or the first"
            " of a trusted source."
        ),
    ] = Canonical.EARLIEST
    trusted_sources: Annotated[
        tuple[str, ...],
        Meta(description="Sources for `canonical: trusted`, the most trusted first."),
    ] = ()
    withhold_same_url: Annotated[
        tuple[Kind, ...],
        Meta(
            description="What is withheld as a duplicate when it came from the same address"
            " before: only the unchanged text, for a changed one is a revision."
        ),
    ] = (Kind.EXACT,)
    withhold_same_source: Annotated[
        tuple[Kind, ...],
        Meta(description="The same for what the source printed before at another address."),
    ] = (Kind.EXACT, Kind.NEAR, Kind.EXCERPT)
    withhold_other_source: Annotated[
        tuple[Kind, ...],
        Meta(description="The same for what another source printed before."),
    ] = (Kind.EXACT, Kind.NEAR, Kind.EXCERPT)
