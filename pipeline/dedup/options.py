"""What a copy is, how far back to look, and what is withheld: every number of this stage."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pipeline.article import Kind

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
            " are near copies (0..1, Jaccard similarity)."
        ),
    ] = 0.35
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
        Meta(description="What near_jaccard is raised to for short texts (0..1)."),
    ] = 0.45
    numbers_shared: Annotated[
        Share,
        Meta(
            description="Short texts, and longer ones that one source fills into one form, are"
            " copies only where at least this part of the distinct numbers of the one with"
            " fewer is in the other (0..1). Dividends, bond terms and daily figures share less."
        ),
    ] = 0.8
    form_jaccard: Annotated[
        Share,
        Meta(
            description="Texts of one source below this Jaccard similarity may be one form"
            " filled in twice: they must share their numbers (numbers_shared)."
        ),
    ] = 0.5
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
