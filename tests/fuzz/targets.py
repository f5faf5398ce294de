"""What is fuzzed, and what must hold for any bytes. Each target raises where something does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from pipeline import Desk
from pipeline.article import Article, Draft, Quality, encode
from pipeline.assembly import draft_of
from pipeline.clean import CleanOptions, Context, clean, undo
from pipeline.dedup.permutations import permutations
from pipeline.native import _native, twins
from pipeline.native.codepoints import as_is, compared

_DESK = Desk()
_OPTIONS = CleanOptions()
_FEW_WORDS = 30  # shorter texts may be two of a form
_FEW_BYTES = 1_000  # the twins are slow
_SEPARATOR = "\x1f"  # between the fields of a target that takes several texts


def article(data: bytes) -> None:
    """Any bytes give outcomes, whose records are one line each and are read back equal."""
    for outcome in _DESK.run([data]):
        for record, kind in ((outcome.article, Article), (outcome.quality, Quality)):
            if record is not None:
                line = encode(record)
                assert b"\n" not in line, line
                again = encode(msgspec.json.decode(line, type=kind))
                assert msgspec.json.decode(again) == msgspec.json.decode(line), line
        if outcome.article is not None:
            undo(draft_of(outcome.article), outcome.quality.repairs)


def cleaning(data: bytes) -> None:
    """Cleaning can be undone to the character, and finds nothing more in what it left."""
    headline, description, body = _texts(data, 3)
    given = Draft(headline=headline, description=description, body=body)
    cleaned, repairs = clean(given, Context(), _OPTIONS)
    assert undo(cleaned, repairs) == given, (given, repairs)
    again, more = clean(cleaned, Context(), _OPTIONS)
    assert again == cleaned, (given, cleaned, more)


def copies(data: bytes) -> None:
    """Any two texts can be compared, and a text is a copy of itself."""
    first, second = _texts(data, 2)
    records = [
        {"text": one, "url": f"https://a.example/{n}"} for n, one in enumerate((first, second))
    ]
    found = [*_DESK.run([*records, {**records[0], "url": "https://b.example/0"}])]
    if found[0].verdict == "publish" and found[0].quality.measures["words"] > _FEW_WORDS:
        assert found[2].verdict == "duplicate", found[2]


def native(data: bytes) -> None:
    """The native functions over texts and hashes give what their twins give, for any sizes."""
    data = data[:_FEW_BYTES]
    first, second = _texts(data, 2)
    width, packed = 1 + len(first) % 7, data[: len(data) // 4 * 4]
    texts = (first, compared()), (second, compared())
    asked: list[tuple[str, tuple[object, ...]]] = [
        ("squeeze", texts[0]),
        ("squeeze_lines", texts[0]),
        ("hash_shingles", (*texts[1], width)),
        ("fingerprint", (first, as_is(), compared(), permutations(8, 1), width)),
        ("sample", (packed, 1 + len(second) % 5, len(first) % 9)),
    ]
    for name, given in asked:
        assert getattr(_native, name)(*given) == getattr(twins, name)(*given), (name, given)
    ordered, sets = (twins.hash_shingles(*text, width) for text in texts)
    shingles = b"".join(sorted({sets[at : at + 4] for at in range(0, len(sets), 4)}, key=_number))
    marks = bytearray(len(first) % 50), bytearray(len(first) % 50)
    for module, own in zip((_native, twins), marks, strict=True):
        module.mark_covered(own, ordered, shingles, width)
    assert marks[0] == marks[1], (first, second, width)
    covered = [module.count_covered(ordered, shingles, width) for module in (_native, twins)]
    assert covered[0] == covered[1], (first, second, width)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (article, cleaning, copies, native)
}


def _number(packed: bytes) -> int:
    return int.from_bytes(packed, "little")


def _texts(data: bytes, count: int) -> list[str]:
    texts = data.decode(errors="replace").split(_SEPARATOR, count - 1)
    return texts + [""] * (count - len(texts))


def seeds(name: str, values: list[Mapping[str, str]]) -> list[bytes]:
    """The first inputs of a target, from records with `headline` and `articleBody`."""
    if name == "article":
        return [msgspec.json.encode(one) for one in values]
    body = ("articleBody", "articleBody")
    fields = ("headline", "description", "articleBody") if name == "cleaning" else body
    return [_SEPARATOR.join(one.get(field, "") for field in fields).encode() for one in values]
