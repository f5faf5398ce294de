"""Every change is applied, logged, undone and told in one place: laws for any splices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Draft, Edit, FieldName, Repair
from pipeline.clean import Splice, apply, name_lines, trace, undo
from pipeline.clean.edits import text_of

FIELDS: tuple[FieldName, ...] = ("articleBody", "authors", "description", "headline")
TEXTS = st.text("ab\u00e9 \n\U0001f468", max_size=30)
DRAFTS = st.builds(Draft, TEXTS, TEXTS, TEXTS, TEXTS)
History = tuple[Draft, list[list[Splice]], list[Draft], list[Repair]]


@st.composite
def spliced(draw: st.DrawFn, draft: Draft, added: st.SearchStrategy[str]) -> list[Splice]:
    """Splices that touch at most, in any order, over some of the fields."""
    found = []
    for field in FIELDS:
        length = len(text_of(draft, field))
        cuts = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
        places = draw(st.permutations([*zip(cuts[::2], cuts[1::2], strict=False)]))
        found += [
            Splice(field, start, end, draw(added), part=draw(st.booleans()))
            for start, end in places
        ]
    return found


@st.composite
def histories(draw: st.DrawFn, added: st.SearchStrategy[str] = TEXTS) -> History:
    """A draft, the splices of some steps, the draft after each of them, and the log."""
    first = draft = draw(DRAFTS)
    steps, drafts, repairs = [], [], []
    for number in range(draw(st.integers(0, 4))):
        splices = draw(spliced(draft, added))
        draft, repair = apply(draft, f"rule_{number}", splices)
        steps.append(splices)
        drafts.append(draft)
        repairs += [repair] if repair else []
    return first, steps, drafts, repairs


def in_order(splices: list[Splice], field: FieldName) -> list[Splice]:
    own = [splice for splice in splices if splice.field == field]
    return sorted(own, key=lambda splice: (splice.start, splice.end))


@given(histories())
def test_a_step_changes_what_its_splices_say_and_nothing_else(history: History):
    before, steps, drafts, _ = history
    for splices, after in zip(steps, drafts, strict=True):
        for field in FIELDS:
            text = text_of(before, field)
            for splice in reversed(in_order(splices, field)):
                text = text[: splice.start] + splice.added + text[splice.end :]
            assert text_of(after, field) == text
        before = after


@given(histories())
def test_undoing_the_whole_log_gives_the_input_back(history: History):
    first, _, drafts, repairs = history
    assert undo(drafts[-1] if drafts else first, repairs) == first


@given(histories())
def test_the_story_of_a_field_reads_as_given_and_as_cleaned(history: History):
    first, _, drafts, repairs = history
    last = drafts[-1] if drafts else first
    for field in FIELDS:
        pieces = trace(text_of(first, field), field, repairs)
        assert "".join(p.text for p in pieces if p.state != "added") == text_of(first, field)
        assert "".join(p.text for p in pieces if p.state != "removed") == text_of(last, field)
        assert all(
            text_of(first, field).startswith(piece.text, piece.start)
            for piece in pieces
            if piece.state != "added"
        )
        assert {piece.rule for piece in pieces if piece.state == "kept"} <= {None}
        assert {piece.rule for piece in pieces if piece.state != "kept"} <= {
            repair.rule for repair in repairs
        }


@given(histories())
def test_a_repair_counts_the_splices_that_changed_something(history: History):
    before, steps, drafts, repairs = history
    log = {repair.rule: repair for repair in repairs}
    for number, (splices, after) in enumerate(zip(steps, drafts, strict=True)):
        changing = [s for s in splices if text_of(before, s.field)[s.start : s.end] != s.added]
        repair = log.get(f"rule_{number}")
        assert (repair is None) == (not changing)
        if repair:
            assert repair.count == sum(not splice.part for splice in changing)
            removed = "".join(text_of(before, s.field)[s.start : s.end] for s in changing)
            assert repair.chars_removed == len(removed.replace("\n", ""))
            added = "".join(splice.added for splice in changing)
            assert repair.chars_added == len(added.replace("\n", ""))
        before = after


@given(histories())
def test_edits_of_a_step_never_share_a_place(history: History):
    for repair in history[3]:
        places = [(edit.field, at) for edit in repair.edits for at in edit.at]
        assert len(set(places)) == len(places)
        assert all(list(edit.at) == sorted(edit.at) for edit in repair.edits)


def merged(splices: list[Splice]) -> list[tuple[int, int]]:
    """The spans of splices in order, those that touch as one."""
    spans: list[tuple[int, int]] = []
    for splice in splices:
        if spans and splice.start == spans[-1][1]:
            spans[-1] = (spans[-1][0], splice.end)
        elif splice.start < splice.end:
            spans.append((splice.start, splice.end))
    return spans


@given(histories(added=st.just("")))
def test_lines_are_those_of_the_field_as_given_whatever_was_cut_before(history: History):
    first, steps, _, repairs = history
    named = {repair.rule: repair for repair in name_lines(first, repairs)}
    for field in FIELDS:
        given_text = text_of(first, field)
        live = [(char, given_text.count("\n", 0, i) + 1) for i, char in enumerate(given_text)]
        for number, splices in enumerate(steps):
            expected: dict[str, tuple[int, int]] = {}
            spans = merged([s for s in in_order(splices, field) if s.start < s.end])
            for start, end in spans:
                removed = "".join(char for char, _ in live[start:end])
                inner = [line for char, line in live[start:end]]
                lead = len(removed) - len(removed.lstrip("\n"))
                tail = len(removed.rstrip("\n"))
                if any(map(str.isalnum, removed)):
                    expected.setdefault(removed, (inner[lead], inner[tail - 1]))
            repair = named.get(f"rule_{number}")
            edits = repair.edits if repair else ()
            own = [edit for edit in edits if edit.field == field]
            assert {edit.removed: edit.lines for edit in own if edit.lines} == expected
            for start, end in reversed(spans):
                del live[start:end]


def test_a_copy_is_named_by_the_lines_that_stay_though_text_moved_before():
    given_draft = Draft(body="# One\nTwo three.\nFour five.\nTwo three.\nFour five.")
    body = given_draft.body
    draft, first = apply(given_draft, "mark", [Splice("articleBody", 0, 2)])
    draft, second = apply(draft, "break", [Splice("articleBody", 3, 4, "\n\n")])
    assert draft.body == body[2:5] + "\n\n" + body[6:]
    draft, third = apply(draft, "repeat", [Splice("articleBody", 26, len(draft.body), "", (5, 26))])
    assert draft.body == "One\n\nTwo three.\nFour five."
    assert first
    assert second
    assert third
    named = name_lines(given_draft, (first, second, third))
    assert [edit.lines for edit in named[0].edits] == [None]
    (edit,) = named[2].edits
    assert (edit.lines, edit.copy_of) == ((4, 5), (2, 3))
    assert undo(draft, named) == given_draft


def test_an_edit_of_words_that_were_put_in_has_the_line_they_were_put_in_at():
    given_draft = Draft(body="one\ntwo\nthree")
    draft, first = apply(given_draft, "add", [Splice("articleBody", 8, 8, "new ")])
    draft, second = apply(draft, "drop", [Splice("articleBody", 8, 12)])
    assert draft == given_draft
    assert first
    assert second
    assert name_lines(given_draft, (first, second))[1].edits[0].lines == (3, 3)
    assert trace(given_draft.body, "articleBody", (first, second))[0].text == "one\ntwo\n"


@pytest.mark.parametrize(("start", "end"), [(0, 2), (1, 3), (0, 9), (2, 2)])
def test_overlapping_splices_are_refused(start: int, end: int):
    splices = [Splice("articleBody", 1, 3, "x"), Splice("articleBody", start, end, "y")]
    with pytest.raises(ValueError, match="overlapping splices"):
        apply(Draft(body="abcdefghi"), "rule", splices)


def test_splices_of_two_fields_do_not_overlap():
    splices = [Splice("articleBody", 0, 2), Splice("headline", 1, 3)]
    draft, _ = apply(Draft(headline="abc", body="abc"), "rule", splices)
    assert draft == Draft(headline="a", body="c")


def test_what_two_splices_put_in_at_one_place_stands_in_the_order_given():
    splices = [Splice("articleBody", 1, 1, "z"), Splice("articleBody", 1, 1, "a")]
    draft, repair = apply(Draft(body="bc"), "rule", splices)
    assert draft.body == "bzac"
    assert repair
    assert repair.count == 2


def test_equal_edits_are_logged_once_with_all_their_places():
    splices = [Splice("articleBody", i, i + 1, "-") for i in (0, 2, 4)]
    draft, repair = apply(Draft(body="a.a.a."), "rule", splices)
    assert draft.body == "-.-.-."
    assert repair == Repair("rule", 3, 3, 3, (Edit("articleBody", (0, 2, 4), "a", "-"),))


def test_nothing_changes_without_a_splice_that_changes_something():
    draft = Draft(body="abc")
    assert apply(draft, "rule", [Splice("articleBody", 0, 1, "a")]) == (draft, None)
    assert apply(draft, "rule", []) == (draft, None)


def test_touching_removals_of_copies_name_all_that_stays():
    splices = [Splice("articleBody", 4, 6, "", (0, 2)), Splice("articleBody", 6, 8, "", (2, 4))]
    _, repair = apply(Draft(body="aabbaabb"), "rule", splices)
    assert repair
    assert repair.edits == (Edit("articleBody", (4,), "aabb", copy_of=(0, 4)),)


@pytest.mark.parametrize("body", ["", "another text", "x"])
def test_a_log_of_another_text_is_refused(body: str):
    _, repair = apply(Draft(body="abc def"), "rule", [Splice("articleBody", 4, 7, "xyz")])
    assert repair
    with pytest.raises(ValueError, match="the log of rule does not fit articleBody at 4"):
        undo(Draft(body=body), [repair])


def test_each_piece_says_who_took_it_out_or_put_it_in():
    draft, repair = apply(Draft(body="one two"), "rule", [Splice("articleBody", 0, 3, "1")])
    assert repair
    pieces = trace("one two", "articleBody", [repair])
    assert [(p.text, p.state, p.rule, p.start) for p in pieces] == [
        ("one", "removed", "rule", 0),
        ("1", "added", "rule", 0),
        (" two", "kept", None, 3),
    ]
    assert draft.body == "1 two"
