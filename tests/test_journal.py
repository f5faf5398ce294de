"""What an index writes beside its topic: read again, or refused with the reason and made anew."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from support.copies import prepared, seen, story

from pipeline.dedup import CompactIndex, DedupOptions, HeldEntry
from pipeline.runners import entries, journal
from pipeline.runners.entries import DamagedError, EntryFiles
from pipeline.runners.journal import Journal

OPTIONS = DedupOptions(capacity=4096, exact_window_days=30)


def opened(folder: Path, options: DedupOptions = OPTIONS, topic: str = "dedup.index-0"):
    return Journal(folder, topic, options)


def day(number: int) -> str:
    return f"2024-05-{number + 1:02}T00:00:00Z"


def written(folder: Path, articles: int = 30, a_block: int = 5) -> None:
    """A folder of so many articles, with a block after each few; offsets count articles."""
    one = opened(folder)
    one.recover()
    for number in range(articles):
        one.index.add(seen(story(number), id=str(number), seen_at=day(min(number // 10, 29))))
        if (number + 1) % a_block == 0:
            one.committed(number + 1, at_once=True)
    one.close()


def ids(index: CompactIndex, number: int):
    return [entry.id for entry in index.neighbours(prepared(story(number)))]


def test_what_was_committed_is_there_again(tmp_path: Path):
    written(tmp_path)
    one = opened(tmp_path)
    assert one.recover() == 30
    assert len(one.index) == 30
    assert [ids(one.index, number) for number in (0, 17, 29, 30)] == [["0"], ["17"], ["29"], []]
    held = one.index.add(seen(story(40), seen_at=day(3)))
    assert held
    assert held.number == 30


def test_what_was_not_committed_is_not_written(tmp_path: Path):
    one = opened(tmp_path)
    one.recover()
    one.index.add(seen(story(1)))
    one.close()
    again = opened(tmp_path)
    assert again.recover() == 0
    assert len(again.index) == 0


def test_an_empty_folder_holds_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    one = opened(tmp_path / "new" / "folder")
    assert one.recover() == 0
    assert caplog.text == ""


def test_blocks_are_written_after_a_thousand_changes(tmp_path: Path):
    one = opened(tmp_path)
    one.recover()
    for number in range(1001):
        one.index.add(seen(f"{story(number, sentences=2)}", id=str(number)))
        one.committed(number + 1)
    one.close()
    assert opened(tmp_path).recover() == 1000


def cut(folder: Path) -> None:
    path = folder / "00000000.rows"
    os.truncate(path, path.stat().st_size - 7)


def test_a_block_cut_off_is_left_to_the_topic(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    written(tmp_path)
    cut(tmp_path)
    one = opened(tmp_path)
    assert one.recover() == 25
    assert len(one.index) == 25
    assert "00000000.rows: cut off at" in caplog.text
    one.index.add(seen(story(25), id="25"))
    one.committed(26, at_once=True)
    one.close()
    assert opened(tmp_path).recover() == 26


def first_byte_changed(folder: Path) -> None:
    path = folder / "00000000.rows"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


def entries_cut(folder: Path) -> None:
    os.truncate(folder / "00000000.entries", 1000)


def entries_gone(folder: Path) -> None:
    (folder / "00000000.entries").unlink()


def another_version(folder: Path) -> None:
    path = folder / "identity.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))


def another_scheme(folder: Path) -> None:
    path = folder / "identity.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"scheme": "sha1-w3"}))


def no_json(folder: Path) -> None:
    (folder / "identity.json").write_text("{")


DAMAGES = (
    first_byte_changed, entries_cut, entries_gone, another_version, another_scheme, no_json,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_is_not_as_it_was_written_is_read_from_the_topic(
    damage: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    written(tmp_path)
    damage(tmp_path)
    one = opened(tmp_path)
    assert one.recover() == 0
    assert len(one.index) == 0
    [told] = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert "cannot be used (" in told
    assert told.endswith("the index is read from its topic")
    one.index.add(seen(story(1)))
    one.committed(1, at_once=True)
    one.close()
    assert opened(tmp_path).recover() == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(OPTIONS, sample_rate=8),
        replace(OPTIONS, sample_size=5),
        replace(OPTIONS, capacity=1024),
    ],
)
def test_other_settings_that_rows_depend_on(other: DedupOptions, tmp_path: Path):
    written(tmp_path, articles=1500, a_block=500)
    assert opened(tmp_path, other).recover() == 0


def test_bands_may_change_between_runs(tmp_path: Path):
    written(tmp_path)
    one = opened(tmp_path, replace(OPTIONS, bands=42, rows=3))
    assert one.recover() == 30
    assert ids(one.index, 17) == ["17"]


def test_a_folder_of_another_partition_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    written(tmp_path)
    assert opened(tmp_path, topic="dedup.index-1").recover() == 0
    assert "dedup.index-0" in caplog.text


def test_two_at_once_do_not_share_a_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    written(tmp_path)
    first, second = opened(tmp_path), opened(tmp_path)
    assert (first.recover(), second.recover()) == (30, 0)
    assert "used by another process" in caplog.text
    second.index.add(seen(story(99)))
    second.committed(1, at_once=True)
    first.close()
    assert opened(tmp_path).recover() == 30


def test_renewed_and_forgotten_articles_are_so_after_a_restart(tmp_path: Path):
    written(tmp_path)
    one = opened(tmp_path)
    one.recover()
    one.index.add(seen(story(3), id="3", seen_at=day(25), origin=prepared("").quality.origin))
    one.index.forget(7)
    one.index.add(seen(story(5), url="https://example.com/5", id="new", seen_at=day(26)))
    one.index.add(seen(story(5), url="https://example.com/5", id="again", seen_at=day(27)))
    one.committed(40, at_once=True)
    alive = {number: ids(one.index, number) for number in range(31)}
    one.close()
    again = opened(tmp_path)
    again.recover()
    assert {number: ids(again.index, number) for number in range(31)} == alive
    before = "2024-05-27T12:00:00Z"
    assert sorted(one.index.evict(before)) == sorted(again.index.evict(before))


def answers(index: CompactIndex, stories: int):
    """What an index finds for each of so many stories."""
    return [
        [(entry.id, entry.seen_at) for entry in index.neighbours(prepared(story(number)))]
        for number in range(stories)
    ]


@pytest.mark.parametrize("batch", [1, 65_536])
def test_an_index_at_its_capacity_is_recovered(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(journal, "_BATCH", batch)
    monkeypatch.setattr(entries, "_SEGMENT_ENTRIES", 20)
    small = replace(OPTIONS, capacity=30)
    one = opened(tmp_path, small)
    one.recover()
    for number in range(100):
        one.index.add(seen(story(number), id=str(number), seen_at=day(number // 4)))
        if number % 7 == 6:
            one.committed(number + 1, at_once=True)
    one.committed(100, at_once=True)
    one.close()
    again = opened(tmp_path, small)
    assert again.recover() == 100
    assert "cannot be used" not in caplog.text
    assert len(again.index) == 30
    assert answers(again.index, 101) == answers(one.index, 101)
    for index in (one.index, again.index):  # both go on alike, the oldest giving way
        index.add(seen(story(100), id="100", seen_at=day(26)))
    assert answers(again.index, 101) == answers(one.index, 101)
    assert ids(again.index, 70) == []


@pytest.mark.parametrize("batch", [1, 65_536])
def test_articles_that_went_and_came_back_are_there_after_a_restart(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(journal, "_BATCH", batch)
    monkeypatch.setattr(entries, "_SEGMENT_ENTRIES", 5)
    one = opened(tmp_path)
    one.recover()
    offset = 0

    def block(*, held: dict[int, int] | None = None, gone: tuple[int, ...] = ()) -> None:
        nonlocal offset
        for number in gone:
            one.index.forget(number)
        for number, at in (held or {}).items():
            entry = seen(story(number), id=str(number), seen_at=day(0))
            one.index.restore(HeldEntry(number, day(at), entry))
        offset += 1
        one.committed(offset, at_once=True)

    block(held=dict.fromkeys(range(9), 1))
    block(held={1: 2, 2: 2, 3: 9})  # renewed
    block(gone=(1, 2, 3, 4, 5))
    block(held={1: 3, 5: 3})  # back
    block(gone=(5, 6), held={3: 4, 6: 4})  # back in one block
    block(held={6: 5})
    one.close()
    again = opened(tmp_path)
    assert again.recover() == offset
    assert answers(again.index, 9) == answers(one.index, 9)
    assert [len(found) for found in answers(again.index, 9)] == [1, 1, 0, 1, 0, 0, 1, 1, 1]
    for number in range(3, 7):
        before = f"2024-05-{number:02}T12:00:00Z"
        assert sorted(again.index.evict(before)) == sorted(one.index.evict(before))


def test_the_number_of_an_article_that_went_is_not_given_again(tmp_path: Path):
    written(tmp_path)
    one = opened(tmp_path)
    one.recover()
    one.index.forget(29)
    one.committed(31, at_once=True)
    one.close()
    again = opened(tmp_path)
    again.recover()
    held = again.index.add(seen(story(40), seen_at=day(3)))
    assert held
    assert held.number == 30


def test_dead_segments_are_deleted_and_sparse_ones_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(entries, "_SEGMENT_ENTRIES", 20)
    monkeypatch.setattr(journal, "_MOVES", 2)
    one = opened(tmp_path)
    one.recover()
    page = seen(story(500), url="https://example.com/page", id="page", seen_at=day(0))
    for number in range(240):
        at = day(min(number // 8, 30))
        one.index.evict(f"2024-05-{max(1, number // 8 - 2):02}T00:00:00Z")
        one.index.add(seen(story(number), id=str(number), seen_at=at))
        one.index.add(replace(page, seen_at=at))  # an old page that is delivered again and again
        if number % 10 == 9:
            one.committed(number + 1, at_once=True)
    held = len(one.index)
    one.close()
    segments = sorted(int(path.stem) for path in tmp_path.glob("*.rows"))
    assert 0 not in segments
    assert sum(1 for _ in tmp_path.glob("*.entries")) <= len(segments) + 1 <= 7
    again = opened(tmp_path)
    assert again.recover() == 240
    assert len(again.index) == held
    assert ids(again.index, 500) == ["page"]
    assert ids(again.index, 239) == ["239"]


def test_entries_are_read_as_they_were_put_whatever_their_size(tmp_path: Path):
    with EntryFiles(tmp_path) as files:
        datas = [b"", b"a", b"b" * 8184, b"c" * 8185, b"d" * 100_000]
        places = [files.put(data) for data in datas]
        assert [files.get(place) for place in places] == datas
        assert [*tmp_path.iterdir()] == []  # nothing is left, however the process ends


def test_a_damaged_entry_is_told(tmp_path: Path):
    files = EntryFiles(tmp_path, kept=True)
    place = files.put(b"an entry")
    files.flush()
    path = tmp_path / "00000000.entries"
    path.write_bytes(path.read_bytes().replace(b"entry", b"antry"))
    with pytest.raises(DamagedError, match="segment 0 is damaged at 0"):
        files.get(place)


def test_a_damaged_entry_makes_the_next_start_read_the_topic(tmp_path: Path):
    written(tmp_path)
    path = tmp_path / "00000000.entries"
    path.write_bytes(bytes(path.stat().st_size))
    one = opened(tmp_path)
    assert one.recover() == 30
    with pytest.raises(DamagedError):
        one.index.neighbours(prepared(story(3)))
    one.close()
    assert opened(tmp_path).recover() == 0


def test_the_identity_is_readable(tmp_path: Path):
    written(tmp_path)
    told = msgspec.json.decode((tmp_path / "identity.json").read_bytes())
    assert told["topic"] == "dedup.index-0"
    assert told["version"] == 2
