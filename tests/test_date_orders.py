"""The order of day and month of a source: learned, used, and told where it is missing."""

import json
from pathlib import Path

import pytest
from support.copies import story

from pipeline.cli import main
from pipeline.parse.date_orders import DateOrders, order_beside

DAY_FIRST = ["25/11/2021", "26/11/2021", "27/11/2021 18h06"]
MONTH_FIRST = ["11/25/2021", "11/26/2021", "11/27/2021 06:05 PM"]


def learned(*dates: str) -> str | None:
    orders = DateOrders()
    for raw in dates:
        orders.add("river", raw)
    found = orders.learned().get("river")
    return found.order if found else None


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (DAY_FIRST, "DMY"),
        (MONTH_FIRST, "MDY"),
        ([*MONTH_FIRST, "03/04/2021", "7/7/2021"], "MDY"),
        ([one.replace("/", "-") for one in DAY_FIRST], "DMY"),
        (["Posted 11/25/2021", "on 11/26/2021", "11/28/2021"], "MDY"),
        ([*DAY_FIRST, "11/25/2021"], None),  # mixes two formats
        (["25/11/2021"] * 5, None),  # one day, printed again
        (["25.11.2021", "26.11.2021", "27.11.2021"], None),  # read without an order
        (["2021/11/25", "2021-11-25", "25 Nov 2021", "99/99/2021", "x" * 500], None),
    ],
)
def test_an_order_is_learned_from_dates_that_agree(dates: list[str], order: str | None):
    assert learned(*dates) == order


@pytest.mark.parametrize(
    ("raw", "beside", "order"),
    [
        ("03/04/2021", "https://a.example/2021/03/04/b", "MDY"),
        ("03/04/2021", "https://a.example/2021/04/03/b", "DMY"),
        ("3/4/2021", "https://a.example/2021/4/3/b", "DMY"),
        ("03-04-2021 10:05", "https://a.example/20210304-b", "MDY"),
        ("03/04/2021", "local-news-1551-20210403", "DMY"),
        ("03/04/2021", "https://a.example/2021/04/02/b", None),  # another day
        ("03/04/2021", "https://a.example/2021/04/b", "DMY"),
        ("03/04/2021", "https://a.example/2021/3/b", "MDY"),
        ("03/04/2021", "https://a.example/2021/05/b", None),  # another month
        ("03/04/2021", "https://a.example/2020/04/b", None),  # another year
        (
            "03/04/2021",
            "https://a.example/2021/04/05/b",
            None,
        ),  # another day
        ("03/04/2021", "https://a.example/2021/03/04/2021-04-03", None),  # both
        ("03/04/2021", "https://a.example/120210304", None),  # a part of another number
    ],
)
def test_an_order_stands_in_the_address_or_the_id(raw: str, beside: str, order: str | None):
    assert order_beside(raw, None, beside) == order


def test_the_month_of_publication_says_nothing_of_a_change():
    assert order_beside("03/04/2021", "https://a.example/2021/04/b", by_month=False) is None


def test_a_source_without_a_certain_order_is_told():
    orders = DateOrders()
    for raw in ("03/04/2021", "25/11/2021", "11/25/2021"):
        orders.add("river", raw)
    orders.add("hill", "03/04/2021")
    orders.add(None, "03/04/2021")
    orders.add("dale", None)
    assert {name: (its.ambiguous, its.mixes) for name, its in orders.unknown().items()} == {
        "river": (1, True),
        "hill": (1, False),
    }


@pytest.fixture
def scrape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    dates = [*MONTH_FIRST, "03/04/2021", "05/06/2021"]
    records = [
        {"title": f"Story {n}", "source": "river.example", "date": date,
         "text": "\n\n".join(story(n * 10 + part, 4) for part in range(3))}
        for n, date in enumerate(dates)
    ]  # fmt: skip
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def published(folder: str) -> list[str | None]:
    lines = Path(folder, "clean.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line).get("datePublished") for line in lines]


def test_a_run_says_which_dates_it_could_not_read(scrape: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", str(scrape), "--out", "out"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert (
        "Dates: 2 dates of river.example could not be read in one way (3 others put the month "
        "first): set parse.date_order or run copydesk learn" in shown
    )
    assert published("out")[3:] == [None, None]


def test_the_order_that_was_learned_is_used_once_the_user_names_the_file(
    scrape: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["learn", str(scrape), "--out", "learned.yaml"]) == 0
    assert "the order of day and month in the dates of 1" in capsys.readouterr().out
    assert (
        Path("learned.yaml")
        .read_text("utf-8")
        .endswith("date_orders:\n  river.example:\n    order: MDY\n    seen: 3\n")
    )
    Path("desk.yaml").write_text("clean: {learned: learned.yaml}\n", "utf-8")
    assert main(["run", str(scrape), "--out", "out", "--config", "desk.yaml"]) == 0
    assert published("out")[3:] == ["2021-03-04", "2021-05-06"]
    assert "could not be read in one way" not in capsys.readouterr().out


def test_run_learn_reads_them_in_one_go(scrape: Path):
    assert main(["run", str(scrape), "--out", "out", "--learn"]) == 0
    assert published("out")[3:] == ["2021-03-04", "2021-05-06"]


def test_the_settings_own_order_counts(scrape: Path):
    assert main(["learn", str(scrape), "--out", "learned.yaml"]) == 0
    Path("desk.yaml").write_text(
        "clean: {learned: learned.yaml}\n"
        "parse: {sources: {river.example: {date_order: DMY}}}\n", "utf-8"
    )  # fmt: skip
    assert main(["run", str(scrape), "--out", "out", "--config", "desk.yaml"]) == 0
    assert published("out")[3:] == ["2021-04-03", "2021-06-05"]


def test_learn_says_why_it_learned_no_order(scrape: Path, capsys: pytest.CaptureFixture[str]):
    scrape.write_text(scrape.read_text("utf-8").replace("11/26/2021", "26/11/2021"), "utf-8")
    assert main(["learn", str(scrape), "--out", "learned.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "2 dates of river.example can still be read in two ways: its other dates say both." in (
        shown
    )
