"""Any history gives the decisions of the plain index: with the native tables, with their twin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from support.copies import prepared, story
from support.reference import MemoryIndex

from pipeline import native
from pipeline.article import Origin
from pipeline.dedup import DedupOptions, HeldEntry, entry_of, match, window_start
from pipeline.native import twins
from pipeline.runners.journal import Journal

SMALL = DedupOptions(capacity=1024, exact_window_days=30)
START = datetime(2024, 5, 1, tzinfo=UTC)


def day(number: float) -> str:
    return (START + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


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

    tables = native.Index

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.plain = MemoryIndex(SMALL)
        self.journal = self._open()
        self.topic: list[tuple[int, HeldEntry | None]] = []
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
        with patch.object(native, "Index", self.tables):
            return Journal(Path(self.folder.name), "dedup.index-0", SMALL)

    def _close(self) -> None:
        self.journal.close()


class HistoriesOfTheTwin(Histories):
    tables = twins.Index


for _machine in (Histories, HistoriesOfTheTwin):
    _machine.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
test_any_history_gives_the_decisions_of_the_plain_index = Histories.TestCase
test_any_history_gives_the_decisions_of_the_plain_index_to_the_twin = HistoriesOfTheTwin.TestCase
