"""Measures of stubs: notices, templates, filler, mark-up, code and truncated texts.

Most measures are shares of the whole text: an article about cookies, paywalls or error pages has
a low share, a page that consists of such notices a high one.
"""

from __future__ import annotations

import re

from pipeline import text
from pipeline.check import notices
from pipeline.check.measure import CHARACTERS, WORDS, YES_OR_NO, Measure, Taken
from pipeline.check.subject import Subject

_TAG = re.compile(
    r"</?(?:a|abbr|article|aside|b|blockquote|body|br|button|center|div|em|embed|figcaption|figure"
    r"|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav"
    r"|noscript|ol|option|p|picture|script|section|select|small|source|span|strong|style|sub|sup"
    r"|svg|table|tbody|td|th|thead|time|tr|u|ul|video)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_CODE_LINE = re.compile(
    r"(?:var|let|const)\s+\w+\s*=|function\s*\w*\s*\(|\}[\s)};,]*$|(?:window|document|googletag)\."
    r"|\$\(|@(?:media|import|font-face)\b|[.#]?[\w-]+(?:[ ,>:.#\w-]*)\{|[\w-]+\s*:\s*[^;{}]+;$"
)
# Characters of a line that are searched for code; bounds the work on a text of one huge line.
_CODE_READ = 200
_MOJIBAKE = re.compile("[\u00c2\u00c3\u00d0\u00d1][\u0080-\u00bf]|\u00e2\u20ac|\u00ef\u00bf\u00bd")
_MOJIBAKE_SIGNS = "\u00c2\u00c3\u00d0\u00d1\u00e2\u00ef"
_LOREM = frozenset(
    "lorem ipsum dolor sit amet consectetur adipiscing adipisicing elit sed do eiusmod tempor"
    " incididunt ut labore et dolore magna aliqua enim ad minim veniam quis nostrud exercitation"
    " ullamco laboris nisi aliquip ex ea commodo consequat duis aute irure in reprehenderit"
    " voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint occaecat cupidatat non"
    " proident sunt culpa qui officia deserunt mollit anim id est laborum".split()
)

# The kinds of notices that each measure counts.
_NOTICES = {
    "error_share": ("error", "error_in_body"),
    "cookie_share": ("cookie",),
    "paywall_share": ("paywall",),
    "login_share": ("login",),
    "javascript_share": ("javascript",),
    "video_share": ("video",),
    "gallery_share": ("gallery",),
    "live_share": ("live",),
}
_NO_NOTICES = dict.fromkeys((*_NOTICES, "notice_share"), 0.0)


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    return {
        **notice_shares(subject),
        "paywall_ending": subject.asks_to_subscribe,
        "words_before_paywall": words_before_paywall(subject),
        "headline_is_error": headline_is_error(subject),
        "headline_is_section": headline_is_section(subject),
        "truncated_ending": truncated_ending(subject),
        "lorem_share": lorem_share(subject),
        "template_marks": len(subject.template_marks),
        "tag_share": tag_share(subject),
        "code_share": code_share(subject),
        "mojibake_share": mojibake_share(subject),
    }


def notice_shares(subject: Subject) -> dict[str, float]:
    """Returns the words in notices of each kind and of all; 0 for a text of over 300 words."""
    shares = subject.notice_shares
    if not shares:
        return _NO_NOTICES
    found = {
        measure: sum([shares.get(kind, 0.0) for kind in kinds])
        for measure, kinds in _NOTICES.items()
    }
    return found | {"notice_share": min(1.0, sum(shares.values()))}


def tag_share(subject: Subject) -> float:
    """Returns the share of the characters that are HTML tags.

    >>> tag_share(Subject(body="<b>Rain</b>")) > 0.6
    True
    """
    if "<" not in subject.body:
        return 0.0
    return sum(map(len, _TAG.findall(subject.body))) / len(subject.body)


def code_share(subject: Subject) -> float:
    """Returns the share of the characters in lines that look like JavaScript or CSS.

    It is 0 without a brace.
    """
    if "{" not in subject.body:
        return 0.0
    code = sum(len(line) for line in subject.lines if _CODE_LINE.match(line[:_CODE_READ]))
    return code / len(subject.body)


_ELLIPSIS = r"(?:\.\.\.|[\u2026\u22ef])"
_END_READ = 60  # characters of the last line that can be an ellipsis and a link
# Up to four words after the ellipsis, in brackets or not. A closing quotation mark is no word.
_BROKEN_OFF = re.compile(
    rf"{_ELLIPSIS}[\])\uff09\u3011]?"
    r"(?:\s*(?:[\[(\uff08\u3010+]|(?=[^\W\d_]|[\u2192\u00bb>]))[^\s.!?\u3002\u2026\uff01\uff1f]{1,32}"
    r"(?:\s[^\s.!?\u3002\u2026\uff01\uff1f]{1,16}){0,3})?\s*$"
)


def lorem_share(subject: Subject) -> float:
    """Returns the share of words of `Lorem ipsum`; 0 for texts without these two words."""
    if not subject.has_template_words or "orem ipsum" not in subject.body:
        return 0.0
    words = text.words(subject.body)
    return sum(word.lower() in _LOREM for word in words) / len(words)


def mojibake_share(subject: Subject) -> float:
    """Returns the marks of a wrong decoding per word."""
    if subject.body.isascii() or not any(sign in subject.body for sign in _MOJIBAKE_SIGNS):
        return 0.0
    return len(_MOJIBAKE.findall(subject.body)) / (subject.reading.words or 1)


def truncated_ending(subject: Subject) -> float:
    """Returns whether the last line breaks off in an ellipsis, or ends in a link to the rest.

    After the ellipsis, a few words may say in any language that there is more.

    >>> truncated_ending(Subject(body="The council will vote ..."))
    True
    >>> truncated_ending(Subject(body="The council \u2026 [+1874 chars]"))
    True
    """
    if not subject.lines:
        return 0.0
    last = subject.lines[-1]
    return _BROKEN_OFF.search(last[-_END_READ:]) is not None or notices.ends_in_more(last)


def words_before_paywall(subject: Subject) -> float | None:
    """Returns the words outside requests to subscribe; None for a text without such a request."""
    share = subject.notice_shares.get("paywall", 0.0)
    if not share and not subject.asks_to_subscribe:
        return None
    return subject.reading.words * (1 - share)


def headline_is_error(subject: Subject) -> float:
    """Returns whether the headline, or its part beside the site's name, is an error message.

    >>> headline_is_error(Subject(headline="Page not found | The Gazette"))
    True
    """
    return any(notices.kind_of(part) == "error" for part in subject.headline_parts)


def headline_is_section(subject: Subject) -> float:
    """Returns whether the headline names a part of the site (Home, Archive), not a story."""
    parts = subject.headline_parts
    return any(map(notices.is_section, parts[:1] + parts[1:][-1:]))


MEASURES = (
    Measure("error_share", WORDS, "Words in error messages."),
    Measure("cookie_share", WORDS, "Words in cookie notices."),
    Measure("paywall_share", WORDS, "Words in requests to subscribe."),
    Measure("login_share", WORDS, "Words in log-in forms."),
    Measure("javascript_share", WORDS, "Words in notices to wait or to enable JavaScript."),
    Measure("video_share", WORDS, "Words in labels of a video player."),
    Measure("gallery_share", WORDS, "Words in labels of a picture gallery."),
    Measure("live_share", WORDS, "Words in calls to follow a live page."),
    Measure("notice_share", WORDS, "Words in notices and page furniture of all kinds."),
    Measure(
        "paywall_ending",
        YES_OR_NO,
        "One of the last lines asks to subscribe, or cleaning removed one that did.",
    ),
    Measure(
        "words_before_paywall",
        "words",
        "Words beside the requests to subscribe, where there are any.",
    ),
    Measure("headline_is_error", YES_OR_NO, "The headline is an error message."),
    Measure("headline_is_section", YES_OR_NO, "The headline names a part of the site."),
    Measure("truncated_ending", YES_OR_NO, "The text breaks off."),
    Measure("lorem_share", WORDS, "Words of the filler text."),
    Measure("template_marks", "marks", "Template left-overs."),
    Measure("tag_share", CHARACTERS, "Characters in HTML tags."),
    Measure("code_share", CHARACTERS, "Characters in lines of program or style code."),
    Measure("mojibake_share", "marks per word", "Marks of a wrong decoding."),
)
