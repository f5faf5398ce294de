import msgspec
import numpy as np
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.real_articles import SETS, real_texts
from support.texts import TEXTS

from pipeline.article import Fingerprint
from pipeline.dedup.fingerprint import (
    SCHEME,
    as_hashes,
    check_scheme,
    fingerprint,
    shingles_in_order,
)
from pipeline.dedup.kernel import count_shared, distinct, hash_numbers, mix
from pipeline.text import DECIMALS, code_points, numbers, words


def by_datasketch(body: str):
    found = words(body.casefold())
    rows = [found[i : i + 5] for i in range(max(1, len(found) - 4))] if found else []
    sketch = MinHash(num_perm=128, seed=1, hashfunc=xxhash.xxh32_intdigest)
    sketch.update_batch([" ".join(row).encode() for row in rows])
    return sketch.hashvalues


@pytest.mark.parametrize("body", TEXTS, ids=lambda body: body[:20] or "empty")
def test_signature_equals_datasketch_bit_for_bit(body: str):
    assert fingerprint(body).signature == by_datasketch(body).astype("<u4").tobytes()


@given(st.text(max_size=400))
def test_signature_equals_datasketch_on_any_text(body: str):
    assert fingerprint(body).signature == by_datasketch(body).astype("<u4").tobytes()


@pytest.mark.parametrize("name", SETS)
def test_signature_equals_datasketch_on_real_articles(name: str):
    for body in real_texts(name):
        assert fingerprint(body).signature == by_datasketch(body).astype("<u4").tobytes()


def test_shingles_are_the_sorted_distinct_hashes_of_five_words():
    shingles = as_hashes(fingerprint("The river, the river: THE RIVER rose!").shingles)
    rows = ["the river the river the", "river the river the river", "the river the river rose"]
    assert shingles.tolist() == sorted(xxhash.xxh32_intdigest(row.encode()) for row in rows)


def test_fewer_than_five_words_are_one_shingle():
    assert as_hashes(fingerprint("River rose").shingles).tolist() == [
        xxhash.xxh32_intdigest(b"river rose")
    ]


def test_an_empty_text_has_no_words_shingles_or_numbers():
    found = fingerprint("...")
    assert (found.words, found.shingles, found.numbers, found.names) == (0, b"", b"", b"")


def test_case_spacing_and_signs_change_nothing_but_which_words_are_names():
    one = fingerprint("The mayor \u2014 elected in May \u2014 opened the bridge.")
    other = fingerprint("the mayor elected\n\nin may opened THE bridge")
    assert one == replace(other, names=one.names)


def test_names_are_each_counted_once_whatever_their_case():
    names = as_hashes(fingerprint("Then Anna met Ben, and Ben met ANNA").names)
    assert len(names) == 2
    assert names.tolist() == sorted(names.tolist())


def test_order_of_words_changes_the_text_hash():
    assert fingerprint("a b").text_hash != fingerprint("b a").text_hash


def test_numbers_are_each_counted_once():
    hashes = as_hashes(fingerprint("1,500 at 10:30, 1,500 at 3.5 percent").numbers)
    tokens = ["1,500", "10:30", "3.5"]
    assert hashes.tolist() == sorted(xxhash.xxh32_intdigest(token.encode()) for token in tokens)


@given(st.text(st.sampled_from("1207\u0663\u096d\U0001d7d8.,:/ a\u00bd")))
def test_numbers_are_hashed_as_the_text_has_them(body: str):
    expected = [xxhash.xxh32_intdigest(number.encode()) for number in numbers(body)]
    assert hash_numbers(code_points(body), DECIMALS).tolist() == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "\u6cb3\u6c34\u6625\u5929\u4e0a\u6da8\u4e86\u5f88\u591a",
        "\u0e41\u0e21\u0e48\u0e19\u0e49\u0e33\u0e02\u0e36\u0e49\u0e19\u0e2a\u0e39\u0e07\u0e21\u0e32\u0e01",
        "\u5ddd\u306e\u6c34\u304c\u6625\u306b\u5897\u3048\u305f",
    ],
)
def test_scripts_without_spaces_have_as_many_shingles_as_characters(sentence: str):
    found = fingerprint(sentence)
    assert found.words >= 8
    assert len(as_hashes(found.shingles)) == found.words - 4


def test_a_record_of_an_older_version_is_refused_by_name():
    record = msgspec.to_builtins(fingerprint("The river rose in spring"))
    del record["names"]
    with pytest.raises(msgspec.ValidationError, match="names"):
        msgspec.convert(record, Fingerprint)


def test_comparing_across_schemes_names_both():
    check_scheme(SCHEME, SCHEME)
    with pytest.raises(ValueError, match=r"xxh32-w5-affine32-p128-s1.*sha1-w3"):
        check_scheme(SCHEME, "sha1-w3")


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_distinct_is_numpy_unique(values: list[int]):
    hashes = np.array(values, np.uint32)
    assert distinct(hashes).tolist() == np.unique(hashes).tolist()


@pytest.mark.parametrize(
    "values",
    [
        np.full(1000, 7),
        np.arange(1000),  # all begin alike
        np.arange(1000)[::-1],
        np.tile(np.arange(0, 1 << 32, 1 << 24), 20),
    ],
    ids=["repeats", "alike", "falling", "in turn"],
)
def test_distinct_is_so_where_hashes_are_not_spread(values: np.ndarray):
    hashes = values.astype(np.uint32)
    assert distinct(hashes).tolist() == np.unique(hashes).tolist()


@pytest.mark.parametrize("gap", [1, 13, 40])
def test_no_digit_is_passed_over(gap: int):
    digits = [chr(point) for point in np.flatnonzero(DECIMALS)]
    text = ("\u2019\u6cb3e" * gap).join(digits)
    found = hash_numbers(code_points(text), DECIMALS)
    assert found.tolist() == [xxhash.xxh32_intdigest(digit.encode()) for digit in digits]


def test_shingles_of_any_length_are_hashed_right():
    text = [f"{'a' * (length % 60)}{length}" for length in range(400)]
    rows = [" ".join(text[i : i + 5]) for i in range(len(text) - 4)]
    expected = [xxhash.xxh32_intdigest(row.encode()) for row in rows]
    assert shingles_in_order(" ".join(text)).tolist() == expected
    for length in range(1, 100):
        whole = xxhash.xxh32_intdigest(b"b" * length)
        assert shingles_in_order("b" * length).tolist() == [whole]


@given(*[st.sets(st.integers(0, 60) | st.integers(0, 2**32 - 1))] * 2)
def test_shared_values_are_counted(mine: set[int], theirs: set[int]):
    arrays = [np.array(sorted(one), np.uint32) for one in (mine, theirs)]
    assert count_shared(*arrays) == len(mine & theirs)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, unique=True))
def test_mixing_keeps_different_hashes_apart(values: list[int]):
    assert len(set(mix(np.array(values, np.uint32)).tolist())) == len(values)
