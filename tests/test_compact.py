"""The compact index against the plain one, over any history; its exact memory; its limits."""

from __future__ import annotations

import os
import subprocess
import sys
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace
from support.copies import prepared, seen, story
from support.reference import MemoryIndex

from pipeline.article import Origin, Prepared
from pipeline.dedup import CompactIndex, DedupOptions, Held, entry_of, match, window_start
from pipeline.runners.journal import Journal

SMALL = DedupOptions(capacity=1024, exact_window_days=30)
LONG = replace(SMALL, exact_window_days=180)
START = datetime(2024, 5, 1, tzinfo=UTC)


def day(number: float) -> str:
    return (START + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(index: CompactIndex, article: Prepared):
    return [entry.id for entry in index.neighbours(article)]


def variant(kind: int, number: int, turn: int) -> str:
    """Texts that are new, changed, abridged, pasted into a longer one, too short, or empty."""
    text = story(number)
    forms = (
        text,
        text.replace("bridge", f"harbour{turn}"),
        story(number, sentences=9),
        " ".join(story(other) for other in range(number, number + 12)),
        f"{story(number, sentences=1)} {turn % 3}",
        "",
    )
    return forms[kind]


class Histories(RuleBasedStateMachine):
    """Arrivals, renewals, evictions, restarts from disk and from the topic, in any order.

    `topic` is what the changelog would hold: the latest state of each number, null included.
    """

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.plain = MemoryIndex(SMALL)
        self.journal = self._open()
        self.topic: list[tuple[int, Held | None]] = []
        self.turn = 0
        self.now = 0.0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self._close()
            self.folder.cleanup()

    @rule(
        kind=st.integers(0, 5),
        number=st.integers(0, 4),
        url=st.none() | st.integers(0, 4),
        days=st.sampled_from([0, 0, 0, 0.5, 3, 20]),
    )
    def arrive(self, kind: int, number: int, url: int | None, days: float) -> None:
        self.turn += 1
        self.now += days
        article = prepared(
            variant(kind, number, self.turn),
            id=str(self.turn),
            url=None if url is None else f"https://example.com/{url}",
            origin=Origin(topic="articles.raw", partition=0, offset=self.turn),
            seen_at=day(self.now),
        )
        before = window_start(day(self.now), SMALL)
        gone = self.journal.index.evict(before)
        assert sorted(gone) == sorted(self.plain.evict(before))
        self.topic += [(number, None) for number in gone]
        theirs, ours = self.plain.neighbours(article), self.journal.index.neighbours(article)
        assert [one.id for one in ours if one in theirs] == [one.id for one in theirs]
        found = match(article, ours, SMALL)
        assert found == match(article, theirs, SMALL)
        entry = entry_of(article, found)
        held = self.journal.index.add(entry)
        assert held == self.plain.add(entry)
        if held:
            self.topic.append((held.number, held))
        assert len(self.journal.index) == len(self.plain)
        assert self.journal.index.oldest == self.plain.oldest

    @rule()
    def commit(self) -> None:
        self.journal.committed(len(self.topic), at_once=True)

    @rule()
    def restart(self) -> None:
        self._close()
        self._recover()

    @rule(bytes_lost=st.integers(1, 4000))
    def restart_with_what_was_written_last_cut_off(self, bytes_lost: int) -> None:
        self._close()
        newest = max(Path(self.folder.name).glob("*.rows"), default=None)
        if newest:
            data = newest.read_bytes()
            newest.write_bytes(data[: max(0, len(data) - bytes_lost)])
        self._recover()

    @rule(at=st.integers(0, 1 << 20))
    def restart_with_a_byte_changed(self, at: int) -> None:
        self._close()
        paths = sorted(Path(self.folder.name).glob("*.rows"))
        if paths:
            path = paths[at % len(paths)]
            data = bytearray(path.read_bytes())
            if data:
                data[at % len(data)] ^= 0x40
            path.write_bytes(data)
        self._recover()

    @rule()
    def restart_without_a_folder(self) -> None:
        self._close()
        self.folder.cleanup()
        self.folder = TemporaryDirectory()
        self._recover()

    @rule()
    @precondition(lambda self: self.topic)
    def compact_the_topic(self) -> None:
        latest = dict(self.topic)
        kept = [(number, held) for number, held in latest.items() if held]
        if len(kept) == len(self.topic):
            return
        self.topic = kept  # offsets change, which a real topic's do not: the folder is of another
        self._close()
        self.folder.cleanup()
        self.folder = TemporaryDirectory()
        self._recover()
        self.plain.number_from(max((number for number, _ in kept), default=-1) + 1)

    def _recover(self) -> None:
        self.journal = self._open()
        position = self.journal.recover()
        assert position <= len(self.topic)
        for number, held in self.topic[position:]:
            if held:
                self.journal.index.restore(held)
            else:
                self.journal.index.forget(number)

    def _open(self) -> Journal:
        return Journal(Path(self.folder.name), "dedup.index-0", SMALL)

    def _close(self) -> None:
        self.journal.close()


Histories.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
test_any_history_gives_the_decisions_of_the_plain_index = Histories.TestCase


def test_address_and_words_are_remembered_longer_than_likeness():
    index = CompactIndex(LONG)
    index.add(seen(story(1), id="page", url="https://example.com/a", seen_at=day(0)))
    assert index.evict(window_start(day(60), LONG)) == []
    assert len(index) == 1
    changed = story(1).replace("bridge", "harbour")
    assert ids(index, prepared(changed)) == []
    assert ids(index, prepared(story(1))) == ["page"]
    assert ids(index, prepared(story(2), url="https://example.com/a")) == ["page"]
    assert index.evict(window_start(day(181), LONG)) == [0]
    assert ids(index, prepared(story(1))) == []


def test_an_article_delivered_again_after_the_window_is_found_by_likeness_again():
    index = CompactIndex(LONG)
    page = seen(story(1), id="page", url="https://example.com/a", seen_at=day(0))
    index.add(page)
    index.evict(window_start(day(60), LONG))
    held = index.add(copy(seen(story(1), url="https://example.com/a", seen_at=day(60))))
    assert held == Held(0, day(60), page)
    assert ids(index, prepared(story(1).replace("bridge", "harbour"))) == ["page"]
    assert index.evict(window_start(day(200), LONG)) == []


def test_the_exact_window_is_never_shorter_than_the_other():
    index = CompactIndex(replace(SMALL, exact_window_days=1))
    index.add(seen(story(1), seen_at=day(0)))
    assert index.evict(window_start(day(29), SMALL)) == []
    assert ids(index, prepared(story(1).replace("bridge", "harbour"))) == ["old"]


def test_what_comes_due_at_once_goes_in_slices_but_is_found_no_more():
    index = CompactIndex(replace(SMALL, capacity=4096))
    for number in range(700):
        index.add(seen(f"{story(number)}", id=str(number), seen_at=day(0)))
    before = window_start(day(40), SMALL)
    first = index.evict(before)
    assert 0 < len(first) < 700
    assert all(ids(index, prepared(story(number))) == [] for number in range(0, 700, 50))
    assert len(first) + len(index.evict(before)) == 700
    assert len(index) == 0


def test_a_full_index_lets_the_one_seen_longest_ago_go():
    index = CompactIndex(SMALL)
    for number in range(1030):
        index.add(seen(f"{story(number, sentences=2)}", id=str(number), seen_at=day(0)))
    assert len(index) == 1024
    assert ids(index, prepared(story(5, sentences=2))) == []
    assert ids(index, prepared(story(6, sentences=2))) == ["6"]


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(9)))
def test_the_order_of_restoring_does_not_matter(order: list[int]):
    live = CompactIndex(SMALL)
    helds = [
        live.add(seen(story(n % 3) + f" {story(40 + n)}", id=str(n), seen_at=day(n)))
        for n in range(9)
    ]
    restored = CompactIndex(SMALL)
    for n in order:
        held = helds[n]
        assert held
        restored.restore(held)
    for n in range(3):
        assert ids(restored, prepared(story(n))) == ids(live, prepared(story(n)))
    before = window_start(day(34.5), SMALL)
    assert sorted(restored.evict(before)) == live.evict(before) == [0, 1, 2, 3, 4]


def test_another_article_under_a_known_number_is_refused():
    index = CompactIndex(SMALL)
    index.restore(Held(3, day(0), seen(story(1))))
    with pytest.raises(ValueError, match="number 3 is of another article"):
        index.restore(Held(3, day(0), seen(story(2))))


def test_a_chain_of_a_band_too_long_to_follow_is_counted():
    index = CompactIndex(replace(SMALL, postings=4, sample_rate=1 << 20))
    for number in range(10):
        index.add(seen(story(1), id=str(number), url=f"https://example.com/{number}"))
    assert index.cuts == 0
    assert ids(index, prepared(story(1).replace("bridge", "harbour")))[-1] == "9"
    assert index.cuts > 0


FIRST_ARTICLES = """
from support.copies import prepared, seen, story
from numba.core.dispatcher import Dispatcher
from pipeline.dedup import CompactIndex, proposals, rows
from pipeline.dedup.compact import load_kernels

def loaded():
    both = vars(rows) | vars(proposals)
    return {name: len(one.signatures) for name, one in both.items() if isinstance(one, Dispatcher)}

load_kernels()
before = loaded()
index = CompactIndex()
index.add(seen(story(1), url="https://example.com/1"))
assert index.neighbours(prepared(story(1)))
assert index.evict("2026-01-01T00:00:00Z")
assert loaded() == before, (before, loaded())
"""


def test_the_first_articles_find_all_code_loaded():
    pytest.importorskip("numba")
    command = [sys.executable, "-c", FIRST_ARTICLES]
    path = os.pathsep.join(map(str, (Path(__file__).parent, Path(__file__).parents[1])))
    environ = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
