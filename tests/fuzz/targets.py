"""What is fuzzed, and what must hold for any bytes. Each target raises where something does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from pipeline import Desk
from pipeline.article import Article, Draft, Quality, encode
from pipeline.assembly import draft_of
from pipeline.clean import CleanOptions, Context, clean, undo

_DESK = Desk()
_OPTIONS = CleanOptions()
_FEW_WORDS = 30  # shorter texts may be two of a form
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


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (article, cleaning, copies)
}


def _texts(data: bytes, count: int) -> list[str]:
    texts = data.decode(errors="replace").split(_SEPARATOR, count - 1)
    return texts + [""] * (count - len(texts))


def seeds(name: str, values: list[Mapping[str, str]]) -> list[bytes]:
    """The first inputs of a target, from records with `headline`, `description` and `text`."""
    if name == "article":
        return [msgspec.json.encode(one) for one in values]
    fields = ("headline", "description", "text") if name == "cleaning" else ("text", "text")
    return [_SEPARATOR.join(one.get(field, "") for field in fields).encode() for one in values]
