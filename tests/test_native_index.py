"""The index's tables in C are what their twin is, over any history, and while they grow."""

from __future__ import annotations

import threading
from random import Random

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from pipeline import native
from pipeline.dedup.index.changes import HELD
from pipeline.native import twins

SIZES = {
    "capacity": 40,
    "bands": 5,
    "band_rows": 2,
    "rate": 2,
    "sample_size": 6,
    "postings": 3,
    "candidates": 4,
    "short_words": 60,
    "min_words": 20,
}
BOTH = [native.Index, twins.Index]
SECONDS = st.integers(0, 30)
KEYS = st.integers(0, 4)
# Few values, so that bands and samples meet.
SIGNATURES = st.lists(st.integers(0, 2), min_size=10, max_size=10).map(
    lambda values: np.array((values * 13)[:128], "<u4").tobytes()
)
SHINGLES = st.sets(st.integers(1, 12), min_size=1).map(
    lambda values: np.unique(np.array([*values], "<u4") * np.uint32(0x9E3779B1)).tobytes()
)


class Histories(RuleBasedStateMachine):
    """The same calls to both, rows by number; all that can be asked is the same."""

    @initialize()
    def start(self) -> None:
        self.both = [index(**SIZES) for index in BOTH]
        self.shingles: dict[int, bytes] = {}  # of the rows found by likeness
        self.next = 0

    def rows(self, number: int) -> list[int]:
        found = [index.find(number) for index in self.both]
        assert None not in found
        return [row for row in found if row is not None]

    def state(self, number: int) -> int:
        one, other = (i.get(row) for i, row in zip(self.both, self.rows(number), strict=True))
        assert one == other
        return one[4]

    def held(self) -> list[int]:
        return [number for number in range(self.next) if self.both[0].find(number) is not None]

    @rule(text=KEYS, url=KEYS, seen=SECONDS, gap=st.integers(1, 3))
    def insert(self, text: int, url: int, seen: int, gap: int) -> None:
        if len(self.both[0]) < SIZES["capacity"]:
            self.next += gap
            for index in self.both:
                index.insert(self.next - 1, text, url, self.next, seen)

    @precondition(lambda self: self.held())
    @rule(data=st.data(), signature=SIGNATURES, shingles=SHINGLES, seen=SECONDS)
    def change(self, data: st.DataObject, signature: bytes, shingles: bytes, seen: int) -> None:
        number = data.draw(st.sampled_from(self.held()))
        rows = [*zip(self.both, self.rows(number), strict=True)]
        what = data.draw(st.sampled_from(["renew", "on", "on", "leave"]))
        state = self.state(number)
        if what == "renew":
            for index, row in rows:
                index.renew(row, seen)
        elif state == 1 and what == "on":
            self.shingles[number] = shingles
            one, other = (index.enter_window(row, signature, shingles) for index, row in rows)
            assert one == other
        elif state == 2 and what == "on":
            for index, row in rows:
                index.return_to_window(row, seen)
        elif state == 2:
            for index, row in rows:
                index.remove(row)
        else:
            known = self.shingles.pop(number, b"")
            for index, row in rows:
                index.leave_window(row, known)

    @rule(text=KEYS, url=KEYS, mark=SECONDS, signature=SIGNATURES, shingles=SHINGLES)
    def look_up(self, text: int, url: int, mark: int, signature: bytes, shingles: bytes) -> None:
        for words in (19, 59, 60):
            one, other = (
                index.look_up(text, url, mark // 2, mark, signature, shingles, words)
                for index in self.both
            )
            assert one == other
        known = []
        for index in self.both:
            rows, at_url = index.known(text, url, mark)
            known.append(([(index.get(row), place) for row, place in rows], at_url))
        assert known[0] == known[1]

    @rule()
    def compare(self) -> None:
        for name in ("keys", "sampled"):
            assert getattr(self.both[0], name) == getattr(self.both[1], name)
        numbers = self.held()
        exported, oldest, before = [], [], []
        for index in self.both:
            rows = [index.find(number) for number in numbers]
            exported.append(index.export(rows))
            ends = index.oldest_in_window(), index.oldest_behind_window()
            oldest.append([None if row is None else index.get(row) for row in ends])
            before.append({index.get(row)[0] for row in index.rows_before(self.next // 2, 99)})
        assert exported[0] == exported[1]
        assert oldest[0] == oldest[1]
        assert before[0] == before[1]

    @rule(mark=SECONDS, least=st.integers(0, 10))
    def reload(self, mark: int, least: int) -> None:
        """Load what is held into indexes that hold the first of it already."""
        numbers = self.held()
        rows = [self.both[1].find(number) for number in numbers]
        held = np.frombuffer(self.both[1].export(rows), HELD).copy()
        samples = [
            native.sample(self.shingles[number], SIZES["rate"], SIZES["sample_size"])
            if shingles
            else b""
            for number, shingles in zip(numbers, held["shingles"].tolist(), strict=True)
        ]
        held["sampled"] = [len(sample) // 4 for sample in samples]
        loaded = []
        for at, make in enumerate(BOTH):
            self.both[at] = index = make(**SIZES)
            for number in numbers[:least]:
                index.insert(number, 1, 1, 77, 5)
            loaded.append(index.load(held.tobytes(), b"".join(samples), mark, self.next))
        assert loaded[0] == loaded[1]
        for number in numbers:
            if self.state(number) != 0:
                self.shingles.pop(number, None)
        self.compare()


Histories.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
test_any_history_is_the_same_to_both = Histories.TestCase


def signature(random: Random, distinct: int) -> bytes:
    return np.array([random.randrange(distinct) for _ in range(128)], "<u4").tobytes()


@pytest.mark.parametrize("distinct", [1, 40], ids=["long chains", "many keys"])
def test_tables_that_grow_and_shrink_find_what_the_twin_finds(distinct: int):
    sizes = SIZES | {"capacity": 9000, "band_rows": 3, "postings": 8, "sample_size": 30}
    both, random = [index(**sizes) for index in BOTH], Random(distinct)  # noqa: S311
    held: dict[int, bytes] = {}
    for number in range(6000):
        shingles = np.unique(
            np.array([random.getrandbits(32) >> 20 << 16 for _ in range(16)], "<u4")
        ).tobytes()
        text, url, signed = (
            random.randrange(900 * distinct),
            number % 7,
            signature(random, distinct),
        )
        for index in both:
            row = index.insert(number, text, url, number, 1)
            index.enter_window(row, signed, shingles)
        held[number] = shingles
        if number % 3 == 0:
            gone = random.choice([*held])
            for index in both:
                row = index.find(gone)
                assert row is not None
                index.leave_window(row, held[gone])
                index.remove(row)
            del held[gone]
        if number % 50 == 0:
            one, other = (index.look_up(text, 0, 0, 0, signed, shingles, 50) for index in both)
            assert one == other
            assert both[0].known(text, url, 0)[1] == both[1].known(text, url, 0)[1]
    assert (both[0].keys, both[0].sampled) == (both[1].keys, both[1].sampled)
    for number, shingles in held.items():
        row = both[0].find(number)
        assert row is not None
        both[0].leave_window(row, shingles)
        both[0].remove(row)
    assert (len(both[0]), both[0].keys, both[0].sampled) == (0, 0, 0)


def test_rows_in_bulk_are_those_one_after_the_other():
    random = Random(2)  # noqa: S311
    one, many = (
        native.Index(**SIZES | {"capacity": 9000}),
        native.Index(**SIZES | {"capacity": 9000}),
    )
    held = np.zeros(5000, HELD)
    samples = []
    for number in range(len(held)):
        signed, shingles = signature(random, 30), random.randbytes(80)
        row = one.insert(number, random.randrange(1, 2000), number % 40, number, number)
        _, sample = one.enter_window(row, signed, shingles)
        samples.append(sample)
    held = np.frombuffer(one.export([one.find(number) for number in range(5000)]), HELD).copy()
    held["sampled"] = [len(sample) // 4 for sample in samples]
    many.clear(2000, 2000)
    many.load(held.tobytes(), b"".join(samples), 0, 0)
    rows = [many.find(number) for number in range(5000)]
    held["sampled"] = 0
    assert many.export(rows) == held.tobytes()
    assert (many.keys, many.sampled) == (one.keys, one.sampled)
    for _ in range(200):
        asked = random.randrange(2000), random.randrange(40), 0, 0
        signed, shingles = signature(random, 30), random.randbytes(80)
        assert one.look_up(*asked, signed, shingles, 50) == many.look_up(
            *asked, signed, shingles, 50
        )


@pytest.mark.parametrize("make", BOTH, ids=["native", "twin"])
class TestRefusals:
    @pytest.mark.parametrize(
        "size",
        [{"capacity": 0}, {"capacity": 1 << 24}, {"bands": 65}, {"rate": 0}, {"postings": 0}],
    )
    def test_sizes_that_do_not_fit(self, make: type[native.Index], size: dict[str, int]):
        with pytest.raises(ValueError, match=r"size|bands"):
            make(**SIZES | size)

    def test_rows_that_are_not_there_or_on_the_other_side(self, make: type[native.Index]):
        index = make(**SIZES)
        signed = bytes(512)
        for call in (
            lambda: index.get(3),
            lambda: index.renew(0, 1),
            lambda: index.remove(0),
            lambda: index.move(1 << 23, 0),
            lambda: index.enter_window(0, signed, b""),
            lambda: index.leave_window(0, b""),
            lambda: index.return_to_window(0, 1),
            lambda: index.export([0]),
        ):
            with pytest.raises(ValueError, match="no such row"):
                call()
        row = index.insert(0, 1, 1, 0, 0)
        for call in (
            lambda: index.insert(0, 1, 1, 0, 0),
            lambda: index.remove(row),
            lambda: index.return_to_window(row, 1),
            lambda: index.enter_window(row, b"short", b""),
            lambda: index.enter_window(row, signed, b"odd"),
            lambda: index.look_up(1, 1, 0, 0, b"short", b"", 50),
            lambda: index.look_up(1, 1, 0, 0, signed, b"odd", 50),
            lambda: index.load(b"cut off", b"", 0, 0),
            lambda: index.load(np.ones(1, HELD).tobytes(), b"", 0, 0),
            lambda: index.load(np.zeros(99, HELD).tobytes(), b"", 0, 0),
        ):
            with pytest.raises(ValueError, match=r".{9}"):
                call()
        index.leave_window(row, b"")
        with pytest.raises(ValueError, match="beyond"):
            index.leave_window(row, b"")
        index.remove(row)
        with pytest.raises(ValueError, match="no such row"):
            index.get(row)
        assert len(index) == 0

    def test_more_than_the_capacity(self, make: type[native.Index]):
        index = make(**SIZES)
        for number in range(SIZES["capacity"]):
            index.insert(number, 1, 0, 0, 0)
        with pytest.raises(ValueError, match="full"):
            index.insert(99, 1, 0, 0, 0)


needs_native = pytest.mark.skipif(native.Index is twins.Index, reason="the module is not built")


@needs_native
@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_numbers_of_more_than_64_bits_are_refused(number: int):
    with pytest.raises(OverflowError):
        native.Index(**SIZES).insert(number, 1, 1, 0, 0)
    with pytest.raises(OverflowError):
        native.Index(**SIZES).insert(1, 1, 1, 0, 1 << 32)
    with pytest.raises(TypeError, match="list"):
        native.Index(**SIZES).export(number)


@needs_native
def test_an_index_that_was_not_made_does_nothing():
    index = native.Index.__new__(native.Index)
    with pytest.raises(ValueError, match="not made"):
        index.insert(1, 1, 1, 0, 0)
    assert (len(index), index.size, index.sampled) == (0, 0, 0)


@needs_native
def test_a_load_leaves_other_threads_running_and_keeps_them_from_the_index():
    count = 60_000
    index = native.Index(**SIZES | {"capacity": count})
    held = np.zeros(count, HELD)
    held["keys"] = np.arange(3 * count).reshape(count, 3) + 1
    held["shingles"], held["seen"] = 1, 1
    held["signature"] = np.random.default_rng(1).integers(0, 256, (count, 128))
    loading = threading.Thread(target=index.load, args=(held.tobytes(), b"", 0, 0))
    loading.start()
    refused = 0
    while loading.is_alive():
        try:
            index.find(1)
        except RuntimeError:
            refused += 1
    loading.join()
    assert refused > 0
    assert index.find(1) is not None


def hashes(keys: np.ndarray) -> np.ndarray:
    """`hash_key` of `chains.c` for keys of 64 bits."""
    value = np.full(len(keys), 0xCBF29CE484222325, np.uint64)
    for shift in range(0, 64, 8):
        byte = keys >> np.uint64(shift) & np.uint64(0xFF)
        value = (value ^ byte) * np.uint64(0x100000001B3)
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    return value ^ value >> np.uint64(29)


@needs_native
def test_thousands_of_keys_in_one_place_at_the_end_of_a_table_do_no_harm():
    """Whoever makes up addresses for it gets them forgotten, and nothing is written elsewhere."""
    plain, crowded, capacity = 80_000, 4_000, 90_000
    index = native.Index(**SIZES | {"capacity": capacity})
    tried = np.arange(1, 3_000_000, dtype=np.uint64)
    at_the_end = tried[hashes(tried) >> np.uint64(32) >= (1 << 32) - (1 << 23)][:crowded]
    assert len(at_the_end) == crowded
    held = np.zeros(plain + crowded, HELD)
    held["keys"][:, 0] = np.arange(len(held))
    held["keys"][:plain, 1:] = np.arange(2 * plain).reshape(plain, 2) + 10_000_000
    held["keys"][plain:, 1:] = at_the_end[:, None]
    held["seen"] = 1
    index.load(held.tobytes(), b"", 0, 0)
    missing = sum(not index.known(key, 0, 0)[0] for key in at_the_end.tolist())
    assert 0 < missing < crowded
    assert all(index.known(10_000_000 + 2 * number, 0, 0)[0] for number in range(0, plain, 500))
    for number in range(len(held)):
        row = index.find(number)
        assert row is not None
        index.leave_window(row, b"")
        index.remove(row)
    assert (len(index), index.keys) == (0, 0)


@needs_native
def test_thousands_of_sampled_shingles_in_one_place_do_no_harm():
    rows, each, crowded = 1000, 80, 4
    index = native.Index(**SIZES | {"capacity": rows})
    sample = np.zeros((rows, each + crowded), "<u4")
    sample[:, :each] = np.arange(rows * each).reshape(rows, each) * 25_000
    sample[:, each:] = 0xFFFFFFFF - np.arange(rows * crowded).reshape(rows, crowded)
    held = np.zeros(rows, HELD)
    held["keys"] = np.arange(3 * rows).reshape(rows, 3)
    held["seen"], held["shingles"], held["sampled"] = 1, 1, each + crowded
    index.load(held.tobytes(), sample.tobytes(), 0, 0)
    assert rows * each < index.sampled < sample.size
