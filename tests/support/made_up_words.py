"""One made-up entry for each list of the language files, and a text that it must change."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Raw

from pipeline.article import Draft
from pipeline.authors import read_byline
from pipeline.check import CheckOptions, Subject, check
from pipeline.check.limits import RULES, by_language
from pipeline.clean import CleanOptions, Context, clean, dateline_of, learning
from pipeline.dedup.verdict.exchange import correction, exchanged
from pipeline.dedup.verdict.furniture import mark_furniture
from pipeline.dedup.verdict.tokens import tokens
from pipeline.languages.bundle import read_files, use
from pipeline.languages.contents import WORDS
from pipeline.parse.date_fields import DateReader

STORY = """\
The council agreed on Monday to repair the old bridge over the river before winter.

Work will begin in spring, said the mayor, who thanked the engineers for their patience.

Until then a ferry crosses every half hour, and nobody has to pay for it on Sundays."""
_MORE = "\n\n" + STORY.replace("Monday", "Tuesday").replace("spring", "autumn")


_NO_FIELDS: Mapping[str, Any] = {}


class Case(NamedTuple):
    file: str
    section: str  # a path in the file
    entry: Any  # added to the list there, or put there where it is no text
    body: str
    fields: Mapping[str, Any] = _NO_FIELDS  # further ones of the draft and its context
    read: str = "clean"  # the name of what reads it, in `_readers`


def _word(name: str, entry: str, body: str, read: str = "clean", **fields: Any) -> Case:
    return Case("en", f"words.{name}", entry, body, fields, read)


def _top(line: str) -> str:
    return f"{line}\n\n{STORY}"


def _end(line: str) -> str:
    return f"{STORY}\n\n{line}"


_YES = True
_HEADED = {"headline": "A new bridge for the old town"}

CASES = (
    _word("network", "zorbanet", _end("Share this on Zorbanet")),
    _word("agency", "zorbapix", _end("Photo Zorbapix")),
    # Of two lines, which the line model is not asked about.
    _word("piece", "zorbitem", "It rained for a week in the old town.\n\nShare this zorbitem"),
    _word("month", "zupember", "Lagos, 3 Zupember - The council agreed.", "dateline"),
    _word("jalali_month", "zorvardin", "24 Zorvardin 1403", "date"),
    _word("weekday", "zorbday", "Zorbday, 15 October 2024", "date"),
    _word("before_noon", "zorb a.m", "15 October 2024 12:05 zorb a.m.", "date"),
    _word("after_noon", "zorb p.m", "15 October 2024 2:05 zorb p.m.", "date"),
    _word("hour_mark", "zorbhours", "15 October 2024, 14 zorbhours 05", "date"),
    _word("minute_mark", "zorbmin", "15 October 2024, 14h05 zorbmin", "date"),
    _word("second_mark", "zorbsec", "15 October 2024, 14h05 zorbmin 07 zorbsec", "date"),
    _word("zone", "zorbt 3", "15 October 2024 14:05 ZORBT", "date"),
    _word("era", "zorb era 2000", "15 October zorb era 24", "date"),
    _word("date_word", "zorbof", "15 zorbof October 2024", "date"),
    _word("date_label", "zorblished", "Zorblished: 15 October 2024", "date"),
    _word("update_label", "zorbdated", "Zorbdated: 15 October 2024", "date"),
    _word("minutes_ago", "# zorbmins ago", "5 zorbmins ago", "date"),
    _word("hours_ago", "# zorbhours ago", "5 zorbhours ago", "date"),
    _word("days_ago", "# zorbdays ago", "5 zorbdays ago", "date"),
    _word("weeks_ago", "# zorbweeks ago", "5 zorbweeks ago", "date"),
    _word("today", "zorbtoday", "Zorbtoday", "date"),
    _word("yesterday", "zorbyesterday", "Zorbyesterday", "date"),
    _word("author_by", "zorbed by", "Zorbed by Ana Lima", "authors"),
    _word("author_and", "zorband", "Ana Lima zorband Bo Ekdahl", "authors"),
    _word("and_prefix", "q", "Ana Lima qBo Ekdahl", "authors"),
    _word("no_and_prefix", "وزورب", "سارة علي وزورب حسن", "authors"),
    _word("author_of", "zorbfor", "Ana Lima zorbfor The River", "authors"),
    _word("author_role", "zorbist", "Ana Lima, Zorbist", "authors"),
    _word("author_report", "写道", "王小明／台北写道", "authors"),
    _word("author_degree", "zorbd", "Ana Lima, ZorbD", "authors"),
    _word("author_agency", "zorbnews", "Ana Lima, Zorbnews", "authors"),
    _word("outlet_word", "zorbette", "Ana Lima, River Zorbette", "authors"),
    Case("names", "words.city", "Port Zorb", "Ana Lima, Port Zorb", {}, "authors"),
    _word("no_author", "zorb here", "Zorb here", "authors"),
    _word("stop", "zorbastop", " ".join(["zorbastop"] * 60), "check", language="en"),
    _word("number", "zorbhirteen", "It took zorbhirteen years.", "facts"),
    *(
        _word(name, f"zorb{name}", f"It took 3 zorb{name} years.", "facts")
        for name in ("thousand", "lakh", "million", "crore", "billion", "trillion")
    ),
    _word("ten_thousand", "zorbwan", "It took 3 zorbwan years.", "facts"),
    _word("hundred_million", "zorbok", "It took 3 zorbok years.", "facts"),
    _word("one", "zorbone", "The mark is five today.|The mark is zorbone today.", "exchange"),
    _word("edit", "zorbers", "Zorbers came today.|Quilts came today.", "exchange"),
    _word("name_before", "زورب", "في زورب سامي هنا قبل ايام|في زورب خالد هنا منذ ايام", "exchange"),
    _word("name_after", "زوربن", "في سامي زوربن قبل ايام|في خالد زوربن منذ ايام", "exchange"),
    _word("surname", "驫", "驫建国下水立即|驫志强下水马上", "exchange"),
    _word("place_ending", "زكر", "في دبتنزكر هنا قبل ايام|في هيمنزكر هنا منذ ايام", "exchange"),
    _word("case_ending", "졸브", "안산시졸브 왔다 전부|포천시졸브 왔다 모두", "exchange"),
    _word("verb_ending", "졸크", "그는 가나졸크|그는 바라졸크", "exchange"),
    _word("call", "zorbclick", "Zorbclick for a prize today.", "furniture"),
    _word("correction", "zorbrected", "ZORBRECTED - The council agreed.", "facts"),
    _word("name_particle", "zan", _top("By Ana zan Lima")),
    _word("and", "zund", _top("By Ana Lima zund Bo Ek")),
    _word("by", "zby", f"Zby the river a bridge falls\n\n{STORY}", plain=True),
    _word("byline", "zorbwritten", _top("Zorbwritten Ana Lima")),
    _word("byline_label", "zorbauthor", _top("Zorbauthor: Ana Lima")),
    _word("byline_role", "zorbriter", _top("By Ana Lima, senior zorbriter")),
    _word("byline_from", "zaus", _top("By Ana Lima, zaus Port")),
    _word("byline_in", "zim", _top("By Ana Lima zim Port")),
    _word("with", "zwith", _top("By Ana Lima zwith AFP")),
    _word("agency_mark", "ZAFP", _top("By Ana Lima with ZAFP")),
    _word("desk", "zorbdesk", _top("By our zorbdesk")),
    _word("desk_opening", "zbyour", _top("Zbyour editor")),
    _word("no_name", "zorbnobody", _top("Zorbnobody Lima"), **_HEADED),
    _word("weekday_name", "Thursday", _top("By Thursday Oke, Port Town")),
    _word("title", "zor", _end("Zor. Ana Lima writes from Port Town about ferries")),
    _word("author_title", "zorbsigner", _end("Ana Lima | Zorbsigner")),
    _word("author_does", "zorbdoes", _end("Ana Lima zorbdoes the river."), authors="Ana Lima"),
    _word("writes_from", "zorbwrites from", _end("Ana Lima zorbwrites from Port Town")),
    _word("box_label", "Zorbsite", _end("Ana Lima Zorbsite Writes about ferries.")),
    _word(
        "author_heading",
        "zorb of the author",
        f"{STORY}{_MORE}\n\nZorb of the author\n\nAna Lima",
    ),
    _word(
        "desk_title",
        "zorbeditor",
        f"{STORY}{_MORE}\n\nAna Lima is the zorbeditor of this paper for rivers and boats.",
    ),
    _word(
        "covers",
        "zorbcovers",
        f"{STORY}{_MORE}\n\nAna Lima zorbcovers the rivers and all that is on them.",
    ),
    _word("is_a", "zis", f"{STORY}{_MORE}\n\nAna Lima zis the editor of this paper for rivers."),
    _word(
        "works_at",
        "zorbworks at",
        f"{STORY}{_MORE}\n\nReporter Ana Lima zorbworks at the river desk in Port Town.",
    ),
    _word("kicker", "zorbpinion", STORY, headline="Zorbpinion | Council repairs the bridge"),
    _word("story_label", "zorbnews", "ZORBNEWS - The council agreed.", "dateline"),
    _word("day_ordinal", "zth", "Lagos, 3zth May - The council agreed.", "dateline"),
    _word("day_of", "zof", "Lagos, 3 zof May - The council agreed.", "dateline"),
    Case("zh", "words.dispatch", "\u62a5", "\u65b0\u534e5\u67083\u65e5\u62a5", {}, "dateline"),
    _word("caption_label", "zorbpicture", _end("Goats on the bridge. Zorbpicture: Ana Lima")),
    _word("credit_opening", "zorbfile", _end("Zorbfile photo: Ana Lima")),
    _word("photo", "zorbphoto", _end("Goats on the bridge. Zorbphoto by Ana Lima")),
    _word("photo_by", "zorbby", _end("Goats on the bridge. Photo zorbby Ana Lima")),
    _word("pictured", "Zorbictured", _end("Zorbictured: the mayor at the bridge")),
    _word("pictured_then", "zthen", _end("Pictured zthen the mayor")),
    _word("order", "zorb to zright", _end("Zorb to zright: Ana Lima, Bo Ek")),
    _word("position", "zleft", _end("Ana Lima (zleft) on the bridge")),
    _word("position_opening", "zfar", _end("Ana Lima (zfar left) on the bridge")),
    _word("media_label", "zorbvideo", _end("Zorbvideo: Goats cross the bridge")),
    _word("clock", "Zuhr", _end("Goats on the bridge 21.04.2024 10:00 Zuhr 3:18 min")),
    _word("link_heading", "zorb also", f"{STORY} Zorb also: Second bridge opens"),
    _word("link_button", "Zorb Also", f"{STORY} Zorb Also Second bridge opens"),
    _word(
        "link_word",
        "zmore",
        _end("Second bridge opens in the old town\n\nIt took them a year and a half. zmore"),
    ),
    _word("appeal", "zgive us", _end("It rained.\n\nZgive us a coin for our journalism.")),
    _word("appeal_itself", "our zpaper", _end("It rained.\n\nSupport us: our zpaper needs it.")),
    _word("badge", "zmembers", STORY, description="Zmembers\n\nThe bridge will be mended."),
    _word("editors_notice", "ZNO SALES", _end("The bridge on Monday. ZNO SALES.")),
    _word("glued_mark", "Zadvert", f"{STORY} Zadvert"),
    _word("click_call", "Zlick zhere", f"{STORY}\n\nSee the bridge. Zlick zhere to see more"),
    _word("click_to", "zto", f"{STORY}\n\nSee the bridge. Click here zto see more"),
    _word("click_end", "znow", f"{STORY}\n\nSee the bridge. Click here znow"),
    _word("question_label", "Z", "Z: Why a bridge", "asks"),
    _word("ago", "# zorbs ago", _end("Ana 2 zorbs ago\n\nFine.\n\nBo 3 zorbs ago\n\nYes.")),
    _word(
        "wrote",
        "zays",
        _end("Ana zays\n\nFine.\n\nBo zays\n\nYes.\n\nIda zays\n\nNo."),
    ),
    _word("office", "zorbofficer", _end("Ana Lima\n\nZorbofficer of Port Town")),
    _word("signed", "zigned", _end("Zigned\n\nAna Lima\n\nDirector of Port Town")),
    _word("degree", "Zphd", _end("Ana Lima, Zphd\n\nDirector of Port Town")),
    _word("title_particle", "zoft", _end("Ana Lima\n\nDirector zoft Port Town")),
    Case("names", "words.outlet", "Zorb Post", f"{STORY} Zorb Post"),
    Case("names", "words.credited_agency", "ZPA", _end("Goats on the bridge. Ana Lima/ZPA")),
    *(
        Case("en", f"notices.{kind}", f"zorb {kind.replace('_', ' ')} ...", body, {}, "check")
        for kind in (
            "error error_in_body cookie paywall login javascript video gallery more furniture live"
        ).split()
        for body in [f"Zorb {kind.replace('_', ' ')} now."]
    ),
    Case("en", "sections.names", "zorbsection", STORY, {"headline": "Zorbsection"}, "check"),
    *(
        Case("en", f"furniture.{kind}.{place}", f"zorb {kind[5:].replace('_', ' ')} {place}", body)
        for kind, place in (
            ("drop_login_and_cookie_notices", "anywhere"),
            ("drop_paywall_notices", "anywhere"),
            ("drop_media_controls", "edge"),
            ("drop_advertisement_marks", "anywhere"),
            ("drop_share_buttons", "beside"),
            ("drop_follow_calls", "anywhere"),
            ("drop_newsletter_calls", "edge"),
            ("drop_comment_counts", "anywhere"),
            ("drop_related_links", "list"),
            ("drop_archive_lists", "tail"),
            ("drop_copyright_lines", "anywhere"),
            ("drop_protected_emails", "anywhere"),
            ("drop_click_calls", "anywhere"),
            ("drop_photo_credits", "anywhere"),
            ("drop_more_promises", "anywhere"),
            ("drop_editorial_notes", "tail"),
        )
        for line in [f"Zorb {kind[5:].replace('_', ' ')} {place}"]
        for body in [_end(f"Share this:\n\n{line}" if place == "beside" else line)]
    ),
    Case("es", "script.capitalises_nouns", _YES, _top("Ana Lima"), {**_HEADED, "language": "es"}),
    Case("zu", "script.day_first", _YES, "03/04/2021", {"language": "zu"}, "date"),
    Case("lo", "script.calendar", "buddhist", "15/10/2567", {"language": "lo"}, "date"),
    Case("vi", "script.characters_per_word", 2.0, "", {}, "limits"),
    Case("fr", "limits.too-short", 3, "", {}, "limits"),
)


def own_files() -> dict[str, str]:
    """Language files as a user would add them, which hold all the entries and nothing else."""
    shipped = read_files()
    files: dict[str, dict[str, Any]] = {}
    for case in CASES:
        data = files.setdefault(case.file, {})
        *path, last = case.section.split(".")
        for part in path:
            data = data.setdefault(part, {})
        if isinstance(case.entry, str) and path != ["script"]:
            # A numbered list replaces ours.
            is_numbered = last in WORDS and WORDS[last].numbered
            ours = tomllib.loads(shipped[case.file])["words"].get(last, ()) if is_numbered else ()
            data[last] = [*data.get(last, ours), case.entry]
        else:
            data[last] = case.entry
    return {name: "\n".join(_as_toml(data)) for name, data in files.items()}


def _as_toml(data: dict[str, Any], path: str = "") -> list[str]:
    plain = {key: value for key, value in data.items() if not isinstance(value, dict)}
    lines = [f"[{path}]"] if path else []
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    for key, value in data.items():
        if isinstance(value, dict):
            lines += _as_toml(value, f"{path}.{key}" if path else key)
    return lines


def _readers() -> dict[str, Callable[[Case], object]]:
    def cleaned(case: Case) -> object:
        texts = {name: case.fields[name] for name in Draft.__struct_fields__ if name in case.fields}
        known = {
            name: case.fields[name] for name in Context.__struct_fields__ if name in case.fields
        }
        found, _ = clean(Draft(body=case.body, **texts), Context(**known), CleanOptions())
        return [found.headline, found.description, found.authors, found.body]

    def checked(case: Case) -> object:
        return check(Subject(body=case.body, **case.fields), CheckOptions()).measures

    def marked(case: Case) -> object:
        marks = bytearray(5)
        mark_furniture(marks, case.body)
        return list(marks)

    crawled = {"crawledAt": Raw(b'"2024-10-15T14:05:00Z"')}
    return {
        "clean": cleaned,
        "furniture": marked,
        "check": checked,
        "authors": lambda case: read_byline(case.body).names,
        "date": lambda case: (
            DateReader(None, case.fields.get("language"), crawled, None).read(case.body).iso
        ),
        "dateline": lambda case: dateline_of(case.body),
        "facts": lambda case: [
            correction(case.body, ""),
            [one.word for one in tokens(case.body) if one.is_number],
        ],
        "exchange": lambda case: exchanged(*case.body.split("|")[::-1]),
        "asks": lambda case: learning._asks().search(case.body) is not None,
        "limits": lambda _: dict(by_language(RULES["too-short"])),
    }


def outcomes(own: Mapping[str, str]) -> dict[str, object]:
    """Returns what each text comes out as, by its section; `own` are language files beside ours."""
    use(own)
    try:
        readers = _readers()
        return {case.section: readers[case.read](case) for case in CASES}
    finally:
        use({})
