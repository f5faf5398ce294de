"""Cases and laws for rules and languages of one's own: the ones that Copydesk's are tested by.

Plain functions, for pytest or anything else; what does not hold is an AssertionError that says so.

    from pipeline.testing import check_case, check_laws, drafts_of, read_cases

    CASES = read_cases(Path(__file__).with_name("cases.toml"))

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_case(case):
        check_case(case, RULES)

    def test_laws():
        for draft, context in drafts_of(CASES):
            check_laws(RULES, draft, context)

Rules run in this process here, so that a debugger sees them.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pipeline.article import Arrival, Draft, Origin, Rejected
from pipeline.check import RULES, CheckOptions, Subject, check
from pipeline.check.identify import KNOWN, same_language
from pipeline.check.notices import is_section
from pipeline.clean import (
    Candidates,
    CleanOptions,
    Context,
    Rule,
    Splice,
    clean,
    clean_with,
    dateline_of,
    undo,
)
from pipeline.clean.edits import apply, text_of
from pipeline.clean.scan import Scan
from pipeline.flow import Stages, prepare
from pipeline.languages.bundle import use
from pipeline.own import OwnOptions
from pipeline.own.language_files import problems_of_own
from pipeline.text import line_spans

_DEFAULTS = CleanOptions()
_NO_CONTEXT = Context()


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article with a flaw, or one that looks like it and must stay.

    `input` and `expected` are a body, or an object with the names of `Draft` and of `Context`.
    `source` is `negative` where the rule must do nothing. With `expect: fail` the case is known
    not to come out yet.
    """

    label: str
    rule: str
    input: str | dict[str, Any]
    expected: str | dict[str, Any]
    source: str = ""
    comment: str = ""
    expect: Literal["pass", "fail"] = "pass"

    def __str__(self) -> str:
        return f"{self.rule}: {self.label}"


class _TomlCases(Struct, frozen=True, forbid_unknown_fields=True):
    case: list[Case]


def read_cases(path: Path) -> list[Case]:
    """Returns the cases of a file: a list in JSON, or tables `[[case]]` in TOML."""
    if path.suffix == ".toml":
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), _TomlCases).case
    return msgspec.json.decode(path.read_bytes(), type=list[Case])


def drafts_of(cases: Sequence[Case], mixed: int = 200) -> Iterator[tuple[Draft, Context]]:
    """Yields the drafts of the cases, then `mixed` ones of their lines in any order.

    The same cases give the same drafts.
    """
    given = [_read(case.input) for case in cases]
    yield from given
    dice = random.Random(len(given))  # noqa: S311 - reproducible, not secret
    lines = [line for draft, _ in given for line in draft.body.split("\n") if line.strip()]
    for _ in range(mixed if given else 0):
        draft, context = dice.choice(given)
        body = dice.choice(("\n", "\n\n")).join(dice.choices(lines or [""], k=dice.randrange(9)))
        yield msgspec.structs.replace(draft, body=body), context


def check_case(case: Case, rules: Sequence[Rule] = (), options: CleanOptions = _DEFAULTS) -> None:
    """Asserts that cleaning, with `rules` after ours, gives what the case expects."""
    if case.expect == "pass":
        _check_case(case, rules, options)
        return
    try:
        _check_case(case, rules, options)
    except AssertionError:
        return
    raise AssertionError(f"{case}: it comes out now; remove `expect: fail`")


def _check_case(case: Case, rules: Sequence[Rule], options: CleanOptions) -> None:
    given, context = _read(case.input)
    wanted, _ = _read(case.expected)
    cleaned, repairs, _ = clean_with(tuple(rules), given, context, options)
    for name in case.expected if isinstance(case.expected, dict) else ["body"]:
        found = getattr(cleaned, name, "")
        _same(found, getattr(wanted, name, ""), f"{case}: {name}")
    fired = [repair.rule for repair in repairs]
    _holds(
        (case.rule in fired) == (case.source != "negative"),
        f"{case}: the rules that edited are {fired}",
    )
    check_settles(rules, given, context, options)


def check_laws(
    rules: Sequence[Rule],
    draft: Draft,
    context: Context = _NO_CONTEXT,
    options: CleanOptions = _DEFAULTS,
) -> None:
    """Asserts every law of rules for a draft, given and cleaned."""
    check_candidates(rules, draft, context)
    cleaned = check_settles(rules, draft, context, options)
    check_candidates(rules, cleaned, context)


def check_candidates(rules: Sequence[Rule], draft: Draft, context: Context = _NO_CONTEXT) -> None:
    """Asserts that each rule finds on its candidates what it finds on all lines.

    And that its edits are inside the texts, and do not overlap.
    """
    scan = _scan(tuple(rules))
    found, _ = scan.candidates(draft, scan.given(context))
    every = all_lines(draft)
    for number, rule in enumerate(scan.rules):
        wanted = apply(draft, rule.id, _inside(rule, draft, every, context))
        splices = _inside(rule, draft, found[number], context) if number in found else ()
        _same(apply(draft, rule.id, splices), wanted, f"{rule.id} on its candidates")


def check_settles(
    rules: Sequence[Rule], draft: Draft, context: Context, options: CleanOptions = _DEFAULTS
) -> Draft:
    """Asserts that a cleaned draft stays as it is, and that its edits can be undone; returns it."""
    cleaned, repairs, failed = clean_with(tuple(rules), draft, context, options)
    _holds(not failed, "; ".join(map(str, failed)))
    _same(undo(cleaned, repairs), draft, "undone")
    again, more, _ = clean_with(tuple(rules), cleaned, context, options)
    _holds(not more, f"cleaned again, {[repair.rule for repair in more]} edit: {again}")
    return cleaned


def all_lines(draft: Draft) -> Candidates:
    """Returns every line of the body as a candidate."""
    spans = line_spans(draft.body)
    return Candidates(spans, range(len(spans)))


@cache
def _scan(rules: tuple[Rule, ...]) -> Scan:
    return Scan(rules)


def _inside(rule: Rule, draft: Draft, candidates: Candidates, context: Context) -> Sequence[Splice]:
    splices = rule.find(draft, candidates, context)
    for one in splices:
        size = len(text_of(draft, one.field))
        _holds(0 <= one.start <= one.end <= size, f"{rule.id}: {one} is outside of {size}")
    return splices


def _read(value: str | dict[str, Any]) -> tuple[Draft, Context]:
    if isinstance(value, str):
        return Draft(body=value), Context()
    texts = {name: value[name] for name in Draft.__struct_fields__ if name in value}
    known = {name: value[name] for name in Context.__struct_fields__ if name in value}
    unknown = value.keys() - texts.keys() - known.keys()
    _holds(not unknown, f"neither a draft nor a context has {sorted(unknown)}")
    return Draft(**texts), Context(**known)


def _same(found: object, wanted: object, what: str) -> None:
    _holds(found == wanted, f"{what}: {found!r}, not {wanted!r}")


def _holds(law: object, otherwise: str) -> None:
    if not law:
        raise AssertionError(otherwise)


# Languages


class LanguageCases(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a language file must know; docs/extending.md says what each part holds."""

    story: str
    goes: list[str]
    stays: list[str]
    stubs: list[str] = []
    sections: list[str] = []
    headlines: list[str] = []
    bylines: dict[str, str] = {}
    datelines: dict[str, str | None] = {}


def read_language_cases(path: Path) -> LanguageCases:
    """Returns the cases of a language, from TOML or JSON."""
    if path.suffix == ".toml":
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), LanguageCases)
    return msgspec.json.decode(path.read_bytes(), type=LanguageCases)


def check_language_files(folder: Path, rules: Sequence[str] = ()) -> None:
    """Asserts that language files of one's own can be read; `rules`: checks of one's own."""
    found = problems_of_own(_texts(folder), {*RULES, *rules})
    _holds(not found, "\n".join(found))


def check_language(code: str, cases: LanguageCases, folder: Path | None = None) -> None:
    """Asserts all that the cases of a language say; `folder` holds files of one's own."""
    texts = _texts(folder) if folder else {}
    use(texts)
    story = cases.story
    _same(_body(story, code), story, "a story stays as it is")
    _check_language_of(code, story)
    below = [line for line in cases.goes if _body(f"{story}\n\n{line}", code) != story]
    _holds(not below, f"these lines go from below a story: {below}")
    first, _, rest = story.partition("\n\n")
    inside = [f"{first}\n\n{line}\n\n{rest}" for line in cases.stays]
    gone = [body for body in inside if _body(body, code) != body]
    _holds(not gone, f"these lines stay inside a story: {gone}")
    stages = Stages(own=OwnOptions(texts=texts))
    passed = [body for body in cases.stubs if not _is_rejected(body, code, stages)]
    _holds(not passed, f"these are no articles: {passed}")
    wrong = [name for name in cases.sections if not is_section(name)]
    wrong += [name for name in cases.headlines if is_section(name)]
    _holds(not wrong, f"sections are no headlines, and headlines no sections: {wrong}")
    for line, name in cases.bylines.items():
        found, _ = clean(Draft(body=f"{line}\n\n{story}"), Context(language=code))
        _same((found.authors, found.body), (name, story), f"the byline {line!r}")
    for line, dateline in cases.datelines.items():
        _same(dateline_of(line), dateline, f"the dateline of {line!r}")


def _check_language_of(code: str, story: str) -> None:
    """Asserts that a story is known to be in its language, where the model knows that one."""
    found = check(Subject(body=story, language=code), CheckOptions())
    _holds(same_language(code, found.language or ""), f"the story is in {found.language}")
    if code in KNOWN:
        doubts = {"few-stop-words", "language-not-declared", "not-an-article"}
        doubts &= {one.rule for one in found.findings}
        _holds(not doubts, f"the story has the findings {sorted(doubts)}")


def _texts(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))}


def _body(body: str, code: str) -> str:
    return clean(Draft(body=body), Context(language=code))[0].body


def _is_rejected(body: str, code: str, stages: Stages) -> bool:
    raw = {"headline": "Ana Lima", "articleBody": body, "inLanguage": code}
    arrival = Arrival(Origin(file="case", line=1), "2026-11-01T00:00:00Z")
    return isinstance(prepare(msgspec.json.encode(raw), arrival, stages), Rejected)
