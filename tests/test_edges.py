"""What lines begin and end with: one look at them all equals a look at each."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean import edges
from pipeline.clean.suspects import look
from pipeline.text import line_spans

PIECES = st.sampled_from(
    ("\n", " ", "\u3000", ".", "|", "- ", "\u2022", "P", "Pi", "L-R", "(", "in", "mehr", "a b a b")
)
BODIES = st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join)


def begins(line: str, firsts: str, seconds: str) -> bool:
    second = line[1] if len(line) > 1 else " "
    return line[0] in firsts and (second in seconds or (" " in seconds and second.isspace()))


@given(BODIES)
@example("")
@example("\n \n")
@example("\U0001f600 x\n\U0001f600\nx\U0001f600")
@example("It rained a lot. It rained a lot.")
def test_each_bit_says_that_one_of_the_lines_is_so(body: str):
    lines = [body[start:end] for start, end in line_spans(body)]
    found = look(Draft(body=body)).signs
    for bit, holds in (
        (edges.MARK, lambda line: begins(line, ".,;:|\u2022\u00b7", " ")),
        (edges.BULLET, lambda line: begins(line, "-*+\u2022\u00b7\u25aa\u25cf\u25ba\u203a", " ")),
        (edges.PICTURED, lambda line: begins(line, "P", "iI")),
        (
            edges.ORDER,
            lambda line: (
                line[0] in "([*\u2022\u2013-"
                or begins(line, "Ll", "-\u2013/eE ")
                or begins(line, "Ff", "rR")
                or begins(line, "Vv", ".oOaA")
                or begins(line, "Dd", "eEaA")
            ),
        ),
        (edges.MINUTES, lambda line: line.endswith("in")),
        (edges.LINK_WORD, lambda line: line.endswith(("hr", "en", "re"))),
        (edges.UP_TO_40, lambda line: len(line) <= 40),
        (edges.UP_TO_60, lambda line: len(line) <= 60),
        (edges.UP_TO_120, lambda line: len(line) <= 120),
        (
            edges.DOUBLED,
            lambda line: (
                len(line) % 2
                and line[len(line) // 2] == " "
                and line[: len(line) // 2] == line[len(line) // 2 + 1 :]
            ),
        ),
    ):
        assert bool(found & bit) == any(map(holds, lines))


def test_headlines_have_no_edges():
    assert look(Draft(headline="- Pictured in", authors="L-R")).signs == 0
