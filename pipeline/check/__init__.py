"""Checking: measures everything, then says what lies outside its limits. Changes nothing.

A measure is a plain function `Subject -> number` that knows no limit; `MEASURES` lists them in
the order they are reported. `limits` holds every number that decides. All measures are taken
and all limits looked at for every article, also the empty one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from pipeline.article import Finding
from pipeline.check import (
    characters,
    language,
    metadata,
    repetition,
    shape,
    size,
    stubs,
)
from pipeline.check.findings import CheckOptions, contradictions, findings, number_of
from pipeline.check.identify import KNOWN, same_language
from pipeline.check.limits import LIMITS, RULES, Limit
from pipeline.check.subject import Subject

__all__ = [
    "LIMITS",
    "MEASURES",
    "RULES",
    "CheckOptions",
    "Checked",
    "Limit",
    "Measure",
    "Subject",
    "check",
    "contradictions",
]


class Measure(NamedTuple):
    """A number about an article: its public id, its unit, and how to take it.

    `take` returns None where the measure does not apply to the article.
    """

    id: str
    unit: str
    summary: str
    take: Callable[[Subject], float | None]


class Checked(Struct, frozen=True):
    """What checking found. `language` is the detected one where the model is sure of it."""

    language: str | None
    measures: dict[str, float]
    findings: tuple[Finding, ...]


MEASURES: tuple[Measure, ...] = (
    Measure("characters", "characters", "Characters of the body.", size.characters),
    Measure(
        "words",
        "words",
        "Words of the body; in scripts without spaces each character is one.",
        size.words,
    ),
    Measure("content_words", "words", "Words of headline and body.", size.content_words),
    Measure("sentences", "sentences", "Sentences of the body.", size.sentences),
    Measure("lines", "lines", "Lines of the body that are not blank.", size.lines),
    Measure("paragraphs", "paragraphs", "Paragraphs of the body.", size.paragraphs),
    Measure("longest_paragraph", "characters", "The longest paragraph.", size.longest_paragraph),
    Measure("words_per_sentence", "words", "Words for each sentence.", size.words_per_sentence),
    Measure("mean_word_length", "characters", "Mean length of a word.", size.mean_word_length),
    Measure(
        "end_punctuation_share",
        "share of lines",
        "Lines that end like a sentence.",
        shape.end_punctuation_share,
    ),
    Measure(
        "bullet_line_share",
        "share of lines",
        "Lines that begin with a bullet.",
        shape.bullet_line_share,
    ),
    Measure(
        "ellipsis_line_share",
        "share of lines",
        "Lines that end in an ellipsis.",
        shape.ellipsis_line_share,
    ),
    Measure(
        "headline_line_share",
        "share of lines",
        "Lines that look like headlines.",
        shape.headline_line_share,
    ),
    Measure(
        "table_line_share",
        "share of lines",
        "Lines that look like rows of a table.",
        shape.table_line_share,
    ),
    Measure(
        "alphabetic_word_share",
        "share of words",
        "Words that are not numbers.",
        characters.alphabetic_word_share,
    ),
    Measure(
        "letter_share",
        "share of characters",
        "Letters, marks and digits among all but white space.",
        characters.letter_share,
    ),
    Measure("capital_share", "share of cased letters", "Capitals.", characters.capital_share),
    Measure("digit_share", "share of characters", "Digits.", characters.digit_share),
    Measure("url_share", "share of characters", "Web addresses.", characters.url_share),
    Measure(
        "white_space_share",
        "share of characters",
        "White space other than line breaks.",
        characters.white_space_share,
    ),
    Measure(
        "symbols_per_word",
        "signs per word",
        "Hash signs and ellipses.",
        characters.symbols_per_word,
    ),
    Measure(
        "replacement_characters",
        "characters",
        "Characters lost in decoding (U+FFFD).",
        characters.replacement_characters,
    ),
    Measure(
        "broken_share",
        "share of characters",
        "Control, private-use and lost characters.",
        characters.broken_share,
    ),
    Measure(
        "second_script_share",
        "share of letters",
        "Letters of the second most used script.",
        characters.second_script_share,
    ),
    Measure(
        "duplicate_line_share",
        "share of lines",
        "Lines that stand further up already.",
        repetition.duplicate_line_share,
    ),
    Measure(
        "duplicate_line_character_share",
        "share of characters",
        "Characters in such lines.",
        repetition.duplicate_line_character_share,
    ),
    Measure(
        "duplicate_paragraph_share",
        "share of paragraphs",
        "Paragraphs that stand further up already.",
        repetition.duplicate_paragraph_share,
    ),
    Measure(
        "duplicate_paragraph_character_share",
        "share of characters",
        "Characters in such paragraphs.",
        repetition.duplicate_paragraph_character_share,
    ),
    Measure(
        "distinct_word_share", "share of words", "Distinct words.", repetition.distinct_word_share
    ),
    Measure(
        "top_2gram_share",
        "share of words",
        "The most frequent run of 2 words.",
        repetition.top_2gram_share,
    ),
    Measure(
        "top_3gram_share",
        "share of words",
        "The most frequent run of 3 words.",
        repetition.top_3gram_share,
    ),
    Measure(
        "top_4gram_share",
        "share of words",
        "The most frequent run of 4 words.",
        repetition.top_4gram_share,
    ),
    Measure(
        "duplicate_5gram_share",
        "share of words",
        "Runs of 5 words that stand further up already.",
        repetition.duplicate_5gram_share,
    ),
    Measure(
        "duplicate_6gram_share",
        "share of words",
        "Runs of 6 words that stand further up already.",
        repetition.duplicate_6gram_share,
    ),
    Measure(
        "duplicate_7gram_share",
        "share of words",
        "Runs of 7 words that stand further up already.",
        repetition.duplicate_7gram_share,
    ),
    Measure(
        "duplicate_8gram_share",
        "share of words",
        "Runs of 8 words that stand further up already.",
        repetition.duplicate_8gram_share,
    ),
    Measure(
        "duplicate_9gram_share",
        "share of words",
        "Runs of 9 words that stand further up already.",
        repetition.duplicate_9gram_share,
    ),
    Measure(
        "duplicate_10gram_share",
        "share of words",
        "Runs of 10 words that stand further up already.",
        repetition.duplicate_10gram_share,
    ),
    Measure("headline_words", "words", "Words of the headline.", metadata.headline_words),
    Measure(
        "headline_characters",
        "characters",
        "Characters of the headline.",
        metadata.headline_characters,
    ),
    Measure(
        "headline_is_capitals",
        "1 yes, 0 no",
        "A headline of capitals only.",
        metadata.headline_is_capitals,
    ),
    Measure(
        "headline_is_source",
        "1 yes, 0 no",
        "The headline is the source's name.",
        metadata.headline_is_source,
    ),
    Measure(
        "headline_is_body",
        "1 yes, 0 no",
        "The body is the headline again.",
        metadata.headline_is_body,
    ),
    Measure("date_given", "1 yes, 0 no", "A date of publication was given.", metadata.date_given),
    Measure("age", "days", "From publication to the time it was seen.", metadata.age),
    Measure("url_given", "1 yes, 0 no", "An address was given.", metadata.url_given),
    Measure(
        "url_well_formed",
        "1 yes, 0 no",
        "The address is one of a web page.",
        metadata.url_well_formed,
    ),
    Measure("authors", "authors", "Authors named.", metadata.authors),
    Measure("source_given", "1 yes, 0 no", "A source was given.", metadata.source_given),
    Measure("language_score", "0 to 1", "How sure the language model is.", language.language_score),
    Measure(
        "other_language_score",
        "0 to 1",
        "How sure it is of another language than the declared one.",
        language.other_language_score,
    ),
    Measure(
        "stop_words",
        "distinct words",
        "Commonest words of the language that stand in the text.",
        language.stop_words,
    ),
    Measure("error_share", "share of words", "Words in error messages.", stubs.error_share),
    Measure("cookie_share", "share of words", "Words in cookie notices.", stubs.cookie_share),
    Measure(
        "paywall_share", "share of words", "Words in requests to subscribe.", stubs.paywall_share
    ),
    Measure("login_share", "share of words", "Words in log-in forms.", stubs.login_share),
    Measure(
        "javascript_share",
        "share of words",
        "Words in notices to wait or to enable JavaScript.",
        stubs.javascript_share,
    ),
    Measure(
        "video_share", "share of words", "Words in labels of a video player.", stubs.video_share
    ),
    Measure(
        "gallery_share",
        "share of words",
        "Words in labels of a picture gallery.",
        stubs.gallery_share,
    ),
    Measure(
        "live_share",
        "share of words",
        "Words in calls to follow a live page.",
        stubs.live_share,
    ),
    Measure(
        "notice_share",
        "share of words",
        "Words in notices and page furniture of all kinds.",
        stubs.notice_share,
    ),
    Measure(
        "paywall_ending",
        "1 yes, 0 no",
        "One of the last lines asks to subscribe, or cleaning removed one that did.",
        stubs.paywall_ending,
    ),
    Measure(
        "words_before_paywall",
        "words",
        "Words beside the requests to subscribe, where there are any.",
        stubs.words_before_paywall,
    ),
    Measure(
        "headline_is_error",
        "1 yes, 0 no",
        "The headline is an error message.",
        stubs.headline_is_error,
    ),
    Measure(
        "headline_is_section",
        "1 yes, 0 no",
        "The headline names a part of the site.",
        stubs.headline_is_section,
    ),
    Measure("truncated_ending", "1 yes, 0 no", "The text breaks off.", stubs.truncated_ending),
    Measure("lorem_share", "share of words", "Words of the filler text.", stubs.lorem_share),
    Measure("template_marks", "marks", "Template left-overs.", stubs.template_marks),
    Measure(
        "template_share",
        "share of characters",
        "Characters in template left-overs.",
        stubs.template_share,
    ),
    Measure("tag_share", "share of characters", "Characters in HTML tags.", stubs.tag_share),
    Measure(
        "code_share",
        "share of characters",
        "Characters in lines of program or style code.",
        stubs.code_share,
    ),
    Measure("mojibake_share", "marks per word", "Marks of a wrong decoding.", stubs.mojibake_share),
)

_TAKES = tuple((measure.id, measure.take) for measure in MEASURES)
# Decimals kept of a measure: enough for every limit, and short on the wire.
_DECIMALS = 4


def check(subject: Subject, options: CheckOptions) -> Checked:
    """All measures that apply to the article, and a finding for every limit passed."""
    measures = {
        name: round(value, _DECIMALS) if value % 1 else float(value)
        for name, take in _TAKES
        if (value := take(subject)) is not None
    }
    known = _language(subject, options)
    return Checked(known, measures, findings(measures, options, known, subject.source))


def _language(subject: Subject, options: CheckOptions) -> str | None:
    """The detected language where the model is sure enough, else the declared one.

    Sure enough is the limit of `language-unknown`. A declared language that the model has
    never seen, or that is close to the detected one, is believed before the model.
    """
    guess, score = subject.guess
    declared = subject.declared
    sure = number_of(RULES["language-unknown"], options, None, subject.source)
    if guess is None or (sure is not None and score < sure):
        return declared
    if declared and (declared not in KNOWN or same_language(guess, declared)):
        return declared
    return guess
