"""The kinds of boilerplate whose lines the files in `patterns/` describe; their phrases, read."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.clean.phrases import load


class Kind(NamedTuple):
    """A repair that takes lines of one kind: its public id, what it does, the longest line."""

    id: str
    summary: str
    max_chars: int  # a longer line is left alone, whatever it says


CLICK_CALLS = "drop_click_calls"
# The limits are a judgement: room for the longest notice of its kind, short of a paragraph of
# news. Archive lists run to thousands of characters and cannot be mistaken for prose.
KINDS = (
    Kind("drop_login_and_cookie_notices", "cookie, consent and log-in notices", 500),
    Kind("drop_paywall_notices", "notices that the rest is for subscribers", 260),
    Kind("drop_media_controls", "texts of video players, galleries and loaders", 160),
    Kind("drop_advertisement_marks", "lines that only mark an advertisement", 120),
    Kind("drop_share_buttons", "share, like and print buttons", 160),
    Kind("drop_follow_calls", "calls to follow, like or join the publisher", 240),
    Kind("drop_newsletter_calls", "calls to subscribe, sign up or get the app", 260),
    Kind("drop_comment_counts", "comment counts, comment forms and their notices", 240),
    Kind("drop_related_links", "links to other stories and closing lists of them", 260),
    Kind("drop_archive_lists", "archive, category and tag lists of the page", 20_000),
    Kind("drop_copyright_lines", "copyright and reprint notices", 600),
    Kind("drop_protected_emails", "masked e-mail addresses that stand alone", 120),
    Kind(CLICK_CALLS, "one-line advertisers' calls that end in `Click here`", 220),
    Kind("drop_photo_credits", "lines that only credit a picture", 120),
    Kind("drop_more_promises", "promises of more to come on a developing story", 120),
    Kind("drop_editorial_notes", "disclaimers, sources, credits of desks and translators", 500),
)
MAX_CHARS = {kind.id: kind.max_chars for kind in KINDS}
PHRASES = load(MAX_CHARS)
