"""The article the project began with comes out as a copy editor would leave it."""

from support.real_articles import data

from pipeline.article import (
    Arrival,
    Draft,
    Kind,
    Origin,
    Outcome,
    Prepared,
    Relation,
    Repair,
    Severity,
    Verdict,
    encode,
)
from pipeline.assembly import draft_of
from pipeline.clean import CleanOptions, Context, clean, undo
from pipeline.dedup import CompactIndex, entry_of
from pipeline.flow import Stages, decide, prepare

OPTIONS = CleanOptions()
HEADLINE = "Putin and Trump Set for Key Call Amidst Ukraine Cease-Fire Efforts"
STAGES = Stages()


def sample() -> bytes:
    return data("seed/000_d15ea3ea77b535bd.txt").read_bytes()


def arrival(line: int = 1) -> Arrival:
    return Arrival(Origin(file="sample.txt", line=line), "2025-03-18T06:00:00Z")


def prepared(value: bytes, line: int = 1) -> Prepared:
    result = prepare(value, arrival(line), STAGES)
    assert isinstance(result, Prepared)
    return result


def cleaned() -> tuple[list[str], Draft, dict[str, Repair]]:
    """The lines as given, the clean draft, and the repairs by rule."""
    text = sample().decode("utf-8")
    draft, repairs = clean(Draft(body=text), Context(), OPTIONS)
    return text.split("\n"), draft, {repair.rule: repair for repair in repairs}


def test_the_headline_stands_once_and_bare():
    _, draft, repairs = cleaned()
    assert draft.headline == HEADLINE
    assert HEADLINE not in draft.body
    assert repairs["drop_repeated_headline"].count == 1
    assert repairs["strip_markdown"].count == 2


def test_the_body_is_six_paragraphs_unchanged_to_the_character():
    lines, draft, _ = cleaned()
    assert draft.body == "\n\n".join(lines[5:11])


def test_the_description_is_the_line_before_the_headline_and_the_one_after():
    lines, draft, _ = cleaned()
    assert draft.description == f"{lines[0]} {lines[4]}"


def test_the_repeat_is_named_by_its_lines_and_those_of_the_copy_that_stays():
    _, _, repairs = cleaned()
    repeat = repairs["drop_repeated_paragraphs"]
    assert (repeat.count, repeat.chars_removed, repeat.chars_added) == (5, 1538, 0)
    (edit,) = repeat.edits
    assert (edit.lines, edit.copy_of) == ((12, 16), (7, 11))


def test_nothing_else_is_repaired_and_all_of_it_can_be_undone():
    lines, draft, repairs = cleaned()
    assert set(repairs) == {
        "lay_out_paragraphs",
        "take_description_from_body",
        "take_headline_from_body",
        "strip_markdown",
        "drop_repeated_headline",
        "drop_repeated_paragraphs",
    }
    assert undo(draft, [*repairs.values()]) == Draft(body="\n".join(lines))
    assert clean(draft, Context(), OPTIONS) == (draft, ())


def test_it_is_published_with_findings_of_what_is_missing():
    result = prepared(sample())
    assert result.quality.verdict is Verdict.PUBLISH
    missing = {f.rule: f.severity for f in result.quality.findings if f.rule.endswith("-missing")}
    assert missing.keys() == {"url-missing", "date-missing", "byline-missing", "source-missing"}
    assert set(missing.values()) <= {Severity.INFO, Severity.WARN}
    assert not any(f.severity is Severity.REJECT for f in result.quality.findings)


def test_a_second_run_over_its_own_output_changes_nothing():
    first = prepared(sample())
    again = prepared(encode(first.article))
    assert again.quality.repairs == ()
    assert draft_of(again.article) == draft_of(first.article)
    for name in first.article.__struct_fields__:
        if name not in {"quality", "provenance"}:
            assert getattr(again.article, name) == getattr(first.article, name)


def test_sent_twice_the_second_is_an_exact_duplicate():
    index = CompactIndex(STAGES.dedup)
    outcomes: list[Outcome] = []
    for line in (1, 2):
        one = prepared(sample(), line)
        outcome = decide(one, index.neighbours(one), STAGES)
        outcomes.append(outcome)
        index.add(entry_of(one, outcome.quality.match))
    assert outcomes[0].quality.match is None
    found = outcomes[1].quality.match
    assert found
    assert (found.kind, found.of) == (Kind.EXACT, outcomes[0].article.id)
    assert found.relation in Relation
    assert outcomes[1].quality.verdict is Verdict.DUPLICATE
