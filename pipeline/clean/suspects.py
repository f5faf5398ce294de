"""One look at a draft that says which repairs have nothing to do.

What it asks of lines is in `edges` and `openings`.

Most articles hold nothing to repair, and each repair used to look for itself: 60 us an article
for nine looks, against 7 for this one. What it says is "there may be": the repair then looks
closely. The bits of a pair are found where the first of two kinds stands right before the second.

Needles are short texts, all looked for at once. A state has a bit for each place of each needle,
set where the text so far ends in the needle up to there; at each character it shifts by one place
and keeps the bits of the places where that character may stand (Baeza-Yates and Gonnet 1992, A new
approach to text searching).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np
from ftfy.chardata import CHARMAP_ENCODINGS
from numpy.typing import NDArray

from pipeline.article import Draft
from pipeline.clean import edges
from pipeline.clean.edges import WHITE_SPACE, find_edges
from pipeline.clean.openings import KINDS, REACH, SECONDS, find_openings
from pipeline.jit import native, native_or
from pipeline.text import code_points

# Bits of `Look.signs`.
# Pairs: the bit of the first character; that of the second is eight higher.
_LEAD, _A_TILDE, _STAR, _LINE, _WAVE, _BRACKET, _HASH, _OPEN = (1 << bit for bit in range(8))
_SECOND = 8
# What one character alone is suspected of.
ODD, LOOSE, ENTITY, TAG, ESCAPE, COLON, BAR, CREDIT = (1 << bit for bit in range(16, 24))
MOJIBAKE = (_LEAD | _A_TILDE) << _SECOND
MARKDOWN = (_STAR | _LINE | _WAVE | _BRACKET | _HASH) << _SECOND
POINTER = _OPEN << _SECOND  # `(left)`: a bracket and a letter with which such words begin
OPENING = 1 << 24  # a line that may be a phrase

# Needles, at most 63 places in all. Small letters stand for both cases, `_` for white space,
# `[...]` is one place for any of its characters.
_PICTURE_BY = ("oto_[bvd_]", "aph_[bvd_]", "age_[bvd_]", "ure_[bvd_]", "ild_[bvd_]")
_LINK_HEADING = ("[ed] Also", "so Rea", "READ M", "RELAT")  # See Also, Also Read
_SENDER = ("(@",)
_ADVERTISEMENT = (" Adv",)
_CLICK = ("lick ",)
_NEEDLES = (*_PICTURE_BY, *_LINK_HEADING, *_SENDER, *_ADVERTISEMENT, *_CLICK)
_PLACES = [re.findall(r"\[[^]]+]|.", needle) for needle in _NEEDLES]
_SIZES = [*map(len, _PLACES)]
_LAST = dict(zip(_NEEDLES, (end - 1 for end in accumulate(_SIZES)), strict=True))
_FIRST_NEEDLE = 32  # the bit of the first place of all; that of a needle is that of its last


def _bits_of(needles: Iterable[str]) -> int:
    return sum(1 << (_FIRST_NEEDLE + _LAST[needle]) for needle in needles)


PICTURE_BY, LINK_HEADING, SENDER, ADVERTISEMENT, CLICK = map(
    _bits_of, (_PICTURE_BY, _LINK_HEADING, _SENDER, _ADVERTISEMENT, _CLICK)
)

# Control codes, hard spaces, separators, joiners and other characters not to be seen.
ODD_CHARACTERS = (
    "\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u2007\u200b-\u200f\u2028-\u202f\u2060\u2066-\u2069\ufeff"
    "\ufffc"
)
# Letters in either case with which words begin that say where somebody stands in a picture.
_POINTING = "aAbBcCdDfFiIlLmMpPrRsStT\u00c0\u00e0\u0130\u0131\u017f"
# Code points from here on are never suspect.
_BEYOND = 0x30000


def read_as(first: int, last: int) -> str:
    """What the bytes `first`..`last` read as in any alphabet ftfy knows, but for ASCII."""
    block = bytes(range(first, last + 1))
    read = {char for name in CHARMAP_ENCODINGS for char in block.decode(name, "ignore")}
    return "".join(sorted(char for char in read if not char.isascii()))


class Look(NamedTuple):
    """What one look at a draft found."""

    signs: int  # the bits of all that may stand in any of the four texts
    lines: tuple[tuple[int, int], ...]  # `text.line_spans` of the body
    openings: list[int]  # the numbers of those lines that may be phrases
    body: NDArray[np.uint32]  # its code points


@lru_cache(maxsize=2)  # the rules of a pass ask for the same draft one after the other
def look(draft: Draft) -> Look:
    """The look at a draft, for its repairs to share."""
    codes = code_points(f"{draft.body}\n{draft.headline}\n{draft.description}\n{draft.authors}")
    size = len(draft.body)
    found, needles, edge_signs, spans, openings = _look_at_all(
        codes, size + 1, _BITS, _MAY_STAND, edges.BITS, KINDS, REACH, SECONDS
    )
    signs = found | needles << _FIRST_NEEDLE | edge_signs << edges.FIRST_EDGE
    if len(openings):
        signs |= OPENING
    places = spans.tolist()
    lines = tuple(zip(places[::2], places[1::2], strict=True))
    return Look(signs, lines, openings.tolist(), codes[:size])


def _loose() -> Iterable[int]:
    """Code points that NFC changes, or that it may join to or sort among those before them."""
    # Hangul is composed by rule, not by table: its vowels and final consonants join.
    yield from range(0x1161, 0x1176)
    yield from range(0x11A8, 0x11C3)
    for point in range(0x300, _BEYOND):  # below, all is composed and nothing joins
        char = chr(point)
        if unicodedata.combining(char) or not unicodedata.is_normalized("NFC", char):
            yield point
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and "<" not in parts[0]:
            yield int(parts[1], 16)


def _bits() -> NDArray[np.uint32]:
    bits = np.zeros(_BEYOND + 1, np.uint32)  # the last cell for all beyond

    def add(points: Iterable[int], bit: int) -> None:
        bits[[*points]] |= np.uint32(bit)

    white = [*map(ord, WHITE_SPACE)]
    for first, second, bit in (
        (map(ord, read_as(0xC2, 0xF4)), map(ord, read_as(0x80, 0xBF)), _LEAD),
        ([0xC3], white, _A_TILDE),
        ([ord("*")], [ord("*")], _STAR),
        ([ord("_")], [ord("_")], _LINE),
        ([ord("~")], [ord("~")], _WAVE),
        ([ord("]")], [ord("(")], _BRACKET),
        ([ord("#")], [ord(" ")], _HASH),
        ([ord("(")], map(ord, _POINTING), _OPEN),
    ):
        add(first, bit)
        add(second, bit << _SECOND)
    odd = re.compile(f"[{ODD_CHARACTERS}]")
    add((point for point in range(0x10000) if odd.match(chr(point))), ODD)
    add(_loose(), LOOSE)
    for signs, bit in (
        ("&", ENTITY),
        ("<", TAG),
        ("\\", ESCAPE),
        (":\uff1a", COLON),
        ("|", BAR),
        ("\u00a9/", CREDIT),
    ):
        add(map(ord, signs), bit)
    return bits


def _may_stand() -> NDArray[np.uint64]:
    """The bits of the places of needles where each code point may stand."""
    places = np.zeros(_BEYOND + 1, np.uint64)
    white = [*map(ord, WHITE_SPACE)]
    for place, signs in enumerate(chain.from_iterable(_PLACES)):
        bit = np.uint64(1 << place)
        for sign in signs.strip("[]"):
            places[white if sign == "_" else [*{ord(sign), ord(sign.upper())}]] |= bit
    return places


_BITS = _bits()
_MAY_STAND = _may_stand()
_LASTS = np.uint64(_bits_of(_NEEDLES) >> _FIRST_NEEDLE)
_FIRSTS = np.uint64((int(_LASTS) << 1 | 1) & ((1 << sum(_SIZES)) - 1))


def _look_by_numpy(
    codes: NDArray[np.uint32], bits: NDArray[np.uint32], may_stand: NDArray[np.uint64]
) -> tuple[int, int]:
    places = np.minimum(codes, len(bits) - 1)
    found = bits[places]
    singles = np.bitwise_or.reduce(found)
    pairs = np.bitwise_or.reduce(found[1:] & ((found[:-1] & 0xFF) << _SECOND))
    reached, here = 0, np.zeros(len(codes), bool)  # where a needle so far may end
    for place in range(sum(_SIZES)):
        bit = 1 << place
        before = np.append(False, here[:-1])
        here = may_stand[places] & np.uint64(bit) != 0
        if not int(_FIRSTS) & bit:
            here &= before
        reached |= bit * bool(here.any())
    return int((singles & 0xFFFF0000) | pairs), reached & int(_LASTS)


@native_or(_look_by_numpy)
def _look(
    codes: NDArray[np.uint32], bits: NDArray[np.uint32], may_stand: NDArray[np.uint64]
) -> tuple[int, int]:
    """(bits of characters and pairs, bits of needles)."""
    last = np.uint32(len(bits) - 1)
    singles = pairs = before = np.uint32(0)
    state = reached = np.uint64(0)
    for code in codes:
        place = min(code, last)
        found = bits[place]
        singles |= found
        pairs |= found & (before << np.uint32(_SECOND))
        before = found & np.uint32(0xFF)
        state = ((state << np.uint64(1)) | _FIRSTS) & may_stand[place]
        reached |= state
    return int((singles & np.uint32(0xFFFF0000)) | pairs), int(reached & _LASTS)


@native
def _look_at_all(  # noqa: PLR0913, PLR0917 - tables one by one: numba is slow to take a tuple apart
    codes: NDArray[np.uint32],
    size: int,
    bits: NDArray[np.uint32],
    may_stand: NDArray[np.uint64],
    edge_bits: NDArray[np.uint32],
    kinds: NDArray[np.uint8],
    reach: NDArray[np.int16],
    seconds: NDArray[np.uint8],
) -> tuple[int, int, int, NDArray[np.int64], NDArray[np.int64]]:
    """(bits of characters and pairs, of needles, of lines; the lines; which of them open so).

    `size`: of the body and the line break after it, which come first among the codes.
    """
    found, needles = _look(codes, bits, may_stand)
    body = codes[:size]
    lines, places = find_edges(body, edge_bits)
    return found, needles, lines, places, find_openings(body, places, kinds, reach, seconds)
