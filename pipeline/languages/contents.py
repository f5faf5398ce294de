"""Declares the sections and lists of a language file: what each is for and which module reads it.

`tests/test_languages.py` checks the files against these tables, and checks for each list that an
added word changes a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from pipeline.article import Flaw


class Place(StrEnum):
    """The place in a body where a phrase counts."""

    ANYWHERE = "anywhere"
    EDGE = "edge"  # before the first or after the last line of prose
    TAIL = "tail"  # after the last line of prose
    BESIDE = "beside"  # next to a line of the same kind that counts on its own
    LIST = "list"  # in the tail; all lines below it belong to it


class Furniture(NamedTuple):
    """A kind of furniture: the id of its repair, and the length of its longest lines."""

    id: str
    summary: str
    max_chars: int  # a longer line is left alone, whatever it says
    flaw: Flaw | None = None  # the flaw of the page that such a line shows


class WordList(NamedTuple):
    """A list under `[words]`."""

    meaning: str
    reader: str  # the module that reads it
    keeps_case: bool = False  # compared as printed; all other lists are in lower case
    phrases: bool = False  # phrases mention the list as <name>, and its entries are phrases
    numbered: bool = False  # the place of an entry counts; an entry holds all forms of one thing


# The lists of words that multiply the number before them: 3 million.
SCALES: Mapping[str, int] = {
    "thousand": 10**3,
    "ten_thousand": 10**4,
    "lakh": 10**5,
    "million": 10**6,
    "crore": 10**7,
    "hundred_million": 10**8,
    "billion": 10**9,
    "trillion": 10**12,
}

SECTIONS = ("script", "limits", "sections", "words", "notices", "furniture")

# The kinds of notices. A phrase that is listed under two kinds belongs to the first one here.
NOTICES: Mapping[str, str] = {
    "error": "an error page",
    "error_in_body": "an error page; headlines of news may begin so, so it counts in a body only",
    "cookie": "a consent banner",
    "paywall": "a request to pay or subscribe",
    "login": "a log-in form",
    "javascript": "a loader, or a request to enable JavaScript",
    "video": "a video player",
    "gallery": "a picture gallery",
    "more": "a link to the rest of the text",
    "furniture": "other furniture of a page",
    "live": "a call to follow a live page",
}

# A line that phrases of two kinds match is of the one that comes first: by the name of the file,
# then in this order. The longest lines are a judgement: room for the longest notice of its kind,
# short of a paragraph of news. Archive lists run to thousands of characters and cannot be mistaken
# for prose.
_RESIDUE = Flaw.RESIDUE
FURNITURE = (
    Furniture("drop_login_and_cookie_notices", "cookie, consent and log-in notices", 500, _RESIDUE),
    Furniture(
        "drop_paywall_notices", "notices that the rest is for subscribers", 260, Flaw.PAYWALL
    ),
    Furniture(
        "drop_media_controls", "texts of video players, galleries and loaders", 160, _RESIDUE
    ),
    Furniture("drop_advertisement_marks", "lines that only mark an advertisement", 120, _RESIDUE),
    Furniture("drop_share_buttons", "share, like and print buttons", 160, _RESIDUE),
    Furniture("drop_follow_calls", "calls to follow, like or join the publisher", 240, _RESIDUE),
    Furniture("drop_newsletter_calls", "calls to subscribe, sign up or get the app", 260, _RESIDUE),
    Furniture(
        "drop_comment_counts", "comment counts, comment forms and their notices", 240, _RESIDUE
    ),
    Furniture(
        "drop_related_links", "links to other stories and closing lists of them", 260, _RESIDUE
    ),
    Furniture(
        "drop_archive_lists", "archive, category and tag lists of the page", 20_000, _RESIDUE
    ),
    Furniture("drop_copyright_lines", "copyright and reprint notices", 600, _RESIDUE),
    Furniture("drop_protected_emails", "masked e-mail addresses on a line of their own", 120),
    Furniture("drop_click_calls", "one-line advertisers' calls that end in `Click here`", 220),
    Furniture("drop_photo_credits", "lines that only credit a picture", 120),
    Furniture("drop_more_promises", "promises of more to come on a developing story", 120),
    Furniture(
        "drop_editorial_notes", "disclaimers, sources, credits of desks and translators", 500
    ),
)

_BYLINES, _CAPTIONS, _PICTURES = (
    "clean.rules.bylines",
    "clean.rules.captions",
    "clean.rules.pictures",
)
_AUTHOR_BOXES, _SIGNATURES, _DATELINES = (
    "clean.rules.author_boxes",
    "clean.rules.signatures",
    "clean.datelines",
)
_AUTHORS = "author_words"
_NAMES = "dedup.verdict.name_words"
_DATES, _GRAMMAR = "parse.date_lexicon", "parse.date_grammar"
_LINKS, _HEADLINE = "clean.rules.links", "clean.rules.headline"

WORDS: Mapping[str, WordList] = {
    # Lists that phrases mention
    "network": WordList("social networks and share buttons", "phrases", phrases=True),
    "agency": WordList("whom a caption credits for a picture", "phrases", phrases=True),
    "piece": WordList("what a page calls the thing on it", "phrases", phrases=True),
    # The whole language
    "stop": WordList("the commonest words, which every text has", "check.language"),
    "number": WordList("numbers from two on, in order", "dedup.verdict.tokens"),
    **{
        name: WordList(f"what multiplies the number before it by {value:,}",
                       "dedup.verdict.tokens")
        for name, value in SCALES.items()
    },
    "one": WordList("one, where it stands for a number", "dedup.verdict.tokens"),
    "edit": WordList("what editors put in the place of words that say the same", _NAMES),
    "name_before": WordList("what stands before a name: titles, kinds of place", _NAMES),
    "name_after": WordList("what stands behind a name", _NAMES),
    "surname": WordList("common surnames of one character", _NAMES),
    "place_ending": WordList("what ends the names of places, glued to them", _NAMES),
    "case_ending": WordList("what is glued to a noun: particles", _NAMES),
    "verb_ending": WordList("what ends verbs", _NAMES),
    "call": WordList("what begins a call to buy or go elsewhere", "dedup.verdict.furniture"),
    "correction": WordList("what announces the correction of a report", "dedup.verdict.exchange"),
    "name_particle": WordList("small words inside names of people: van, de la", _BYLINES,
                              keeps_case=True),
    "and": WordList("the word between two names", _BYLINES, keeps_case=True),
    # Dates
    "month": WordList("the months, each with all its forms", _DATES, numbered=True),
    "jalali_month": WordList("the months of the solar Hijri calendar, likewise", _DATES,
                             numbered=True),
    "weekday": WordList("the days of the week, as dates write them", _DATES),
    "before_noon": WordList("what makes a time of day one before noon", _DATES),
    "after_noon": WordList("what makes it one after noon", _DATES),
    "hour_mark": WordList("behind the hour of a time: 18h06", _GRAMMAR),
    "minute_mark": WordList("behind its minutes", _GRAMMAR),
    "second_mark": WordList("behind its seconds", _GRAMMAR),
    "zone": WordList("time zones, with hours east of UTC, or ? where places differ", _DATES),
    "era": WordList("eras, with the year before their first", _DATES),
    "date_word": WordList("small words in a date that say nothing", _DATES),
    "date_label": WordList("what stands before a date", _DATES),
    "update_label": WordList("what stands before the date of a change", _DATES),
    "minutes_ago": WordList("how many minutes ago; without a number, one", _DATES),
    "hours_ago": WordList("how many hours ago", _DATES),
    "days_ago": WordList("how many days ago", _DATES),
    "weeks_ago": WordList("how many weeks ago", _DATES),
    "today": WordList("the day on which the page was read", _DATES),
    "yesterday": WordList("the day before", _DATES),
    # Bylines and author boxes
    "by": WordList("the word before a writer; a line that opens so is no headline", _HEADLINE),
    "byline": WordList("what begins a byline: names follow", _BYLINES),
    "byline_label": WordList("the same, where a colon must follow", _BYLINES),
    "author_by": WordList("what else stands before a writer's name in a record", _AUTHORS),
    "author_and": WordList("what else stands between two names in a record", _AUTHORS),
    "and_prefix": WordList("`and`, glued to the second name", _AUTHORS, keeps_case=True),
    "no_and_prefix": WordList("names that begin with the same letter", _AUTHORS, keeps_case=True),
    "author_of": WordList("between a writer and what they write for", _AUTHORS),
    "author_report": WordList("a report, behind its place and the writer's name", _AUTHORS),
    "author_role": WordList("what else a writer is, in a record", _AUTHORS),
    "author_degree": WordList("letters after a writer's name in a record", _AUTHORS),
    "author_agency": WordList("agencies and desks that stand as an author in a record", _AUTHORS),
    "city": WordList("cities of several words: places behind a name", _AUTHORS, keeps_case=True),
    "outlet_word": WordList("words in which names of papers and agencies end", _AUTHORS),
    "no_author": WordList("what stands for an author in a record and names nobody", _AUTHORS),
    "byline_role": WordList("the role of a writer, after the name", _BYLINES),
    "byline_from": WordList("between a comma behind a name and a place", _BYLINES, keeps_case=True),
    "byline_in": WordList("between a name and a place", _BYLINES, keeps_case=True),
    "with": WordList("between writers and an agency: `with AFP`", _BYLINES),
    "agency_mark": WordList("agencies behind such a word", _BYLINES, keeps_case=True),
    "desk": WordList("a newsroom that signs in place of a person", _BYLINES),
    "desk_opening": WordList("what may come before it", _BYLINES),
    "no_name": WordList("capitalised words that open a line and are no names", _BYLINES),
    "weekday_name": WordList("weekdays that are given names too", _BYLINES, keeps_case=True),
    "title": WordList("titles before names", _BYLINES),
    "author_title": WordList("the title of a writer, after a bar", _BYLINES),
    "author_does": WordList("what follows an author's name in a sentence about them", _BYLINES,
                            keeps_case=True),
    "writes_from": WordList("where an author writes from, in a box", _BYLINES, keeps_case=True),
    "box_label": WordList("behind the name in a box that a blog prints", _BYLINES, keeps_case=True),
    "author_heading": WordList("the heading of the box about the author", _AUTHOR_BOXES),
    "desk_title": WordList("what the sentence about an author calls them", _AUTHOR_BOXES),
    "covers": WordList("what an author does, before a subject", _AUTHOR_BOXES, keeps_case=True),
    "is_a": WordList("between an author's name and what they are", _AUTHOR_BOXES, keeps_case=True),
    "works_at": WordList("after an author's name, before a paper or a place", _AUTHOR_BOXES,
                         keeps_case=True),
    # Headlines and datelines
    "kicker": WordList("a label before a headline and a bar", _HEADLINE),
    "story_label": WordList("capitals before a dash that are no place", _DATELINES),
    "dispatch": WordList("a wire report, behind place and day", _DATELINES, keeps_case=True),
    "day_ordinal": WordList("letters after the number of a day: 3rd", _DATELINES,
                            keeps_case=True),
    "day_of": WordList("between day, month and year: 3 de mayo de 2021", _DATELINES,
                       keeps_case=True),
    # Pictures and videos
    "caption_label": WordList("before a colon and a picture's author", _CAPTIONS),
    "credit_opening": WordList("before such a label: file photo", _CAPTIONS),
    "editors_notice": WordList("what an agency asks of those who print its picture", _CAPTIONS,
                               keeps_case=True),
    "photo": WordList("a picture, before `by`", _CAPTIONS),
    "photo_by": WordList("the word between a picture and its author", _CAPTIONS),
    "pictured": WordList("what a caption begins with", _PICTURES, keeps_case=True),
    "pictured_then": WordList("and the word after it", _PICTURES, keeps_case=True),
    "order": WordList("who stands where, before the names: from left to right", _PICTURES),
    "position": WordList("the position of a person, in brackets: (left)", _PICTURES),
    "position_opening": WordList("what may come before that: (far left)", _PICTURES),
    "media_label": WordList("before the title of a video or gallery", "clean.rules.video_captions"),
    "clock": WordList("behind the time of day, beside a video", "clean.rules.video_captions",
                      keeps_case=True),
    # Links and other furniture around a story
    "appeal": WordList("calls of a paper that asks its readers for money", "clean.rules.appeals"),
    "appeal_itself": WordList("what the paper calls itself then", "clean.rules.appeals"),
    "link_heading": WordList("what begins a link to another story; a colon follows", _LINKS),
    "link_button": WordList("the same without a colon, as buttons are written", _LINKS,
                            keeps_case=True),
    "link_word": WordList("the link at the end of a teaser", "clean.rules.teasers",
                          keeps_case=True),
    "glued_mark": WordList("marks of an advertisement glued to a sentence",
                           "clean.rules.boilerplate", keeps_case=True),
    "badge": WordList("what a page puts above a standfirst", "clean.rules.boilerplate"),
    "click_call": WordList(
        "the call at the end of an advertiser's line", "clean.rules.boilerplate", keeps_case=True
    ),
    "click_to": WordList("between the call and its purpose", "clean.rules.boilerplate",
                         keeps_case=True),
    "click_end": WordList("the last word of the call", "clean.rules.boilerplate", keeps_case=True),
    "question_label": WordList(
        "before the questions and answers of an interview", "clean.learning", keeps_case=True
    ),
    "ago": WordList("how long ago a comment was written", "clean.rules.comments"),
    "wrote": WordList("between a comment's author and the comment", "clean.rules.comments"),
    "office": WordList("the office of a person who signs a statement", _SIGNATURES),
    "signed": WordList("above a signature", _SIGNATURES),
    "degree": WordList("after the name in a signature", _SIGNATURES, keeps_case=True),
    "title_particle": WordList("small words inside an office, a place or a date", _SIGNATURES,
                               keeps_case=True),
    "outlet": WordList("papers and stations from which others take stories", _SIGNATURES,
                       keeps_case=True),
    "credited_agency": WordList("agencies beside a picture's author", _CAPTIONS, keeps_case=True),
}  # fmt: skip
SCRIPT: Mapping[str, str] = {
    "calendar": "which calendar its years are of, where not the Gregorian one",
    "day_first": "whether dates in numbers always have the day first (Unicode CLDR, all countries)",
    "capitalises_nouns": "whether all nouns have capitals, so that capitals tell no name",
    "characters_per_word": "in a script without spaces: about how many make a word",
}
# Files that hold lists of no single language, and may have only these sections.
BESIDE: Mapping[str, tuple[str, ...]] = {"names": ("words",), "publishers": ("furniture",)}
