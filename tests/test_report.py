import base64
import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.accessible import violations
from support.browser import Tab, chromium_path, steer
from support.html import HOSTILE, Page
from support.outcomes import BODY, article, copy, dead_letter, outcome, rejected

from pipeline.article import DeadLetter, Finding, Kind, Outcome, Relation, Severity, Verdict
from pipeline.report import Run, Tally, axes, charts, flow_chart, render
from pipeline.report.diff import compare
from pipeline.report.labels import share, summary
from pipeline.report.sankey import Sankey
from pipeline.report.shown import Span, clip, fold, visible
from pipeline.report.side_by_side import mark_shared
from pipeline.report.spread import Spread

RUN = Run(inputs=("examples",), started="2026-11-22T19:03:00Z", seconds=2.0, ruleset="defaults")
Layout = Callable[[Tally], Sankey]


def tally_of(*outcomes: Outcome | DeadLetter):
    tally = Tally()
    for one in outcomes:
        tally.add(one)
    return tally


def percent(part: float, whole: float):
    return share(part, whole).replace("\N{NO-BREAK SPACE}", " ")


def full_tally():
    warn = Finding("headline-too-short", Severity.WARN, 1.0, 2.0)
    return tally_of(
        *(
            outcome(source=f"Source {number}", findings=(warn,), line=number)
            for number in range(40)
        ),
        outcome("A text with nothing to repair in it at all."),
        copy(of="a-0"),
        copy(Kind.EXCERPT, Relation.SAME_SOURCE, of="gone"),
        copy(Kind.EXTENSION, Relation.SAME_URL, of="a-0", verdict=Verdict.PUBLISH),
        copy(Kind.EXACT, Relation.OTHER_SOURCE, of="a-0"),
        rejected("error-page", "not-an-article"),
        dead_letter(),
        dead_letter("binary", b"\x89PNG\r\n\x1a\n\x00\x00"),
    )


def full_page():
    return render(full_tally(), {"a-0": article("a-0", body=BODY.replace("eleven", "nine"))}, RUN)


def hostile_page():
    tally = tally_of(
        outcome(HOSTILE, headline=HOSTILE[:300], source=HOSTILE[:200]),
        outcome(HOSTILE[:400], headline=HOSTILE[:300], source="\ud800<b>" + "n" * 5_000),
        copy(of="<a-0>", body=HOSTILE[:4_000]),
        rejected("<script>alert(3)</script>", body=HOSTILE[:5_000]),
        dead_letter("<i>", HOSTILE.encode()),
    )
    run = Run(inputs=("<script>",), started="now", seconds=0.0, ruleset="<u>")
    return render(tally, {"<a-0>": article("<a-0>", HOSTILE, HOSTILE)}, run)


def test_the_numbers_on_the_page_are_the_tally():
    tally, text = full_tally(), Page(full_page()).text
    assert f"{tally.received} articles came in, {tally.published} went out." in text
    for label, number in (
        ("Published", tally.published),
        ("Copies withheld", tally.duplicates),
        ("Rejected", tally.rejected),
        ("Unreadable", tally.dead_letters),
    ):
        assert f"{label} {number} {percent(number, tally.received)}" in text
    (rule, articles), *_ = tally.top_repairs()
    assert f"{summary(rule)} {articles} {percent(articles, tally.articles)}" in text
    assert text.count("2.0 s, 24 a second") == 1


def test_the_page_loads_nothing_and_runs_only_its_own_script():
    html = full_page()
    page = Page(html)
    assert [load for load in page.loads if not load.startswith("#")] == []
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert page.handlers == []
    assert "url(" not in html
    assert "@import" not in html
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html


def test_texts_of_strangers_cannot_break_the_page():
    html = hostile_page()
    page = Page(html)
    assert page.open == []
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert "img" not in page.tags
    assert page.handlers == []
    assert [load for load in page.loads if not load.startswith("#")] == []
    assert "{{ 7 * 7 }}" in page.text
    assert " 49 " not in page.text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in html
    assert "U+202E" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", html)
    assert len(html.encode()) < 150_000


def test_every_tag_is_closed():
    assert Page(full_page()).open == []


def test_the_page_of_an_empty_run_says_so():
    page = Page(render(Tally(), {}, RUN))
    assert "No articles came in." in page.text
    assert "svg" not in page.tags
    assert page.open == []


def test_a_run_of_one_dead_letter_has_a_page():
    page = Page(render(tally_of(dead_letter()), {}, RUN))
    assert "1 article came in, 0 went out. 1 could not be read." in page.text
    assert "it ends early: send the whole object, on one line" in page.text


def test_a_clean_run_of_one_article_says_what_did_not_happen():
    text = Page(render(tally_of(outcome("Nothing in here to repair.")), {}, RUN)).text
    assert "Nothing was withheld." in text
    assert "Nothing needed repair." in text
    assert "Nothing matched anything seen before." in text


def test_a_copy_without_its_original_is_shown_alone():
    text = Page(render(tally_of(copy(of="long-gone")), {}, RUN)).text
    assert "its id is long-gone" in text


def test_a_copy_that_took_a_second_look_shows_what_it_saw():
    plain, looked = copy(), copy()
    quality = replace(
        looked.quality, match=replace(looked.quality.match, passages=0.625, score=1.5)
    )
    assert "passages of both" not in Page(render(tally_of(plain), {}, RUN)).text
    text = Page(render(tally_of(replace(looked, quality=quality)), {}, RUN)).text
    assert "In passages of both 0.62 Score with headline, names and lengths 1.50" in text


def test_sources_after_the_thirtieth_are_folded_and_all_are_there():
    html = full_page()
    first, rest = re.findall(r"<tbody>\s*(<tr><th scope=\"row\"><bdi>.*?)</tbody>", html, re.DOTALL)
    assert first.count("<tr>") == 30
    assert rest.count("<tr>") == 42 - 30  # 40, the post, and the nameless
    assert "12 more sources" in html


def test_a_run_of_many_sources_stays_light():
    tally = tally_of(*(outcome(source=f"source-{number}.example") for number in range(3_000)))
    assert len(render(tally, {}, RUN).encode()) < 500_000


def test_a_diff_shows_the_text_as_it_came_and_as_it_left():
    (sample,) = tally_of(outcome()).samples.repaired.of("drop_share_buttons")
    _, body = compare(sample).fields
    assert "".join(span.text for span in body.before) == BODY
    assert "".join(span.text for span in body.after) == BODY.replace("Share this article\n\n", "")
    (removed,) = [span for span in body.before if span.mark]
    assert (removed.text, removed.state, removed.mark) == ("Share this article", "removed", 1)
    assert removed.title.startswith("removed by drop_share_buttons: ")


def test_a_diff_folds_what_stayed_and_bounds_what_it_shows():
    tally = tally_of(outcome("A plain sentence about boats. " * 500 + "\n\nShare this article"))
    (sample,) = tally.samples.repaired.of("drop_share_buttons")
    _, body = compare(sample).fields
    assert sum(len(span.text) for span in body.before) < 600
    assert [span.text for span in body.before if span.state == "fold"]
    assert "Share this article" in [span.text for span in body.before]


def test_shared_passages_are_marked_in_both_texts():
    one, other = mark_shared(
        "Early. The ferry stays in service all winter. Fine.",
        "The FERRY stays in service all winter, said Anna.",
    )
    assert [s.text for s in one if s.state == "shared"] == ["The ferry stays in service all winter"]
    assert [s.text for s in other if s.state == "shared"] == [
        "The FERRY stays in service all winter"
    ]
    assert [s.text for s in other if s.state == "own"] == [", said Anna."]


def test_texts_with_nothing_in_common_share_nothing():
    one, other = mark_shared("Alpha beta gamma delta epsilon.", "One two three four five.")
    assert {span.state for span in one} == {"new"}
    assert {span.state for span in other} == {"own"}


def test_what_is_new_in_the_later_text_is_marked():
    later, _ = mark_shared(
        "The ferry stays in service all winter, said Anna.",
        "The ferry stays in service all winter.",
    )
    assert [span.text for span in later if span.state == "new"] == [", said Anna."]


@pytest.mark.parametrize("text", ["", "\n\n", "word"])
def test_texts_of_hardly_a_word_can_be_compared(text: str):
    one, other = mark_shared(text, "word")
    assert "".join(span.text for span in one) == text
    assert "".join(span.text for span in other) == "word"


@given(st.text(alphabet="ab .\n", max_size=300), st.text(alphabet="ab .\n", max_size=300))
def test_marking_loses_no_character(one: str, other: str):
    for text, spans in zip((one, other), mark_shared(one, other), strict=True):
        shown = "".join(span.text for span in spans)
        if not any(span.state == "fold" for span in spans):
            assert shown.split() == text.split()


def test_a_fold_says_how_much_it_hides():
    (head, hidden, tail) = fold(Span("a" * 1_000, "kept"), 100, 50)
    assert (len(head.text), len(tail.text)) == (100, 50)
    assert hidden.text == "\N{HORIZONTAL ELLIPSIS} 850 characters \N{HORIZONTAL ELLIPSIS}"
    assert fold(Span("a" * 200, "kept"), 100, 50) == [Span("a" * 200, "kept")]


def test_unseen_characters_are_named_and_joiners_stay():
    assert "U+200B" in visible("a\N{ZERO WIDTH SPACE}b")
    assert visible("a\N{ZERO WIDTH NON-JOINER}b") == "a\N{ZERO WIDTH NON-JOINER}b"
    assert clip("one\n two" + "x" * 100, 10) == "one twoxx\N{HORIZONTAL ELLIPSIS}"


def test_shares_are_as_precise_as_they_need_to_be():
    space = "\N{NO-BREAK SPACE}"
    assert share(0, 7) == f"0{space}%"
    assert share(1, 20_000) == f"<0.1{space}%"
    assert share(13, 1_000) == f"1.3{space}%"
    assert share(1, 3) == f"33{space}%"
    assert share(19_999, 20_000) == f">99.9{space}%"
    assert share(5, 5) == f"100{space}%"
    assert share(0, 0) == ""


@pytest.mark.parametrize("layout", [flow_chart.wide, flow_chart.narrow])
def test_bands_are_as_thick_as_the_articles_they_stand_for(layout: Layout):
    picture = layout(full_tally())
    heights = {placed.node.id: placed for placed in picture.nodes}
    total = heights["in"]
    for placed in picture.nodes:
        exact = total.height * placed.node.count / total.node.count
        assert placed.height == pytest.approx(max(exact, 1.2))


@pytest.mark.parametrize("layout", [flow_chart.wide, flow_chart.narrow])
def test_what_flows_into_a_door_flows_out_of_it_for_a_reason(layout: Layout):
    picture = layout(full_tally())
    links = [placed.link for placed in picture.links]
    for door in ("published", "copies", "rejected", "unreadable"):
        arriving = sum(link.count for link in links if link.target == door)
        assert arriving == sum(link.count for link in links if link.source == door) > 0


@pytest.mark.parametrize("layout", [flow_chart.wide, flow_chart.narrow])
def test_labels_of_a_column_do_not_overlap(layout: Layout):
    columns = {}
    for placed in layout(full_tally()).nodes:
        if placed.node.label:
            columns.setdefault(placed.x, []).append(placed.text_y)
    for tops in columns.values():
        assert all(after - before >= 18 for before, after in pairwise(tops))


def test_histogram_bars_stay_inside_the_axes():
    spread = Spread(20_000)
    for words in (0, 9, 10, 350, 351, 20_000, 99_999):
        spread.add("publish", words)
    picture = charts.lengths(spread, [charts.Series("publish", "published", "Published")])
    assert sum(int(re.search(r": ([\d,]+) ", bar.title)[1]) for bar in picture.bars) == 7
    for bar in picture.bars:
        assert picture.frame.left <= bar.x < bar.x + bar.width <= picture.frame.end
        assert 0 < bar.y < bar.y + bar.height <= picture.frame.base + 0.01
    assert picture.y_ticks[-1].label == "2"


def test_labels_of_large_counts_stay_inside_the_margin():
    frame = charts.lengths(Spread(10), []).frame
    for most in (2, 10_000, 80_000, 300_000, 6_000_000):
        widest = max(len(tick.label) for tick in axes.count_ticks(frame, most))
        assert 8.5 * widest + 6 <= frame.left  # of 15 pixels, as on narrow screens


@pytest.mark.parametrize(("number", "end"), [(0, 2), (1, 2), (3, 4), (5, 6), (9, 10), (441, 500)])
def test_axes_end_at_round_even_numbers(number: int, end: int):
    assert axes.round_up(number) == end


# In a real browser: what no parser can tell.

_PROBE = """
<script>
const troubles = [];
addEventListener("error", (e) => troubles.push(e.message));
addEventListener("securitypolicyviolation", (e) => troubles.push(e.violatedDirective));
addEventListener("load", () => {
  document.querySelectorAll("details").forEach((d) => (d.open = true));
  const names = () =>
    [...document.querySelectorAll("table.sources tbody th")].map((th) => th.textContent);
  const button = document.querySelector("table.sources button");
  button?.click();
  const up = names();
  button?.click();
  parent.postMessage({
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    up, down: names(), troubles, alerts: window.alerts ?? 0,
  }, "*");
});
window.alert = () => (window.alerts = (window.alerts ?? 0) + 1);
</script>
"""
_FRAME = """<!doctype html><body><iframe src="page.html"
style="width:{width}px;height:900px;border:0"></iframe><pre id="told"></pre><script>
addEventListener("message", (e) => (told.textContent = JSON.stringify(e.data)));
</script></body>"""


@pytest.fixture(scope="module")
def chromium():
    return chromium_path()


def browse(chromium: str, page: Path, width: int):
    """(the page's DOM after it ran, what the browser wrote to its log)."""
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        "--virtual-time-budget=5000",
        f"--user-data-dir={page.parent / 'profile'}",
        f"--window-size={width},1000",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode(), done.stderr.decode(errors="replace")


def probe(chromium: str, folder: Path, html: str, width: int):
    policy = re.sub("script-src '[^']*'", "script-src 'unsafe-inline'", html, count=1)
    page = policy.replace('<meta name="viewport"', _PROBE + '<meta name="viewport"', 1)
    (folder / "page.html").write_text(page, "utf-8")
    frame = folder / "frame.html"
    frame.write_text(_FRAME.format(width=width), "utf-8")
    dom, _ = browse(chromium, frame, max(width, 600) + 40)
    told = re.search(r'<pre id="told">(.*?)</pre>', dom, re.DOTALL)
    assert told, "the page did not load"
    return json.loads(re.sub("&amp;", "&", told[1].replace("&lt;", "<").replace("&gt;", ">")))


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("make", [full_page, hostile_page])
def test_the_page_fits_its_window_and_runs_without_errors(
    chromium: str, tmp_path: Path, make: Callable[[], str], width: int
):
    told = probe(chromium, tmp_path, make(), width)
    assert told["overflow"] <= 0
    assert told["troubles"] == []
    assert told["alerts"] == 0


def test_a_click_on_a_header_sorts_all_sources(chromium: str, tmp_path: Path):
    told = probe(chromium, tmp_path, full_page(), 1280)
    assert len(told["up"]) == 42
    assert told["up"] == told["down"][::-1] != sorted(told["up"], reverse=True)


def test_the_browser_accepts_the_page_under_its_own_policy(chromium: str, tmp_path: Path):
    page = tmp_path / "report.html"
    page.write_text(full_page(), "utf-8")
    dom, log = browse(chromium, page, 1280)
    assert "<button" in dom  # its own script ran
    assert "CONSOLE" not in log


@pytest.mark.parametrize("make", [full_page, hostile_page])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_without_eyes_and_with_weak_ones(
    make: Callable[[], str], scheme: str, tmp_path: Path
):
    page = tmp_path / "report.html"
    page.write_text(make(), "utf-8")

    async def look(tab: Tab) -> None:
        await tab.prefer(prefers_color_scheme=scheme)
        await tab.open(page.as_uri(), width=1280)
        assert await violations(tab) == []

    steer(tmp_path, look)


def test_a_page_that_somebody_cannot_read_would_be_found(tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text("<title>t</title><p style='color: #ccc'>pale</p><img src='data:,'>", "utf-8")

    async def look(tab: Tab) -> None:
        await tab.open(page.as_uri(), width=1280)
        found = {one.split(":")[0] for one in await violations(tab)}
        assert {"serious color-contrast", "critical image-alt"} <= found

    steer(tmp_path, look)


_SHOWN = "[...document.querySelectorAll('.sample, .card')].filter((one) => !one.hidden).length"
_TELLING = "document.querySelector('.filter output').value"


async def fill(tab: Tab, field: str, value: str) -> int:
    """How many samples are shown once a field of the filter has a value."""
    await tab.run(
        f"((field) => {{ field.value = {json.dumps(value)};"
        "field.dispatchEvent(new Event('input', {bubbles: true})); })"
        f"(document.querySelector('.filter {field}'))"
    )
    return int(await tab.run(_SHOWN))


def test_samples_are_found_by_their_words_their_source_and_their_rules(tmp_path: Path):
    page = tmp_path / "report.html"
    page.write_text(full_page(), "utf-8")

    async def look(tab: Tab) -> None:
        await tab.open(page.as_uri(), width=1280)
        every = await tab.run(_SHOWN)
        rule = await tab.run("document.querySelector('.rejected .reasons code').textContent")
        for words in (rule, "no such words"):
            found = await fill(tab, "input", words)
            assert await tab.run(_TELLING) == f"{found} of {every}"
            assert (0 < found < every) if words == rule else found == 0
        headings = "[...document.querySelectorAll('.group h3')].filter(e => e.offsetHeight).length"
        assert await tab.run(headings) == 0
        assert await fill(tab, "input", "") == every
        assert await tab.run(_TELLING) == ""
        assert await fill(tab, "select[name=rules]", rule) == 1
        assert await fill(tab, "select[name=source]", "Source 7") == 0
        assert await fill(tab, "select[name=rules]", "") == 1
        seen = "document.querySelector('[data-source=\"Source 7\"]').offsetHeight"
        assert await tab.run(seen)  # what it is folded in is open
        assert tab.troubles == []

    steer(tmp_path, look)


def test_the_page_of_a_large_run_opens_and_answers_at_once(tmp_path: Path):
    """`python -m bench.report` does the same with 100,000 articles."""
    page = tmp_path / "report.html"
    tally = tally_of(
        *(
            outcome(f"Story {line}. {BODY}\n\n{BODY}", source=f"{line % 400}.example", line=line)
            for line in range(600)
        ),
        *(rejected("error-page", source=f"{line % 400}.example", line=line) for line in range(300)),
    )
    page.write_text(render(tally, {}, RUN), "utf-8")

    async def look(tab: Tab) -> None:
        await tab.open(page.as_uri(), width=1280)
        opened = "performance.timing.loadEventEnd - performance.timing.navigationStart"
        assert await tab.run(opened) < 3_000
        assert await tab.run(_SHOWN) > 150
        for words in ("s", "story", "story 17"):
            began = await tab.run("performance.now()")
            await fill(tab, "input", words)
            assert await tab.run(f"document.body.offsetHeight && performance.now() - {began}") < 500

    steer(tmp_path, look)


def test_a_link_leads_to_one_sample_wherever_it_is_folded(tmp_path: Path):
    page = tmp_path / "report.html"
    page.write_text(full_page(), "utf-8")

    async def look(tab: Tab) -> None:
        await tab.open(page.as_uri(), width=1280)
        last = await tab.run("[...document.querySelectorAll('details.sample')].at(-1).id")
        hidden = await tab.run("document.querySelector('.more .sample').id")
        for name in (last, hidden):
            await tab.leave(tab.call("Page.navigate", url="about:blank"))
            await tab.leave(tab.call("Page.navigate", url=f"{page.as_uri()}#{name}"))
            place = await tab.run(
                "(({top, height}) => ({top, height}))"
                f"(document.getElementById('{name}').getBoundingClientRect())"
            )
            assert place["height"] > 100
            assert 0 <= place["top"] < 900
        assert tab.troubles == []

    steer(tmp_path, look)


def test_the_keyboard_reaches_filter_and_samples_in_their_order(tmp_path: Path):
    page = tmp_path / "report.html"
    page.write_text(full_page(), "utf-8")
    focused = "(({tagName, name, type}) => name || type || tagName)(document.activeElement)"

    async def look(tab: Tab) -> None:
        await tab.open(page.as_uri(), width=1280)
        await tab.run("document.querySelector('.filter input').focus()")
        reached = []
        for _ in range(4):
            reached.append(await tab.run(focused))
            await tab.press("Tab")
        assert reached == ["search", "source", "rules", "SUMMARY"]
        await tab.press("Enter")  # on the link of the first sample, which is open
        assert await tab.run("location.hash") == "#repaired-1"

    steer(tmp_path, look)
