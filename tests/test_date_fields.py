"""Which of a record's fields gives the date, and what the others add to it."""

import json
from typing import Any

import pytest

from pipeline.article import Arrival, DeadLetter, Format, Origin, RawArticle
from pipeline.clean.options import CleanOptions
from pipeline.flow import Stages, prepare
from pipeline.parse import ParseOptions, parse

ARRIVAL = Arrival(
    origin=Origin(file="a", line=1), seen_at="2026-01-01T00:00:00Z", format=Format.JSON
)


def read(options: ParseOptions | None = None, /, **fields: Any) -> RawArticle:
    value = json.dumps({"text": "The ferry sails.", **fields}).encode()
    found = parse(value, ARRIVAL, options or ParseOptions())
    assert isinstance(found, tuple)
    return found[0]


def rules(article: RawArticle) -> list[str]:
    return [finding.rule for finding in article.findings]


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ({"date": "2024-10-15T10:00:00", "date_gmt": "2024-10-15T08:00:00"}, "08:00:00Z"),
        ({"post_date": "x", "post_date_gmt": "2024-10-15 08:00:00"}, "08:00:00Z"),
        ({"date_gmt": "2024-10-15T08:00:00"}, "08:00:00Z"),
        ({"date": "2024-10-15T10:00:00+02:00", "date_gmt": "2024-10-15T09:00:00"}, "08:00:00Z"),
        ({"date": "2024-10-15T10:00:00", "date_gmt": "0000-00-00 00:00:00"}, "10:00:00"),
        ({"date": "2024-10-15T10:00:00", "date_gmt": "2024-10-11T08:00:00"}, "10:00:00"),
        ({"date": "2024-10-15T23:30:00", "date_utc": "2024-10-16T03:30:00"}, "03:30:00Z"),
    ],
)
def test_a_twin_in_utc_gives_the_zone(fields: dict[str, Any], date: str):
    found = read(**fields).date_published
    assert found is not None
    assert found.partition("T")[2] == date


def test_the_twin_of_the_date_of_change_counts_for_that_date():
    article = read(modified="2024-10-15T10:00:00", modified_gmt="2024-10-15T08:00:00")
    assert article.date_modified == "2024-10-15T08:00:00Z"
    assert article.date_published is None


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ([2024, 10, 15], "2024-10-15"),
        ([2024, 10, 15, 14, 5], "2024-10-15T14:05:00"),
        ([2024, 10, 15, 14, 5, 7, 123000000], "2024-10-15T14:05:07"),
        ({"$date": {"$numberLong": "1729001100000"}}, "2024-10-15T14:05:00Z"),
        ({"_seconds": 1729001100, "_nanoseconds": 0}, "2024-10-15T14:05:00Z"),
        ({"@type": "xsd:dateTime", "@value": "2024-10-15T14:05:00Z"}, "2024-10-15T14:05:00Z"),
        ({"__type": "Date", "iso": "2024-10-15T14:05:00.000Z"}, "2024-10-15T14:05:00Z"),
        (
            {"date": "2024-10-15 16:05:00.000000", "timezone_type": 3, "timezone": "Europe/Berlin"},
            "2024-10-15T14:05:00Z",
        ),
        ({"date": "2024-10-15 14:05:00.000000", "timezone": "+00:00"}, "2024-10-15T14:05:00Z"),
        (["Tue, 15 Oct 24 14:05:00 GMT"], "2024-10-15T14:05:00Z"),
    ],
)
def test_shapes_of_other_tools(value: Any, date: str):
    assert read(date=value).date_published == date


@pytest.mark.parametrize("value", [[1, 2], [2024, "10", 15], [2024, -1, 3], {"when": "now"}])
def test_a_shape_that_is_no_date_is_noted_and_kept(value: Any):
    article = read(date=value)
    assert article.date_published is None
    assert "field-wrong-type" in rules(article)
    assert "date" in article.extra


def test_a_relative_date_is_counted_from_the_time_of_reading():
    article = read(date="2 hours ago", crawl_date="2024-10-15T14:05:00Z")
    assert article.date_published == "2024-10-15T12:05:00Z"
    assert article.date_published_raw == "2 hours ago"
    assert rules(article) == ["date-from-crawl"]
    assert read(date="2 hours ago").date_published is None
    assert rules(read(date="2 hours ago")) == ["date-unreadable"]


@pytest.mark.parametrize("name", ["date_download", "scraped_at", "fetchedAt", "Retrieved At"])
def test_spiders_call_the_time_of_reading_by_many_names(name: str):
    article = read(date="vor 3 Tagen", language="de", **{name: "2024-10-15 14:05:00"})
    assert article.date_published == "2024-10-12"


def test_the_field_for_the_time_of_arrival_counts_too():
    options = ParseOptions(arrival_field="got")
    article = read(options, date="yesterday", got="2024-10-15T14:05:00Z")
    assert article.date_published == "2024-10-14"


def test_a_date_that_cannot_be_read_gives_way_to_one_that_can():
    article = read(published="long ago", date="2024-10-15")
    assert (article.date_published, article.date_published_raw) == ("2024-10-15", "2024-10-15")
    assert bytes(article.extra["published"]) == b'"long ago"'
    assert "date" not in article.extra
    assert rules(article) == []


def test_the_zero_of_a_database_gives_way_to_a_date():
    article = read(published="0000-00-00 00:00:00", date="2024-10-15")
    assert article.date_published == "2024-10-15"
    alone = read(published="0000-00-00 00:00:00")
    assert (alone.date_published, rules(alone)) == (None, ["date-sentinel"])


STORY = (
    "A storm took the roof of the fish hall on the coast, put it down, almost whole, on grass.",
    "Nobody was hurt, and the auction was held under umbrellas while the price of cod went up.",
    "The harbour board wants to have the roof back in its place before the week is out.",
)


def cleaned(top: str, **fields: Any) -> tuple[str, str | None]:
    """The body and the date of an article with this top."""
    record = {"title": "Storm takes the roof", "text": "\n\n".join((top, *STORY)), **fields}
    # The line model takes a lone date for furniture of the page.
    stages = Stages(clean=CleanOptions(disabled=("drop_furniture_lines",)))
    ready = prepare(json.dumps(record).encode(), ARRIVAL, stages)
    assert not isinstance(ready, DeadLetter)
    article = ready.article
    return article.article_body, article.date_published


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("Oct. 14, 2024", "2024-10-14"),
        ("Monday, 14 October 2024", "2024-10-14"),
        ("14.10.2024, 18:05 Uhr", "2024-10-14T18:05:00"),
        ("Publié le 14 octobre 2024 à 18h05", "2024-10-14T18:05:00"),
        ("14 de outubro de 2024", "2024-10-14"),
        ("2024年10月14日(月) 18:05", "2024-10-14T18:05:00"),
        ("१४ अक्टूबर २०२४", "2024-10-14"),
        ("2024-10-14 18:05", "2024-10-14T18:05:00"),
    ],
)
def test_a_date_line_above_the_story_gives_the_date_and_goes(line: str, date: str):
    assert cleaned(line) == ("\n\n".join(STORY), date)
    assert cleaned(f"By Ana Lima\n\n{line}") == ("\n\n".join(STORY), date)


def test_a_date_line_of_the_day_that_a_field_says_goes():
    body, date = cleaned("Oct. 14, 2024", date="2024-10-14T08:00:00Z")
    assert (body, date) == ("\n\n".join(STORY), "2024-10-14T08:00:00Z")


@pytest.mark.parametrize(
    ("top", "fields"),
    [
        ("Oct. 14, 2024", {"date": "2024-10-20"}),  # the date of something else
        ("Oct. 14, 2024\n\nOct. 15, 2024", {}),  # a diary
        ("October 2024", {}),
        ("14/10", {}),
        ("20241014", {}),
        ("10/11/2024", {}),  # read in two ways
        ("yesterday", {}),
        ("The storm came on October 14, 2024", {}),
    ],
)
def test_other_lines_stay(top: str, fields: dict[str, Any]):
    body, date = cleaned(top, **fields)
    assert body.startswith(top.partition("\n")[0])
    assert date == fields.get("date")


@pytest.mark.parametrize(
    "line",
    ["Aktualisiert am 14.10.2024", "Last updated: Oct. 14, 2024", "Mis à jour le 14 octobre 2024"],
)
def test_the_date_of_a_change_is_not_that_of_publication(line: str):
    assert cleaned(line)[1] is None


def test_a_date_from_the_body_is_told():
    article = read(text="Oct. 14, 2024\n\nThe ferry sails.")
    assert article.date_published == "2024-10-14"
    assert article.date_published_raw == "Oct. 14, 2024"
    assert rules(article) == ["date-from-body"]
    unreadable = read(text="Oct. 14, 2024\n\nThe ferry sails.", date="soon")
    assert (unreadable.date_published, rules(unreadable)) == (None, ["date-unreadable"])


@pytest.mark.parametrize("language", ["hi", "pt-BR", "ar", "de", "ru"])
def test_a_language_that_always_has_the_day_first_decides_the_order(language: str):
    article = read(date="03/04/2024", inLanguage=language)
    assert (article.date_published, rules(article)) == ("2024-04-03", ["date-by-language"])


@pytest.mark.parametrize("language", ["en", "en-NG", "es", "zu", "so", None])
def test_a_language_with_several_orders_decides_nothing(language: str | None):
    article = read(date="03/04/2024", inLanguage=language)
    assert (article.date_published, rules(article)) == (None, ["date-ambiguous"])


def test_address_and_settings_count_before_the_language():
    url = "https://river.example/2024/03/04/the-ferry"
    article = read(date="03/04/2024", inLanguage="pt", url=url)
    assert (article.date_published, rules(article)) == ("2024-03-04", [])


def test_the_month_in_the_address_is_that_of_publication():
    url = "https://river.example/2024/03/the-ferry"
    article = read(date="03/04/2024", dateModified="03/05/2024", url=url)
    assert (article.date_published, article.date_modified) == ("2024-03-04", None)


def test_a_date_in_the_address_decides_the_order():
    url = "https://river.example/2024/03/04/the-ferry"
    assert read(date="03/04/2024", url=url).date_published == "2024-03-04"
    assert read(date="04/03/2024", url=url).date_published == "2024-03-04"
    assert rules(read(date="03/05/2024", url=url)) == ["date-ambiguous"]
