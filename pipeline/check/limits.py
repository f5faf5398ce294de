"""The table of all limits.

A finding rejects an article only if the text is no article at all; odd texts that may be genuine
get a warning or a note. Findings and reasons are in the order of the table: what names a kind of
stub first, what any stub has last. A number from a paper or a tool was set there for bulk web text.
A share beside `this project` is that of the articles of 22 Nigerian papers in November 2021 beyond
the limit. No genuine article of 13,000 in 27 languages is rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from pipeline import languages
from pipeline.article import Flaw, Severity

INFO, WARN, REJECT = Severity.INFO, Severity.WARN, Severity.REJECT
RESIDUE, REPEAT = Flaw.RESIDUE, Flaw.REPEAT


class Scope(NamedTuple):
    """Restricts a rule to articles whose `measure` is from `least` to `most`, both included."""

    measure: str
    least: float = float("-inf")
    most: float = float("inf")


class Limit(NamedTuple):
    """A rule, which has a finding if its measure is below `low` or above `high`.

    At most one of the two is set. Without both, the rule is off until a number is configured, which
    then is a high limit. `source`: where the number comes from. `scaled`, `runs`: see
    `by_language`.
    """

    rule: str
    measure: str
    severity: Severity
    summary: str
    source: str
    low: float | None = None
    high: float | None = None
    scope: tuple[Scope, ...] = ()
    scaled: bool = False  # it counts words
    runs: bool = False  # it is about repeated runs of words
    flaw: Flaw | None = None  # the flaw of the page that a finding shows


@cache
def by_language(limit: Limit) -> Mapping[str, float | None]:
    """Returns the numbers that differ in a language, by its file and its script; None is off.

    In a script without spaces each character counts as a word: a number of words is multiplied by
    the characters of a word, and limits of repeated runs are off, as all texts repeat such runs.
    """
    found: dict[str, float | None] = {}
    number = limit.high if limit.low is None else limit.low
    for code, characters in languages.characters_per_word().items():
        if limit.scaled and number is not None:
            found[code] = round(number * characters)
        elif limit.runs:
            found[code] = None
    return found | dict(languages.limits_of(limit.rule))


_GOPHER = "Rae et al. 2021 (Gopher), table A1"
_OWN = "this project"
_PROSE = "this project: decision 15"
_YES = 0.5  # for measures that are 1 for yes and 0 for no

_TEXT = (Scope("words", least=50),)  # in shorter texts one list or quotation decides the share
_SHORTISH = (Scope("words", least=100, most=2000),)  # the share decreases with the length
_SOME = (Scope("characters", least=20),)
_FEW_LINES = (Scope("lines", least=4),)
_LINES = (Scope("lines", least=8),)
_PAGE = (Scope("words", most=100),)
_LIVE = (Scope("words", most=120),)
_HEADLINE = (Scope("headline_words", least=1),)
_TEASER = (Scope("words", most=60), Scope("truncated_ending", least=1))
# fmt: off
# Kinds of stubs, by name.
NAMED: tuple[Limit, ...] = (
    Limit("error-page", "error_share", REJECT, "An error page, not an article.", _OWN, high=0.5),
    Limit("error-headline", "headline_is_error", REJECT,
          "The headline is an error message, and there is little text.", _OWN, high=_YES,
          scope=_PAGE),
    Limit("cookie-wall", "cookie_share", REJECT, "A cookie notice, not an article.", _OWN,
          high=0.5),
    Limit("paywall-stub", "words_before_paywall", REJECT,
          "A request to subscribe, and hardly an article before it.",
          "this project, a judgement: a teaser is two or three sentences", low=40, scaled=True),
    Limit("paywall", "paywall_ending", WARN,
          "Ends in a request to subscribe: the rest may be missing.", _OWN, high=_YES),
    Limit("login-wall", "login_share", REJECT, "A log-in form, not an article.", _OWN, high=0.5),
    Limit("javascript-notice", "javascript_share", REJECT,
          "A notice to wait or to enable JavaScript, not an article.", _OWN, high=0.5),
    Limit("video-only", "video_share", REJECT, "A video player, not an article.", _OWN, high=0.7),
    Limit("gallery-only", "gallery_share", REJECT,
          "The frame of a picture gallery, not an article.", _OWN, high=0.7),
    Limit("live-page-stub", "live_share", REJECT,
          "A call to follow a live page, without its entries.",
          "this project: a labelled one has 101 words; of 13,000 genuine articles none has a call",
          high=0, scope=_LIVE),
    Limit("teaser", "headline_is_section", REJECT,
          "A page of the site with the beginning of one of its texts.", _OWN, high=_YES,
          scope=_TEASER),
    Limit("lorem-ipsum", "lorem_share", REJECT, "Filler text.", _OWN, high=0.6),
    Limit("template-left-overs", "template_marks", WARN, "Template marks are left.",
          "this project; 0.1 % of 2,725 English news articles", high=0, flaw=RESIDUE),
    Limit("html-left-over", "tag_share", WARN, "HTML tags are left.",
          "this project; 0.0 % of 2,725 English news articles", high=0.005, flaw=RESIDUE),
    Limit("html-page", "tag_share", REJECT, "More tags than text.", _OWN, high=0.6),
    Limit("code-lines", "code_share", WARN, "Lines of program or style code.",
          "this project; 0.0 % of 2,725 English news articles", high=0.1, flaw=RESIDUE),
    Limit("code-page", "code_share", REJECT, "Program code, not an article.", _OWN, high=0.8),
    Limit("truncated-ending", "truncated_ending", WARN,
          "The text breaks off: an ellipsis or a link to the rest.", _OWN, high=_YES),
    Limit("furniture-suspected", "suspected_lines", INFO,
          "Lines that may be furniture of the page were left in.", _OWN, high=0),
)
_SIGNS: tuple[Limit, ...] = (
    # Size
    Limit("empty", "words", REJECT, "The body holds no word.", _OWN, low=1),
    Limit("fragment", "content_words", REJECT, "Headline and body together hold hardly a word.",
          _OWN, low=4),
    Limit("too-short", "words", WARN, "The body is shorter than one sentence usually is.",
          "this project; 1.1 % of 2,725 English news articles", low=10, scaled=True),
    Limit("brief", "words", INFO, "A brief: short, and a class of its own.",
          "this project: the shortest of 144 labelled as full articles has 86 words", low=85,
          scaled=True),
    Limit("too-long", "characters", WARN, "Longer than any news article.",
          "this project; 0.0 % of 2,725 English news articles", high=100_000),
    Limit("long-sentences", "words_per_sentence", INFO,
          "Sentences are very long, or end marks are missing.",
          "this project; 0.3 % of 2,725 English news articles", high=60, scaled=True),
    Limit("wall-of-text", "longest_paragraph", INFO,
          "A paragraph is so long that paragraph breaks were probably lost.",
          "this project; 0.1 % of 2,725 English news articles", high=3000),
    # Shape
    Limit("short-words", "mean_word_length", WARN,
          "Words are very short on average: initials, figures or broken words.", _GOPHER, low=3),
    Limit("long-words", "mean_word_length", WARN,
          "Words are very long on average: codes, or words run together.", _GOPHER, high=10),
    Limit("few-ended-lines", "end_punctuation_share", WARN, "Hardly a line ends like a sentence.",
          "Penedo et al. 2024 (FineWeb): .12", low=0.12, scope=_FEW_LINES),
    Limit("bullet-lines", "bullet_line_share", WARN, "Nearly all lines are bullet points.",
          _GOPHER, high=0.9, scope=_TEXT),
    Limit("ellipsis-lines", "ellipsis_line_share", WARN, "Many lines break off in an ellipsis.",
          _GOPHER, high=0.3),
    Limit("headline-list", "headline_line_share", WARN,
          "The text looks like a list of headlines or links.",
          "this project; 0.0 % of 2,725 English news articles", high=0.8, scope=_LINES,
          flaw=RESIDUE),
    Limit("table", "table_line_share", INFO, "The text is mostly rows of a table.",
          "this project; 0.4 % of 2,725 English news articles", high=0.5),
    # Characters
    Limit("few-alphabetic-words", "alphabetic_word_share", WARN, "Many words are figures.",
          _GOPHER, low=0.8, scope=_TEXT),
    Limit("few-letters", "letter_share", WARN, "Many signs, few letters.",
          "this project; 0.0 % of 2,725 English news articles", low=0.8),
    Limit("capitals", "capital_share", INFO, "Mostly capitals.",
          "this project; 0.0 % of 2,725 English news articles", high=0.5),
    Limit("many-digits", "digit_share", INFO, "Many digits.",
          "this project; 0.0 % of 2,725 English news articles", high=0.2),
    Limit("many-urls", "url_share", WARN, "Many web addresses.",
          "this project; 0.0 % of 2,725 English news articles", high=0.2, flaw=RESIDUE),
    Limit("white-space", "white_space_share", INFO, "Much white space.",
          "this project; 0.0 % of 2,725 English news articles", high=0.3),
    Limit("symbols", "symbols_per_word", WARN, "Many hash signs or ellipses.", _GOPHER, high=0.1),
    Limit("lost-characters", "replacement_characters", WARN,
          "Characters were lost in decoding (U+FFFD).",
          "this project; 0.0 % of 2,725 English news articles", high=0),
    Limit("broken-characters", "broken_share", WARN, "Control or private-use characters are left.",
          "this project; 0.0 % of 2,725 English news articles", high=0.005),
    Limit("binary", "broken_share", REJECT, "Too many control characters for a text.",
          _OWN, high=0.1),
    Limit("mojibake", "mojibake_share", WARN, "Marks of a wrong decoding are left.",
          "this project; 0.0 % of 2,725 English news articles", high=0.02),
    # Repetition
    Limit("duplicate-lines", "duplicate_line_share", WARN, "Lines are repeated.", _GOPHER,
          high=0.3, flaw=REPEAT),
    Limit("duplicate-line-characters", "duplicate_line_character_share", WARN,
          "Repeated lines make up much of the text.", _GOPHER, high=0.2, flaw=REPEAT),
    Limit("duplicate-paragraphs", "duplicate_paragraph_share", WARN, "Paragraphs are repeated.",
          _GOPHER, high=0.3, flaw=REPEAT),
    Limit("duplicate-paragraph-characters", "duplicate_paragraph_character_share", WARN,
          "Repeated paragraphs make up much of the text.", _GOPHER, high=0.2, flaw=REPEAT),
    Limit("top-2gram", "top_2gram_share", WARN, "One pair of words makes up much of the text.",
          _GOPHER, high=0.2, scope=_TEXT),
    Limit("top-3gram", "top_3gram_share", WARN,
          "One run of three words makes up much of the text.", _GOPHER, high=0.18, scope=_TEXT),
    Limit("top-4gram", "top_4gram_share", WARN, "One run of four words makes up much of the text.",
          _GOPHER, high=0.16, scope=_TEXT),
    Limit("duplicate-5grams", "duplicate_5gram_share", WARN, "Runs of five words come again.",
          _GOPHER, high=0.15, runs=True),
    Limit("duplicate-6grams", "duplicate_6gram_share", WARN, "Runs of six words come again.",
          _GOPHER, high=0.14, runs=True),
    Limit("duplicate-7grams", "duplicate_7gram_share", WARN, "Runs of seven words come again.",
          _GOPHER, high=0.13, runs=True),
    Limit("duplicate-8grams", "duplicate_8gram_share", WARN, "Runs of eight words come again.",
          _GOPHER, high=0.12, runs=True),
    Limit("duplicate-9grams", "duplicate_9gram_share", WARN, "Runs of nine words come again.",
          _GOPHER, high=0.11, runs=True),
    Limit("duplicate-10grams", "duplicate_10gram_share", WARN, "Runs of ten words come again.",
          _GOPHER, high=0.1, flaw=REPEAT),
    Limit("mostly-repeated", "duplicate_5gram_share", REJECT,
          "The text says one thing over and over.", _OWN, high=0.9, scope=_TEXT),
    Limit("few-distinct-words", "distinct_word_share", WARN, "Hardly any distinct words.",
          "this project; 0.0 % of 2,725 English news articles", low=0.1, scope=_SHORTISH),
    # Headline and metadata
    Limit("headline-missing", "headline_words", WARN, "There is no headline.",
          "this project; 0.0 % of 2,725 English news articles", low=1),
    Limit("headline-too-short", "headline_words", WARN, "The headline is one word.",
          "rules of thumb of news extractors: 2 words", low=2, scope=_HEADLINE),
    Limit("headline-too-long", "headline_characters", WARN,
          "The headline is as long as a paragraph.",
          "this project; 0.0 % of 2,725 English news articles", high=250),
    Limit("headline-all-capitals", "headline_is_capitals", INFO, "The headline is all capitals.",
          "this project; 0.4 % of 2,725 English news articles", high=_YES),
    Limit("headline-is-source", "headline_is_source", WARN, "The headline is the source's name.",
          _OWN, high=_YES),
    Limit("headline-is-section", "headline_is_section", WARN,
          "The headline names a part of the site.", _OWN, high=_YES),
    Limit("headline-only", "headline_is_body", REJECT,
          "The body is the headline and nothing else.", _OWN, high=_YES),
    Limit("date-missing", "date_given", WARN, "No date of publication.", _OWN, low=_YES),
    Limit("date-future", "age", WARN,
          "Published after it was seen, by more than a day (time zones).",
          "this project: one day covers all zones", low=-1),
    Limit("date-old", "age", INFO,
          "Older, in days, than this source's articles are. Off unless set.", _OWN),
    Limit("url-missing", "url_given", WARN, "No address.", _OWN, low=_YES),
    Limit("url-malformed", "url_well_formed", WARN, "The address is not one of a web page.", _OWN,
          low=_YES),
    Limit("byline-missing", "authors", INFO, "No author is named.", _OWN, low=1),
    Limit("source-missing", "source_given", INFO, "No source is named.", _OWN, low=_YES),
    # Language
    Limit("language-unknown", "language_score", INFO, "The language of the text is not certain.",
          _OWN, low=0.6),
    Limit("language-not-declared", "other_language_score", WARN,
          "The text is in another language than declared.",
          "this project; 0.0 % of 2,725 English news articles", high=0.8),
    Limit("mixed-scripts", "second_script_share", INFO, "The text mixes two scripts.",
          "this project; 0.0 % of 2,725 English news articles", high=0.3),
    Limit("few-stop-words", "stop_words", WARN, "Hardly any of the language's commonest words.",
          _GOPHER, low=2, scope=_TEXT),
)
# What any stub has.
GENERAL: tuple[Limit, ...] = (
    Limit("notices-only", "notice_share", REJECT, "Nothing but notices and page furniture.", _OWN,
          high=0.8),
    Limit("not-an-article", "prose", REJECT, "Next to nothing of the text reads as a story.",
          _PROSE, low=0.35, scope=_SOME),
    Limit("little-prose", "prose", WARN, "Little of the text reads as a story.", _PROSE, low=0.85,
          scope=_SOME),
)
# fmt: on
LIMITS = (*NAMED, *_SIGNS, *GENERAL)

RULES: Mapping[str, Limit] = {limit.rule: limit for limit in LIMITS}
