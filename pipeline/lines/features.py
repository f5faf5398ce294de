"""The features of a line, in the order of `native.LineModel`, with words for people.

A feature that speaks for furniture is told by one of two phrases: the first if its value is below
the bound, the second from the bound on. `around` means the lines beside a line.
"""

from __future__ import annotations

from typing import NamedTuple


class Feature(NamedTuple):
    """A feature: its name, the two phrases, and the bound between them."""

    name: str
    low: str
    high: str
    bound: float = 0.5


_WORDING, _BESIDE = "wording of furniture", "lines like furniture beside it"
_ABOVE, _BELOW = "lines like furniture above", "lines like furniture below"
_END, _NUMBER = "below the last sentence", "number of lines"
_TOP, _STORY = "above the first sentence", "outside of the longest run of prose"

FEATURES: tuple[Feature, ...] = (
    Feature("size", "short line", "long line", 100),
    Feature("words", "few words", "many words", 12),
    Feature("first_character", "begins with a capital", "begins with no letter", 3),
    Feature("last_character", "its end mark", "no end mark", 3),
    Feature("prose", "no prose", "prose"),
    Feature("capitals", "hardly a capital", "many capitals", 0.2),
    Feature("title_words", "hardly a capitalised word", "words with capitals", 0.4),
    Feature("digits", "no figures", "figures", 0.01),
    Feature("marks", "hardly a sign", "many signs", 0.05),
    Feature("letters", "few letters", "nothing but letters", 0.75),
    Feature("word_length", "short words", "long words", 6),
    Feature("commas", "no commas", "commas", 1),
    Feature("quotes", "no quotation", "quotation marks", 1),
    Feature("headline", "unlike the headline", "like the headline"),
    Feature("of_description", "unlike the description", "words of the description"),
    Feature("description", "unlike the description", "like the description"),
    Feature("score", "wording", _WORDING, 0),
    Feature("runs", "spelling", _WORDING, 0),
    Feature("pairs", "words", _WORDING, 0),
    Feature("lines", _NUMBER, _NUMBER),
    Feature("lines_above", "at the top", "far from the top", 3),
    Feature("text_above", "at the top", "most of the text is above", 0.5),
    Feature("text", "a short text", "a long text", 1500),
    Feature("prose_lines", "hardly a line of prose", "lines of prose", 3),
    Feature("prose_line_share", "few lines of prose", "lines of prose", 0.5),
    Feature("prose_share", "little prose", "prose", 0.5),
    Feature("prose_lines_above", _TOP, "below lines of prose", 1),
    Feature("prose_above", _TOP, "below the prose", 1),
    Feature("prose_below", _END, "above the prose", 1),
    Feature("prose_above_share", _TOP, "below most of the prose", 0.5),
    Feature("from_block", "above the longest run of prose", _STORY, 0),
    Feature("from_story", "above what reads as the story", "outside what reads as the story", 0),
    Feature("size_ratio", "shorter than the story's lines", "longer than the story's lines", 1),
    Feature("headline_words", "no headline", "the headline", 1),
    Feature("mean_score", "the page", "a page of furniture", 0),
    Feature("mean_score_above", "what is above", _ABOVE, 0),
    Feature("mean_score_below", "what is below", _BELOW, 0),
    Feature("ended", "a page of few ended lines", "ended lines", 0.5),
    Feature("ended_above", "few ended lines above", "ended lines above", 0.5),
    Feature("ended_below", "few ended lines below", "ended lines below", 0.5),
    Feature("mass_above", "no story above", "the story is above", 1),
    Feature("mass_below", "no story below", "the story goes on below", 1),
    Feature("mass_above_share", "no story above", "the story is above", 0.5),
    Feature("after_end", "where the story is", "the story ended above", 0),
    Feature("before_begin", "where the story is", "the story begins below", 0),
    Feature("score_before", "the line above", "furniture right above", 0),
    Feature("score_after", "the line below", "furniture right below", 0),
    Feature("score_within_1", "its neighbours", _BESIDE, 0),
    Feature("size_within_1", "short lines beside it", "long lines beside it", 100),
    Feature("ended_within_1", "no end marks beside it", "end marks beside it", 0.5),
    Feature("score_within_2", "its neighbours", _BESIDE, 0),
    Feature("size_within_2", "short lines around it", "long lines around it", 100),
    Feature("ended_within_2", "no end marks around it", "end marks around it", 0.5),
    Feature("in_above", "other words than the story", "words of the story", 0.3),
    Feature("below_in_above", "other words below than above", "words of the story below", 0.3),
    Feature("score_from_here", "what is below", _BELOW, 0),
    Feature("story_lines_above", "no story above", "the story is above", 1),
    Feature("story_lines_below", "no story below", "the story goes on below", 1),
    Feature("most_score_above", "what is above", "furniture above", 0),
    Feature("most_score_below", "what is below", "furniture below", 0),
    Feature("run", "prose beside it", "lines without end marks in a row", 2),
    Feature("score_within_5", "its neighbours", _BESIDE, 0),
    Feature("strong_share_below", "what is below", _BELOW, 0.3),
    Feature("score_within_3_above", "what is above", _ABOVE, 0),
    Feature("score_within_3_below", "what is below", _BELOW, 0),
    Feature("dates_above", "no dates above", "dates above", 1),
    Feature("dates_within_3", "no dates beside it", "dates beside it", 0.1),
)
