"""The words of bylines in all languages, from the language files, folded or as patterns."""

from __future__ import annotations

import re
from functools import cache

from pipeline.languages import one_of, words_for
from pipeline.text import fold

HAN_OR_KANA = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
COMPOUND = 8  # letters of a role that may end a longer word


@cache
def _folded(*lists: str) -> frozenset[str]:
    return frozenset(fold(word) for name in lists for word in words_for(name))


@cache
def roles() -> frozenset[str]:
    words = {
        fold(word) for word in _folded("author_role", "byline_role", "author_title", "desk_title")
    }
    return frozenset(word for word in words if " " not in word) - {"news"}


@cache
def occupations() -> frozenset[str]:
    """Returns the roles that are no surnames: `editor`, not `guest`."""
    return _folded("byline_role", "author_title", "desk_title") - {"news"}


@cache
def outlets() -> frozenset[str]:
    return _folded("outlet", "credited_agency", "agency_mark", "author_agency")


@cache
def desks() -> frozenset[str]:
    return _folded("desk")


@cache
def long_roles() -> tuple[str, ...]:
    return tuple(role for role in roles() if len(role) >= COMPOUND)


@cache
def nobodies() -> frozenset[str]:
    return _folded("no_author")


@cache
def labels() -> frozenset[str]:
    return _folded("by", "byline_label", "author_by")


@cache
def nobody_beginnings() -> tuple[str, ...]:
    phrases = words_for("no_author")
    return tuple(f"{fold(phrase)} " for phrase in phrases if phrase.endswith(" ..."))


@cache
def button_behind() -> re.Pattern[str]:
    """Matches a button of several words behind a name: `Ana Lima View all posts`."""
    phrases = [word for word in words_for("no_author") if " " in word and "..." not in word]
    return re.compile(rf"\s+(?i:{'|'.join(map(_spaced, phrases))})\s*$")


@cache
def titles() -> frozenset[str]:
    return _folded("title")


@cache
def degrees() -> frozenset[str]:
    return _folded("degree", "author_degree")


@cache
def particles() -> frozenset[str]:
    return _folded("name_particle")


@cache
def outlet_words() -> frozenset[str]:
    return _folded("outlet_word")


@cache
def cities() -> frozenset[str]:
    """Returns cities of several words, folded, with spaces for hyphens."""
    return frozenset(name.replace("-", " ") for name in _folded("city"))


@cache
def no_names() -> frozenset[str]:
    """Returns words of outlets; days and months are names of people too."""
    return _folded("no_name") - _folded("weekday", "weekday_name") - _months()


@cache
def _months() -> frozenset[str]:
    return frozenset(form for entry in words_for("month") for form in fold(entry).split())


@cache
def date_words() -> frozenset[str]:
    lists = (
        "date_word",
        "date_label",
        "update_label",
        "weekday",
        "day_of",
        "day_ordinal",
        "no_author",
    )
    halves = ("before_noon", "after_noon", "hour_mark")
    ago = ("minutes_ago", "hours_ago", "days_ago", "weeks_ago")
    phrases = (*_folded(*lists, *halves, *ago), *map(_zone_name, words_for("zone")))
    return _months().union(*(phrase.split() for phrase in phrases))


@cache
def ago_first() -> re.Pattern[str]:
    """Matches a relative time before a name: `3 hours ago`."""
    lists = ("minutes_ago", "hours_ago", "days_ago", "weeks_ago")
    agos = {wording for name in lists for wording in words_for(name) if "#" in wording}
    forms = "|".join(
        _spaced(one).replace(r"\#\s+", r"\d+\s*").replace(r"\#", r"\d+")
        for one in sorted(agos, key=len)[::-1]
    )
    return re.compile(rf"^\s*(?i:{forms})\s+(?=\S+\s+\S)")


def _zone_name(zone: str) -> str:
    return fold(zone.rpartition(" ")[0])


@cache
def date_labels() -> frozenset[str]:
    return _folded("date_label", "update_label")


@cache
def joining() -> frozenset[str]:
    lists = ("by", "byline", "byline_label", "author_by", "and", "author_and")
    return frozenset(word for phrase in _folded(*lists) for word in phrase.split())


@cache
def opening() -> re.Pattern[str]:
    """Matches the words before names: those for `by`, and labels with a colon or the like."""
    label = one_of("byline_label", "author_by")
    glued = [word for word in words_for("author_by") if len(word) > 1 and _is_han(word)]
    glued.sort(key=len, reverse=True)
    return re.compile(
        rf"{_by()}(?:\s*[:\uff1a]\s*|\s+)(?=\S)"
        rf"|(?i:{label})\s*[:\uff1a/\uff0f\uff1d=\u30fb|]\s*"
        rf"|(?:{'|'.join(glued)})\s*(?=[{HAN_OR_KANA}]{{2}})"
        rf"|[{HAN_OR_KANA}]{{2,8}}(?:{'|'.join(glued)})\s+(?=[{HAN_OR_KANA}]{{2}})"
    )


@cache
def label_inside() -> re.Pattern[str]:
    """Matches a label as `label`: `Text: Ana Lima Foto: Bo Ek`, `Ana Lima Edited by Bo Ek`."""
    labels = one_of("byline_label", "author_by")
    phrases = {word for name in ("byline", "author_by") for word in words_for(name) if " " in word}
    by = "|".join(_spaced(word) for word in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?i:(?:^|\s+)(?P<label>{labels}\s*[:\uff1a](?=\s*\w)|(?:{by})(?=\s+\w)))")


@cache
def by_inside() -> re.Pattern[str]:
    return re.compile(rf"\s{_by()}(?:\s*:\s*|\s+)(?=\S)")


@cache
def _by() -> str:
    """Returns a regex for the words for `by`; in capitals, some of them begin a name: Da, Di."""
    words = {word for name in ("by", "byline", "author_by") for word in words_for(name)}
    both = {word for word in words if word in particles()}
    plain = "|".join(_spaced(word) for word in sorted(words - both, key=len, reverse=True))
    small = "|".join(_spaced(word) for word in sorted(both, key=len, reverse=True))
    return rf"(?:(?i:{plain}|von)|{small})"


def _spaced(words: str) -> str:
    return r"\s+".join(map(re.escape, words.split()))


@cache
def between() -> re.Pattern[str]:
    """Matches between two names; in Arabic and Hebrew the word is glued to the second one."""
    glued = "|".join(words_for("and_prefix"))
    never = "|".join(re.escape(word[1:]) for word in words_for("no_and_prefix"))
    words = one_of("and", "author_and", "with")
    return re.compile(rf"\s+(?i:{words}|&)\s+|\s+(?:{glued})(?!(?:{never})\b)(?=\w{{2,}}\s+\w)")


@cache
def and_first() -> re.Pattern[str]:
    """Matches the word before the last name of a list: `, and Cy Fox`."""
    return re.compile(rf"^\s*(?i:{one_of('and', 'author_and')}|&)\s+(?=\S+\s+\S)")


@cache
def glued_role() -> re.Pattern[str]:
    """Matches a role behind a name in Han or Hangul, with or without a space."""
    roles = [word for word in words_for("author_role") if _is_han(word)]
    return re.compile(rf"(?<=[{HAN_OR_KANA}])\s*(?:{'|'.join(map(re.escape, roles))})$")


@cache
def report_from() -> re.Pattern[str]:
    """Matches a place and the word for a report behind a name in Han: `/台北報導`."""
    report = one_of("author_report")
    han = "[\u3400-\u9fff]"
    apart = rf"(?<={han}{{2}})\s*[/\uff0f]\s*{han}{{2,6}}"
    return re.compile(rf"(?:{apart}|(?<={han}{{3}}){han}{{2,3}}){report}$")


def _is_han(word: str) -> bool:
    return re.match(f"[{HAN_OR_KANA}]", word) is not None


@cache
def behind() -> re.Pattern[str]:
    """Matches a full name and the place or outlet that a small word puts behind it."""
    words = one_of("byline_in", "byline_from", "author_of", "with")
    return re.compile(rf"(?P<name>\S+\s+\S+(?:\s+\S+){{0,3}}?)\s+(?:{words}|For)\s+\S.*")
