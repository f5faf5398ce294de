"""Genuine articles that are rejected, by language, and broken ones that are caught, by kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from bench.quality.data import (
    Result,
    Row,
    desked,
    is_mended,
    labelled_rows,
    labels,
    rows,
    sets,
    share,
)
from bench.quality.rejected import group_of
from bench.quality.table import Figure

_FEWEST = 200  # genuine articles of a language, to be a figure of its own
# The reason a label gives, and the name of the stub in the rules.
_STUBS = {
    "empty body": "empty",
    "empty body, picture page": "empty",
    "error page": "error_page",
    "cookie notice only": "cookie_wall",
    "login page": "login_wall",
    "loading page of a live page": "javascript_notice",
    "video only": "video_only",
    "list page of the site": "static_page",
}
_OTHERS = "of_no_named_kind"  # live pages without entries, archives, the site's own events


def figures(step: int = 1) -> list[Figure]:
    """`step`: of the genuine articles only every so many-th is looked at."""
    broken = _broken()
    genuine, caught = (
        defaultdict[str, Counter[str]](Counter),
        defaultdict[str, Counter[str]](Counter),
    )
    for number, (name, row) in enumerate(_all()):
        kind = broken.get(_text(row))
        if kind is not None:
            caught[kind].update(all=1, rejected=desked(row).rejected)
        elif number % step == 0 and not is_mended(row["text"]):
            group = group_of(name, row, None)
            genuine[group].update(all=1, rejected=desked(row).rejected)
    return [
        *(Figure(f"rejected.{language}_most", count["all"], _rate(count))
          for language, count in sorted(genuine.items())
          if count["all"] * step >= _FEWEST and " " not in language and language != "?"),
        Figure("rejected.all_most", sum(count["all"] for count in _true(genuine)),
               share(sum(count["rejected"] for count in _true(genuine)),
                     sum(count["all"] for count in _true(genuine)))),
        *(Figure(f"stubs.{kind}", count["all"], _rate(count), 0.0)
          for kind, count in sorted(caught.items())),
    ]  # fmt: skip


def _true(groups: dict[str, Counter[str]]) -> list[Counter[str]]:
    return [count for group, count in groups.items() if " " not in group]


def _rate(count: Counter[str]) -> float:
    return share(count["rejected"], count["all"])


def _text(row: Row) -> str:
    return (row["text"] or "").strip()


def _all() -> Iterator[tuple[str, Row]]:
    for name in sets():
        for row in rows(name):
            yield name, row


def _broken() -> dict[str, str]:
    """The kind of stub by its text: the same page, delivered again, is as broken."""
    texts = labelled_rows()
    return {
        _text(texts[label["id"]]): _STUBS.get(label["reason"], _OTHERS)
        for label in labels("articles")
        if label["action"] == "reject" and label["id"] in texts
    }


def listing() -> Iterator[str]:
    """Genuine articles that are rejected, broken ones that are not."""
    broken = _broken()
    for name, row in _all():
        kind, result = broken.get(_text(row)), desked(row)
        genuine = kind is None and " " not in group_of(name, row, None)
        if genuine and result.rejected:
            yield f"REJECTED {row['language']} {row['id']} {_reasons(result)}: {_start(row)}"
        if kind is not None and not result.rejected:
            yield f"PUBLISHED {kind} {row['id']}: {_start(row)}"


def _reasons(result: Result) -> str:
    return " ".join(result.quality.reasons) if result.quality else "dead letter"


def _start(row: Row) -> str:
    return f"{(row['title'] or '')[:60]!r} | {(row['text'] or '')[:80]!r}"
