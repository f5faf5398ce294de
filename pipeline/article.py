r"""The records of an article at each stage, in order.

    bytes --parse--> RawArticle            or DeadLetter
          --clean--> Draft + Repairs       the four texts, and each edit of them
          --check--> Findings + measures
          --fingerprint--> Fingerprint     these together: Article + Quality
                     = Prepared            or Rejected
          --decide-> Outcome

All are frozen and well formed: code that receives one need not check it again. On the wire they
are JSON in camelCase (`docs/records.md`); offsets count Unicode code points from 0, line
numbers count from 1, times are UTC in ISO 8601. Frozen records hold no cycles, so the garbage
collector need not visit them (`gc=False`): an index keeps millions.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Self

import msgspec
from msgspec import Raw, Struct

FieldName = Literal["headline", "description", "articleBody", "authors"]
Provenance = Literal["given", "inferred", "repaired"]


class Origin(Struct, frozen=True, gc=False, omit_defaults=True):
    """Where the bytes came from: a line of a file, or an offset of a topic's partition."""

    file: str | None = None
    line: int | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    item: int | None = None  # of a value that holds several records: which one, from 1

    def __str__(self) -> str:
        item = "" if self.item is None else f"#{self.item}"
        if self.topic is not None:
            return f"{self.topic}[{self.partition}]@{self.offset}{item}"
        return f"{self.file}:{self.line}{item}"


class Format(StrEnum):
    """The declared format of the bytes; UNKNOWN means that the parser detects it."""

    JSON = "json"
    TEXT = "text"
    MARKDOWN = "markdown"
    PAGE = "page"  # an object that holds a web page, as `parse.web_page` reads it
    UNKNOWN = "unknown"


class Arrival(Struct, frozen=True, gc=False):
    """The envelope of one input: its origin, its time of arrival and its declared format."""

    origin: Origin
    seen_at: str  # UTC, ISO 8601, e.g. 2026-11-22T19:03:00Z
    format: Format = Format.UNKNOWN
    findings: tuple[Finding, ...] = ()  # what reading the bytes noticed
    around: bytes = b""  # JSON of the envelope that the record stood in


class Severity(StrEnum):
    INFO = "info"
    WARN = "warn"
    REJECT = "reject"


class Flaw(StrEnum):
    """A flaw of the page that an article was taken from, as a repair or a finding shows it."""

    RESIDUE = "residue"  # page furniture and markup left in the text
    REPEAT = "repeat"  # repeated text
    PAYWALL = "paywall"  # a request to subscribe


class Verdict(StrEnum):
    PUBLISH = "publish"
    DUPLICATE = "duplicate"
    REJECT = "reject"


class Finding(Struct, frozen=True, gc=False, omit_defaults=True):
    """One thing a check noticed. `value` and `limit` are in the unit of the rule's measure."""

    rule: str
    severity: Severity
    value: float | str | None = None
    limit: float | str | None = None
    detail: str | None = None  # in words, what the number alone does not say


class Observation(Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """What a rule that is only observed would have done to one article, which it did not change.

    `count` are the edits of a repair, in the article as it left cleaning; a finding is 1, with the
    severity, value and limit that it would have had.
    """

    rule: str
    count: int
    chars_removed: int = 0
    chars_added: int = 0
    severity: Severity | None = None
    value: float | str | None = None
    limit: float | str | None = None


DEAD_LETTER = "dead-letter"  # the only finding in the quality record of a dead letter


class Digest(NamedTuple):
    """What remains of bytes that are not kept; by default, of none."""

    size: int = 0  # bytes
    sha256: str = hashlib.sha256().hexdigest()

    @classmethod
    def of(cls, value: bytes) -> Self:
        """Returns the digest of some bytes."""
        return cls(len(value), hashlib.sha256(value).hexdigest())


class DeadLetter(Struct, frozen=True, rename="camel"):
    """Bytes that cannot become an article, kept whole (unless too large) with the reason."""

    origin: Origin
    stage: str
    reason: str  # a bounded set of names: `not-json`, `wrong-type`, ...
    message: str  # for a person: what, where, what to do
    size: int  # bytes of the original value
    sha256: str
    value: bytes | None  # the original; None when larger than parse.max_bytes
    seen_at: str

    @classmethod
    def of(
        cls, value: bytes | Digest, arrival: Arrival, stage: str, reason: str, message: str
    ) -> Self:
        """Returns the dead letter of a value, or of one of which only the digest is kept."""
        kept, digest = (None, value) if isinstance(value, Digest) else (value, Digest.of(value))
        return cls(arrival.origin, stage, reason, message, *digest, kept, arrival.seen_at)


class RawArticle(Struct, frozen=True, kw_only=True):
    """The parsed input, with our field names and types, before any repair."""

    id: str | None = None
    url: str | None = None
    headline: str = ""
    description: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    date_published: str | None = None  # ISO 8601; None where the date is ambiguous or unreadable
    date_published_raw: str | None = None
    date_modified: str | None = None
    date_modified_raw: str | None = None
    language: str | None = None  # as declared, in BCP 47: en, pt-BR, zh-Hant
    source: str | None = None  # as declared, else None
    extra: dict[str, Raw] = {}
    provenance: dict[str, Provenance] = {}  # only when the input carried one (our own output)
    markdown: bool = False  # the input was declared Markdown
    plain: bool = False  # the whole input was the text: it had no fields
    findings: tuple[Finding, ...] = ()  # those of parsing: wrong types, odd encodings
    date_line: str = ""  # the line above the story that is only its date


class Draft(Struct, frozen=True, gc=False):
    """The four texts a repair may edit. `authors` holds one author a line."""

    headline: str = ""
    description: str = ""
    body: str = ""
    authors: str = ""


class Edit(Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """One change: `added` replaced `removed` at each offset of `at`, in the text after the repair.

    `lines` are the first and last line that the edit touched, in the field as given. For a repeat,
    `copy_of` are the lines of the copy that stays. `learned` are the learned lines that caused the
    edit; an edit by a general rule has none. `because` is, for each line that the line model was
    sure of, how sure it was and what spoke most for it.
    """

    field: FieldName
    at: tuple[int, ...]
    removed: str = ""
    added: str = ""
    lines: tuple[int, int] | None = None
    copy_of: tuple[int, int] | None = None
    learned: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


class Repair(Struct, frozen=True, gc=False, rename="camel"):
    """All edits of one rule in one pass; undoing repairs last to first gives the input back.

    `chars_removed` and `chars_added` count characters other than line breaks.
    """

    rule: str
    count: int
    chars_removed: int
    chars_added: int
    edits: tuple[Edit, ...]


class Kind(StrEnum):
    """How a text relates to earlier ones. The first three add nothing to them."""

    EXACT = "exact"
    NEAR = "near"
    EXCERPT = "excerpt"
    REWRITE = "rewrite"  # the same story, with words or facts of its own
    EXTENSION = "extension"  # holds the earlier one whole, and more


class Relation(StrEnum):
    """Where the earlier article was printed, seen from the later one."""

    SAME_URL = "same-url"
    SAME_SOURCE = "same-source"
    OTHER_SOURCE = "other-source"


class Change(StrEnum):
    """What became of the text at an address that was seen before."""

    REVISION = "revision"  # a version of the earlier text
    OTHER_STORY = "other-story"  # the address was given to another story


class Match(Struct, frozen=True, gc=False, rename="camel"):
    """The evidence that an article was seen before."""

    kind: Kind
    relation: Relation
    of: str  # id of the earlier article
    of_url: str | None
    of_seen_at: str
    jaccard: float  # 0..1, of the sets of shingles
    containment: float  # 0..1, share of the smaller set that the larger one contains
    cluster: str  # id of the first article of the cluster; never changes
    # Where the shares of shingles did not decide:
    passages: float | None = None  # 0..1, of the shorter text's words: in passages of both
    score: float | None = None  # what the passages, headlines, names and lengths add up to
    # What it adds to all the earlier texts that it matches:
    novelty: float = 0.0  # 0..1, of its words: in no passage that any of them has
    new_words: int = 0  # the number of these words
    # A fact in the place of another (`old > new`), or the word that announces a correction. Of a
    # withheld article, an exchange that may be no fact:
    difference: str | None = None
    also_in: tuple[str, ...] = ()  # further clusters that it joins
    canonical: str | None = None  # id of the cluster's canonical article, by `dedup.canonical`
    change: Change | None = None  # of another text at the same address


class Quality(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """The quality record: everything that was done to one input and found in it."""

    id: str
    origin: Origin
    source: str | None
    language: str | None
    verdict: Verdict
    reasons: tuple[str, ...]
    repairs: tuple[Repair, ...]
    findings: tuple[Finding, ...]
    measures: dict[str, float]
    observed: tuple[Observation, ...] = ()  # what `clean.observe` and `check.observe` name
    match: Match | None = None
    ruleset: str
    seen_at: str
    processed_at: str = ""


class QualityNote(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """The short form of `Quality` that an article record carries: rule ids, no details."""

    origin: Origin
    verdict: Verdict
    reasons: tuple[str, ...]
    match: Match | None
    language: str | None
    ruleset: str
    repairs: tuple[str, ...]
    findings: tuple[str, ...]


class Article(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """The article as it leaves the desk; names follow schema.org NewsArticle."""

    id: str
    url: str | None
    canonical_url: str | None
    headline: str | None
    description: str | None
    article_body: str  # paragraphs separated by one blank line
    authors: tuple[str, ...]
    date_published: str | None
    date_published_raw: str | None
    date_modified: str | None
    date_modified_raw: str | None
    in_language: str | None
    source: str | None
    provenance: dict[str, Provenance]
    extra: dict[str, Raw]
    dateline: str | None = None  # as printed at the head of the body: LAGOS, Nov. 3 (NAN)
    quality: QualityNote | None = None


class Fingerprint(Struct, frozen=True, gc=False, rename="camel"):
    """What dedup keeps of a text. Only fingerprints of the same `scheme` can be compared.

    `signature`: 128 MinHash values, uint32 little-endian (512 bytes). `shingles`: the sorted
    distinct 32-bit shingle hashes, uint32 little-endian. `numbers`: the same for the distinct
    numbers in the text, `names` for its names. `text_hash`: 128 bits, hex, over the folded words
    in order. `text`: the body itself where it is short, so that exchanged facts can be seen.
    """

    scheme: str
    text_hash: str
    words: int
    signature: bytes
    shingles: bytes
    numbers: bytes
    names: bytes
    text: str | None = None


class Prepared(Struct, frozen=True, gc=False):
    """A cleaned, checked and fingerprinted article, ready to be compared with earlier ones."""

    article: Article
    quality: Quality
    fingerprint: Fingerprint


class Rejected(Struct, frozen=True, gc=False):
    """An article too broken to publish, with the findings that say why."""

    article: Article
    quality: Quality


class Outcome(Struct, frozen=True, gc=False):
    """An article with its final verdict and the full record of the reasons."""

    article: Article
    quality: Quality


def encode(record: Any) -> bytes:
    """Returns a record as one line of JSON, UTF-8, without the line break."""
    return msgspec.json.encode(record)
