import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.real_articles import real_records

from pipeline import url
from pipeline.url import canonical_url, site_of

CASES = json.loads((Path(__file__).parent / "cases" / "urls.json").read_text("utf-8"))

PIECES = st.sampled_from(
    "http:// https:// // www. m. amp. ex.com EX.co.uk / /amp /amp/ a-b-c 12 .amp .html .amp.html ?"
    " & &amp; amp; utm_source=1 a=2 # !/x /x ;jsessionid=2 % %2F %E2%80%99 %25 ' :80 :443 :8080 .."
    " /../ \u00e9 \u0e01 @ [ ] [::1] + google.com/amp/s/ x.cdn.ampproject.org/c/s/ = ; \x00 \ud800"
    " comment-page-3 \\ | 1.2.3.4".split(" ")
)
ADDRESSES = st.one_of(
    st.text(),
    st.text().map("http://ex.com/".__add__),
    st.lists(PIECES, max_size=14).map("".join),
    st.lists(PIECES, max_size=10).map(lambda pieces: "https://m.ex.com/" + "".join(pieces)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_folds_as_the_case_says(case: dict[str, Any]):
    assert canonical_url(case["input"]) == case["expected"]


def test_no_address_is_none():
    assert canonical_url(None) is None
    assert site_of(None) is None


@given(ADDRESSES)
def test_any_text_gives_none_or_an_address_that_stays_itself(text: str):
    address = canonical_url(text)
    assert address is None or canonical_url(address) == address


@given(ADDRESSES)
def test_any_text_has_a_site_or_none(text: str):
    site = site_of(text)
    assert site is None or "/" not in site


def test_a_long_run_of_one_character_takes_no_longer_than_its_length():
    for character in "-/;.%&a":
        address = canonical_url("https://example.com/" + character * 4000)
        assert address is None or address.startswith("https://example.com/")
    assert canonical_url("https://example.com/" + "a" * 5000) is None


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("http://Sport.Example.COM:8080/a?b", "example.com"),
        ("//example.com", "example.com"),
        ("https://reader:secret@example.com/a", "example.com"),
        ("https://one.blogspot.com/2024/a", "one.blogspot.com"),
        ("https://blogspot.com/about", "blogspot.com"),
        ("https://www.gov.uk/news", "www.gov.uk"),
        ("http://192.0.2.7/a", "192.0.2.7"),
        ("http://localhost/a", None),
        ("https:///a", None),
        ("", None),
    ],
)
def test_site_is_the_registrable_domain(url: str, site: str | None):
    assert site_of(url) == site


@pytest.fixture(scope="module")
def stream():
    return {record["id"]: record for record in real_records("ngr_stream.jsonl.gz")}


def test_listed_variants_of_one_address_fold_together(stream: dict[str, Any]):
    pairs = real_records("ngr_stream.pairs.jsonl.gz")
    one = [canonical_url(stream[pair["a"]]["url"]) for pair in pairs]
    other = [canonical_url(stream[pair["b"]]["url"]) for pair in pairs]
    folded = sum(a == b for a, b in zip(one, other, strict=True))
    assert folded == 257  # 217 by anchor, slash or tracking; 40 by percent encoding


def test_addresses_that_fold_together_lead_to_one_article(stream: dict[str, Any]):
    slugs = defaultdict(set)
    for record in stream.values():
        bare = record["url"].partition("#")[0].partition("?")[0]
        last = bare.rstrip("/").rpartition("/")[2]
        slugs[canonical_url(record["url"])].add(last if "%" not in last else None)
    for address, found in slugs.items():
        assert len({slug for slug in found if slug and slug.isascii()}) <= 1, address
    assert None not in slugs


LABELS = st.sampled_from(["www", "m", "amp", "news", "a-b", "google", "co", "example"])
SEGMENTS = st.sampled_from(
    [
        *("2021", "the-first-story", "amp", "c", "Story_1", "comment-page-2"),
        *("index.php", "the-first.html", "story-12.amp", "story-12.Amp.html", "story.1.2"),
    ]
)


@given(
    st.sampled_from(["http", "https"]),
    st.lists(LABELS, max_size=3),
    st.lists(SEGMENTS, max_size=4),
    st.sampled_from(["", "/", "//", "#comments", "/#respond", "#", "#12-a_b"]),
)
def test_the_short_way_gives_what_the_long_way_gives(
    scheme: str, labels: list[str], segments: list[str], end: str
):
    host = ".".join([*labels, "paper", "com"])
    address = f"{scheme}://{host}{''.join(f'/{segment}' for segment in segments)}{end}"
    assert canonical_url(address) == url._canonical(address)
