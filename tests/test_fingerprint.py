import importlib.util
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import pytest
import xxhash
from datasketch import MinHash, MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.real_articles import SETS, real_texts
from support.texts import TEXTS

from pipeline import native
from pipeline.article import Fingerprint
from pipeline.dedup.fingerprint import (
    SCHEME,
    as_hashes,
    as_minhash,
    check_scheme,
    fingerprint,
    of_today,
    shingles_in_order,
)
from pipeline.dedup.permutations import permutations
from pipeline.native import build, codepoints, twins
from pipeline.text import numbers


def by_datasketch(body: str):
    found = native.squeeze(body, codepoints.compared()).split()
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
    assert one == replace(other, names=one.names, text=one.text)


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
    expected = {xxhash.xxh32_intdigest(number.encode()) for number in numbers(body)}
    assert as_hashes(fingerprint(body).numbers).tolist() == sorted(expected)


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


@pytest.mark.parametrize(
    "body",
    [
        "word " * 1000,
        " ".join(str(at // 7) for at in range(5000)),
        " ".join("abcdef"[at % 6] for at in range(3000)),
    ],
    ids=["repeats", "rows of repeats", "in turn"],
)
def test_shingles_are_each_kept_once_where_a_text_repeats_itself(body: str):
    ordered = as_hashes(shingles_in_order(body))
    assert as_hashes(fingerprint(body).shingles).tolist() == np.unique(ordered).tolist()


@pytest.mark.parametrize("gap", [1, 13, 40])
def test_no_digit_is_passed_over(gap: int):
    digits = [char for char in map(chr, range(0x110000)) if char.isdecimal()]
    text = ("\u2019\u6cb3e" * gap).join(digits)
    expected = {xxhash.xxh32_intdigest(digit.encode()) for digit in digits}
    assert as_hashes(fingerprint(text).numbers).tolist() == sorted(expected)


def test_shingles_of_any_length_are_hashed_right():
    text = [f"{'a' * (length % 60)}{length}" for length in range(400)]
    rows = [" ".join(text[i : i + 5]) for i in range(len(text) - 4)]
    expected = [xxhash.xxh32_intdigest(row.encode()) for row in rows]
    assert as_hashes(shingles_in_order(" ".join(text))).tolist() == expected
    for length in range(1, 100):
        whole = xxhash.xxh32_intdigest(b"b" * length)
        assert as_hashes(shingles_in_order("b" * length)).tolist() == [whole]


HASHES = st.integers(0, 60) | st.integers(0, 2**32 - 1)


def packed(hashes: Iterable[int]) -> bytes:
    return np.array([*hashes], "<u4").tobytes()


@given(*[st.sets(HASHES)] * 2)
def test_shared_values_are_counted(mine: set[int], theirs: set[int]):
    for of in (native, twins):
        assert of.count_shared(packed(sorted(mine)), packed(sorted(theirs))) == len(mine & theirs)


@given(st.lists(HASHES), st.sets(HASHES), st.integers(1, 9))
def test_covered_words_are_those_of_the_twin(ordered: list[int], theirs: set[int], width: int):
    given = packed(ordered), packed(sorted(theirs)), width
    assert native.count_covered(*given) == twins.count_covered(*given)


@given(st.sets(HASHES), st.integers(1, 40), st.integers(0, 20))
def test_a_sample_is_that_of_the_twin(shingles: set[int], rate: int, size: int):
    given = packed(sorted(shingles)), rate, size
    assert native.sample(*given) == twins.sample(*given)


@settings(max_examples=20)
@given(st.sets(HASHES))
def test_a_sample_of_all_keeps_different_shingles_apart(shingles: set[int]):
    found = native.sample(packed(shingles), 1, len(shingles))
    assert len({*as_hashes(found).tolist()}) == len(shingles)


def facts(of: Any, body: str, width: int = 5) -> tuple[Any, ...]:
    """All that is made of a text by the native module or its twin."""
    as_is, folded = codepoints.as_is(), codepoints.folded()
    made = of.fingerprint(body, as_is, folded, permutations(128, 1), width)
    return *made, of.hash_shingles(body, folded, width)


@given(st.text(st.characters() | st.sampled_from("ab AB12.,:/\u0130\u00df\u6cb3\u0e34\ud800")))
def test_any_text_is_to_the_twin_what_it_is_to_the_module(body: str):
    for width in (1, 5):
        assert facts(native, body, width) == facts(twins, body, width)


@pytest.mark.parametrize("name", SETS)
def test_real_articles_are_to_the_twin_what_they_are_to_the_module(name: str):
    for body in real_texts(name)[:4]:
        assert facts(native, body) == facts(twins, body)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module as it works where a machine has no AVX2."""
    target = build.build(
        tmp_path_factory.mktemp("plain") / "_native.abi3.so", ("-DCOPYDESK_PLAIN",)
    )
    spec = importlib.util.spec_from_file_location("plain._native", target)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_machine_without_wide_registers_makes_the_same(plain: Any):
    for body in [*TEXTS, " ".join(f"{'a' * (at % 70)}{at}" for at in range(500))]:
        assert facts(plain, body) == facts(native, body)


@pytest.mark.parametrize("of", [native, twins], ids=["native", "twin"])
def test_what_is_no_argument_is_refused(of: Any):
    as_is, folded = codepoints.as_is(), codepoints.folded()
    keys = permutations(128, 1)
    for call in (
        lambda: of.fingerprint("a", as_is[1:], folded, keys, 5),
        lambda: of.fingerprint("a", as_is, folded[1:], keys, 5),
        lambda: of.fingerprint("a", as_is, folded, keys[4:], 5),
        lambda: of.fingerprint("a", as_is, folded, permutations(6, 1), 5),
        lambda: of.fingerprint("a", as_is, folded, keys, 0),
        lambda: of.hash_shingles("a", folded, 0),
        lambda: of.count_shared(b"odd", b""),
        lambda: of.count_covered(b"", b"odd", 5),
        lambda: of.count_covered(b"", b"", 0),
        lambda: of.sample(b"odd", 16, 1024),
        lambda: of.sample(b"", 0, 1024),
        lambda: of.sample(b"", 16, -1),
    ):
        with pytest.raises(ValueError, match=r".{9}"):
            call()


@pytest.mark.parametrize(("count", "seed"), [(128, 1), (312, 7), (4, 0), (128, 2**32 - 1)])
def test_permutations_are_those_of_datasketch(count: int, seed: int):
    theirs = MinHash(num_perm=count, seed=seed).permutations
    assert permutations(count, seed) == theirs.astype("<u4").tobytes()


def test_more_permutations_than_one_state_gives_are_refused():
    with pytest.raises(ValueError, match="312"):
        permutations(313, 1)


def test_datasketch_goes_on_with_our_signatures():
    one, other = (" ".join(map(str, range(start, start + 400))) for start in (0, 40))
    ours, theirs = as_minhash(fingerprint(one)), MinHash(num_perm=128, seed=1, scheme="affine32")
    theirs.hashvalues = by_datasketch(other)
    assert ours.jaccard(theirs) == pytest.approx(360 / 440, abs=0.1)
    assert ours.hashvalues.tolist() == by_datasketch(one).tolist()
    lsh = MinHashLSH(threshold=0.5, num_perm=128)
    lsh.insert("other", theirs)
    assert lsh.query(ours) == ["other"]
    with pytest.raises(ValueError, match="sha1"):
        as_minhash(replace(fingerprint(one), scheme="sha1"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "\u0639\u0644\u064a \u0643\u062a\u0628",
            "\u0639\u0644\u06cc \u06a9\u062a\u0628",
        ),  # yeh and kaf
        ("\ufefb\ufe8e", "\u0644\u0627\u0627"),  # forms of Arabic letters
        ("\u0643\u0640\u062a\u0627\u0628", "\u0643\u062a\u0627\u0628"),  # lengthened
        ("\uff21\uff22\uff23 \uff11\uff12", "abc 12"),  # full width
        ("\uff76\uff9e", "\u30ac"),  # half width
        ("M\u00fcller Stra\u00dfe", "Mueller Strasse"),
        ("\ud55c\uad6d\uacbd\uc81c", "\ud55c\uad6d \uacbd\uc81c"),  # Korean spacing
        ("\u0451\u043b\u043a\u0430", "\u0435\u043b\u043a\u0430"),
        (
            "\u0915\u093c\u0930\u0940\u092c \u092e\u093e\u0901\u0917",
            "\u0915\u0930\u0940\u092c \u092e\u093e\u0902\u0917",
        ),
        ("\u0628\u0647\u200c", "\u0628\u06d5"),  # Kurdish, old and new
        ("vol\u00adume", "volume"),
        ("\u0661\u0662", "12"),
    ],
)
def test_one_story_in_two_spellings_is_one_text(one: str, other: str):
    assert fingerprint(one).text_hash == fingerprint(other).text_hash


@pytest.mark.parametrize(
    ("one", "other"),
    [("caf\u00e9", "cafe"), ("\u0633\u0624\u0627\u0644", "\u0633\u0648\u0627\u0644")],
)
def test_accents_and_hamza_on_waw_stay_apart(one: str, other: str):
    assert fingerprint(one).text_hash != fingerprint(other).text_hash


def test_hamza_on_alef_may_be_left_off():
    with_hamza, without = "\u0623\u0646 \u0625\u0644\u0649", "\u0627\u0646 \u0627\u0644\u0649"
    assert fingerprint(with_hamza).text_hash == fingerprint(without).text_hash


def test_short_texts_are_kept_and_long_ones_are_not():
    assert fingerprint("word " * 400).text == "word " * 400
    assert fingerprint("word " * 401).text is None  # of more than 2,000 characters
    assert fingerprint("a " * 601).text is None
    assert fingerprint("\u6c34" * 600).text == "\u6c34" * 600
    assert fingerprint("a" * 5000).text is None
    assert fingerprint("\ud800 word").text is None


def test_a_fingerprint_of_the_version_before_is_read_and_others_are_not():
    known = fingerprint("The river rose in one night")
    names, spelling = (
        "xxh32-w5-affine32-p128-s1-names",
        "xxh32-w5-affine32-p128-s1-spelling1-short200",
    )
    for scheme in (names, spelling):
        before = replace(known, scheme=scheme, text=None)
        assert of_today(before) == replace(known, text=None)
    assert of_today(known) is known
    with pytest.raises(ValueError, match="sha1-w3"):
        of_today(replace(known, scheme="sha1-w3"))


@given(st.text("ab ", max_size=60), st.text("ab ", max_size=60))
def test_marks_of_covered_words_are_those_of_the_twin(one: str, other: str):
    known, theirs = fingerprint(one), fingerprint(other)
    marks, twin = bytearray(known.words), bytearray(known.words)
    native.mark_covered(marks, shingles_in_order(one), theirs.shingles, 5)
    twins.mark_covered(twin, shingles_in_order(one), theirs.shingles, 5)
    assert marks == twin


def test_marks_are_refused_for_what_are_no_hashes():
    with pytest.raises(ValueError, match="four bytes"):
        native.mark_covered(bytearray(3), b"abc", b"", 5)
    with pytest.raises(ValueError, match="at least one word"):
        native.mark_covered(bytearray(3), b"", b"", 0)
