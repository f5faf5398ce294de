r"""Decodes bytes: as UTF-8, in the declared encoding, or in a detected one.

Order: byte order mark; UTF-8; the declared encoding; UTF-16 and UTF-32 by where their NULs
stand; UTF-8 with a few broken bytes; for Latin script, the code page whose letters fit the
alphabet of one language (Windows-1252 where several do); for other scripts, charset-normalizer
over a bounded sample. Whatever the bytes, the text holds no surrogates and nothing raises.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.article import Finding
from pipeline.parse.alphabets import ALPHABETS, COMMON_HAN, COMMON_SIGNS
from pipeline.parse.problems import ENCODING_DAMAGED, ENCODING_NOT_UTF8

_SAMPLE = 64 * 1024  # bytes from which an encoding is detected
# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = re.compile(
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|%PDF-\d|PK\x03\x04|\x1f\x8b\x08|\x28\xb5\x2f\xfd"
    rb"|BZh[1-9]1AY&SY|\xfd7zXZ\x00|7z\xbc\xaf\x27\x1c|\xd0\xcf\x11\xe0|PAR1[\x00-\x1f]"
    rb"|\x7fELF|Rar!\x1a\x07|SQLite format 3\x00|RIFF....(?:WEBP|WAVE|AVI )|.{4}ftyp"
    rb"|OggS\x00|ID3[\x02-\x04]\x00",
    re.DOTALL,
)
_MOST_CONTROLS = 0.05  # random bytes have 10 % control codes, text hardly any
_LEAST_BINARY = 64  # bytes, below which a few control codes say nothing
_ASCII = bytes(range(128))
_HIGH = bytes(range(128, 256))
# The codes below 32 that text may contain: tab, line breaks, form feed, escape.
_NOT_CONTROL = bytes(code for code in range(256) if code >= 32 or code in b"\t\n\v\f\r\x1b")
_NOT_NUL = bytes(range(1, 256))
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_WIDE = ("utf-16-le", "utf-16-be")
# ASCII, and the commas and full stops of the scripts that use no spaces.
_TELLING = re.compile("[\t\n\r\x20-\x7e\u3000-\u3002\uff0c\uff0e]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_NON_LATIN = (
    "cp1251", "koi8_r", "cp866", "iso8859_5", "cp1253", "cp1255", "cp1256", "cp874",
)  # fmt: skip


class Decoded(NamedTuple):
    """A text, and the findings about its bytes."""

    text: str
    findings: tuple[Finding, ...] = ()


def decode(value: bytes, declared: str | None = None) -> Decoded | None:
    """Returns the text of `value`, or None if it is binary.

    `declared` is the declared encoding, which is tried if the value is not UTF-8.
    """
    text = _utf8(value)
    if text is None or b"\0" in value:
        return _decode_other(value, declared)
    if _control_share(value) > _MOST_CONTROLS:
        return None
    if "\x1b" in text and value.isascii():
        return _decode_escaped(value, declared) or Decoded(text)
    return None if _MAGIC.match(value) else Decoded(text)


def _decode_escaped(value: bytes, declared: str | None) -> Decoded | None:
    """Decodes ISO-2022, which encodes characters as ASCII after escape codes."""
    if declared is None and _ISO_2022_JP.search(value):
        declared = "iso2022_jp"
    return _decode_declared(value, declared) if declared else None


def is_binary(value: bytes) -> bool:
    """Returns whether the value begins like a file that is no text."""
    return _MAGIC.match(value) is not None or _control_share(value) > _MOST_CONTROLS


def looks_binary(text: str) -> bool:
    """Returns whether a text of a field is a file that was decoded as if it were text."""
    # Scrapers leave NULs between words; any text without them is as good as before.
    start = text[:1024].replace("\0", "").encode("utf-8", "replace")
    many_controls = len(start) >= _LEAST_BINARY and _control_share(start) > _MOST_CONTROLS
    return many_controls or _MAGIC.match(start) is not None


def _utf8(value: bytes) -> str | None:
    try:
        return value.decode().removeprefix("\ufeff")  # "utf-8-sig" is decoded by Python code
    except UnicodeDecodeError:
        return None


def _control_share(value: bytes) -> float:
    """Returns the share of control codes among the first bytes, NUL included."""
    sample = value[:1024]
    return len(sample.translate(None, _NOT_CONTROL)) / max(1, len(sample))


def _decode_other(value: bytes, declared: str | None) -> Decoded | None:
    for mark, encoding in _MARKS:
        if value.startswith(mark):
            return _replacing(value[len(mark) :], encoding)
    if declared and (decoded := _decode_declared(value, declared)):
        return decoded
    if _may_be_wide(value) and (wide := _wide_encoding(value[:_SAMPLE])):
        return _replacing(value, wide)
    if is_binary(value):
        return None
    text = _utf8(value)
    return Decoded(text) if text is not None else _damaged_utf8(value) or _code_page(value)


def _replacing(value: bytes, encoding: str) -> Decoded:
    """Decodes any bytes, with findings about replaced characters."""
    try:
        text, broken = value.decode(encoding), 0
    except UnicodeDecodeError:
        text, broken = _mend(value.decode(encoding, "replace")), 1
    findings: tuple[Finding, ...] = ()
    if encoding != "utf-8":
        findings = (ENCODING_NOT_UTF8.finding(encoding),)
    if broken:
        findings += (ENCODING_DAMAGED.finding(float(max(1, text.count("\ufffd")))),)
    return Decoded(_mend(text), findings)


def _mend(text: str) -> str:
    """Joins pairs of surrogates to characters, and replaces lone ones by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _decode_declared(value: bytes, declared: str) -> Decoded | None:
    try:
        text = value.decode(declared)
    except UnicodeError:
        return None
    name = codecs.lookup(declared).name
    return Decoded(_mend(text), (ENCODING_NOT_UTF8.finding(name),))


def _wide_encoding(sample: bytes) -> str | None:
    """Detects UTF-16 or UTF-32 without a byte order mark, by NULs or by characters."""
    nuls = [_share_of_nuls(sample[place::4]) for place in range(4)]
    if min(nuls[:2]) > 0.9 or min(nuls[2:]) > 0.9:
        return "utf-32-be" if nuls[0] > nuls[3] else "utf-32-le"
    even = sample[: len(sample) // 2 * 2]
    shares = {name: _share_telling(even.decode(name, "replace")) for name in _WIDE}
    worse, better = sorted(shares, key=lambda name: shares[name])
    # Spaces, commas and full stops: one character in forty of any text, twice as many as
    # the same bytes show in the other order.
    return better if shares[better] > max(0.025, 2 * shares[worse]) else None


def _may_be_wide(value: bytes) -> bool:
    """Returns whether a text may be UTF-16 or UTF-32: it has NULs or control codes."""
    share = _control_share(value)
    if _MAGIC.match(value) or not share:
        return False
    # In valid UTF-8 a NUL or two are noise; in UTF-16 half of all bytes are NULs or control codes.
    return share > 0.2 or _utf8(value) is None


def _share_telling(text: str) -> float:
    return len(_TELLING.findall(text)) / len(text) if text else 0.0


def _share_of_nuls(part: bytes) -> float:
    return len(part.translate(None, _NOT_NUL)) / len(part) if part else 0.0


def _damaged_utf8(value: bytes) -> Decoded | None:
    """Decodes UTF-8 with a few broken bytes, a truncated end, or encoded surrogates."""
    text = value.decode("utf-8-sig", "surrogatepass") if _only_surrogates(value) else ""
    if text:
        return Decoded(_mend(text), (ENCODING_DAMAGED.finding(1.0),))
    text = value.decode("utf-8-sig", "replace")
    broken = text.count("\ufffd") - value.count(b"\xef\xbf\xbd")
    whole = len(text) - len(value.translate(None, _HIGH)) - broken
    cut = broken == 1 and text.endswith("\ufffd")
    # In other encodings hardly any byte above 127 happens to form a UTF-8 sequence.
    if whole >= 3 * broken or (cut and whole):
        return Decoded(text, (ENCODING_DAMAGED.finding(float(broken)),))
    return None


def _only_surrogates(value: bytes) -> bool:
    try:
        value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _code_page(value: bytes) -> Decoded:
    sample = value[:_SAMPLE]
    high = sample.translate(None, _ASCII)
    in_runs = sum(map(len, _HIGH_RUN.findall(sample)))
    other_script = in_runs > 0.4 * len(high)  # accents are single, other scripts make words
    encoding = (_other_script(sample) if other_script else None) or _latin(sample)
    return _replacing(value, encoding)


def _other_script(sample: bytes) -> str | None:
    for encoding in ("euc_jp", "cp932"):
        if _share(_KANA, _high_text(sample, encoding)) > 0.2:
            return encoding
    if _share(_HANGUL, _high_text(sample, "cp949")) > 0.6:
        return "cp949"
    shares = {name: _common(_high_text(sample, name), han) for name, han in COMMON_HAN.items()}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] > 0.06:
        return best
    from charset_normalizer import from_bytes  # noqa: PLC0415 - few texts need it

    match = from_bytes(sample, cp_isolation=list(_NON_LATIN)).best()
    return match.encoding if match else None


def _high_text(sample: bytes, encoding: str) -> str:
    """Returns the characters other than ASCII; none if the sample is not in this encoding."""
    try:
        # The sample may end within a character: an incremental decoder ignores the rest.
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return ""
    return "".join(re.findall("[^\x00-\x7f]+", text))


def _share(pattern: re.Pattern[str], text: str) -> float:
    return len(pattern.findall(text)) / len(text) if text else 0.0


def _common(text: str, characters: Iterable[str]) -> float:
    return sum(map(text.count, characters)) / len(text) if text else 0.0


def _latin(sample: bytes) -> str:
    """Returns the code page in which the accented letters fit one language best."""
    best, best_fit = "cp1252", 0.0
    for encoding, alphabets in ALPHABETS.items():
        letters = "".join(re.findall("[^\x00-\x7f]+", sample.decode(encoding, "replace"))).lower()
        for alphabet in alphabets:
            fit = _common(letters, alphabet + COMMON_SIGNS)
            if fit > best_fit + 0.02:
                best, best_fit = encoding, fit
    return best
