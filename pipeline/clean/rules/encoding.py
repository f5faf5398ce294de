"""Repairs characters: wrong decodings, escapes and entities, invisible characters, spaces.

Most articles need none of these repairs, since the characters that they change are rare.
"""

from __future__ import annotations

import html
import re
import unicodedata
from contextlib import suppress
from functools import cache, partial
from html.entities import html5

import ftfy
from ftfy import TextFixerConfig
from ftfy.chardata import CHARMAP_ENCODINGS

from pipeline.article import Draft, FieldName, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import fields, rewrite_lines, substitute
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import words_for
from pipeline.native.tables import stored
from pipeline.text import fold, words


def read_as(first: int, last: int) -> str:
    """Returns the characters as which ftfy's encodings decode the bytes, without ASCII."""
    block = bytes(range(first, last + 1))
    read = {char for name in CHARMAP_ENCODINGS for char in block.decode(name, "ignore")}
    return "".join(sorted(char for char in read if not char.isascii()))


# UTF-8 encodes a character as a lead byte and continuation bytes. Decoded in another encoding they
# are a pair of characters that few texts contain; only `\u00c3 ` can lose its second character.
_LEADS, _REST = {*read_as(0xC2, 0xF4)}, {*read_as(0x80, 0xBF)}
# Each of these is a lead byte in one encoding (Mac OS Roman) and a continuation byte in others, but
# two of them are a pair in none: `\u2019\u2019` and the like are no mojibake.
_QUOTES = {*"\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026"}


def _any_of(chars: set[str]) -> str:
    return f"[{re.escape(''.join(sorted(chars)))}]"


_MOJIBAKE = re.compile(
    f"{_any_of(_LEADS - _QUOTES)}{_any_of(_REST)}|{_any_of(_QUOTES)}{_any_of(_REST - _QUOTES)}"
    "|\u00c3\\s"
)

# Alphabets in which UTF-8 is read by mistake. A text that is valid UTF-8 in one of them, with some
# small letters, was never meant as it reads; a few capitals of Ukrainian are that by chance. With
# the first two ftfy knows that too, with more evidence; with the others it rarely decides.
_FTFY_CODECS = ("latin-1", "sloppy-windows-1252")
_CODECS = (*_FTFY_CODECS, "sloppy-windows-1250", "sloppy-windows-1251", "macroman")
_FEWEST_LETTERS = 2

# A capital in mid-word, or before a sign in mid-word, is none where it makes a letter with what
# follows. ftfy leaves single ones be, and all of them in a line with a real dash:
# `wa\u00c9\u2014anda` is Hausa, wa\u0257anda. `\u00c3` after a small letter is none either.
_LETTER_LEAD = "[\u00c4-\u00cb]"
_REST_SIGN = _any_of({*bytes(range(0x80, 0xC0)).decode("cp1252", "ignore")})
_SMALL = "[a-z\u00df-\u00f6\u00f8-\u00ff]"
_IN_MID_WORD = re.compile(
    f"{_LETTER_LEAD}{_REST_SIGN}(?<=[a-z]..)(?=[a-z])|\u00c3{_REST_SIGN}(?<={_SMALL}..)"
)
# A word in capitals can end in one, before a sign that closes: `\u00abA IRM\u00c3\u00bb`.
_CAPITAL_END = re.compile(
    "(?<=[A-Z\u00c0-\u00d6\u00d8-\u00de])\u00c3[\u00bb\u201d\u2019\u203a\u2026](?!\\w)"
)

# `\u00c3` and a sign before a small letter, at the start of a word: `\u00c3\u2026lesund`.
_AT_WORD_START = re.compile(f"(?<!\\w)\u00c3{_REST_SIGN}(?={_SMALL})")
# U+FFFD, the sign of a lost character, when its UTF-8 was read in another alphabet.
_LOST_READ_AGAIN = re.compile("\u00ef\u00bf\u00bd|\u043f\u0457\u0405")

# Alphabets of one byte a letter. Their letters arrive as accented Latin ones if they were read as
# Latin-1 or its like, and almost all letters of a text are accented in no language.
_ALPHABETS = ("cp1251", "koi8-u", "cp1253", "cp1255", "cp1256")
_ACCENTED, _ANY_LETTER = re.compile("[\u00c0-\u00ff]"), re.compile(r"[^\W\d_]")
_FEWEST_ACCENTED = 20
_ACCENTED_SHARE = 0.8
_FEWEST_STOP_WORDS = 2  # different ones

_LINE_BREAK = re.compile("\r\n?|[\u2028\u2029\v\f]")

_ENTITY = re.compile(
    r"&(?:amp;)*(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{1,31};"
    # The signs that WordPress encodes, with the semicolon lost on the way.
    r"|#(?:0?3[489]|160|171|187|82[012]\d|8230)(?![\d;])|(?:nbsp|quot|amp)(?![\w;=]))"
)

_NAMES_OF_SIGNS = frozenset({"&lt;", "&gt;"})

_ESCAPED_BREAK = re.compile(r"(?:\\r)?\\n\s*(?:(?:\\r)?\\n\s*)+|(?:\\r)?\\n\s*(?![a-z])")
_SURE_BREAK = re.compile(r"[.!?\"\u201d\u2019\u3002]\s?(?:\\r)?\\n|(?:\\n){2}")
_ESCAPED_QUOTE = re.compile(
    r"(?<![\w\\])\\(?=[\"'])|\\(?=[\"'](?!\w))|(?<=\w)\\(?='(?:s|t|d|m|ll|re|ve)\b)"
)
_ESCAPED_SLASH = re.compile(r"\\(?=/)")
_CODE = re.compile(r"\\u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*")

_C1 = re.compile("[\x80-\x9f]")

# Between letters of scripts that join, the joiners (U+200C, U+200D) are spelling, and in emoji
# they build one sign; a zero-width space marks word ends in Thai, Lao, Khmer and Burmese.
_LATIN = r"[\t\n -\u00ac\u00ae-\u024f\u2010-\u205f]"
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u2060\ufeff\ufffc]"
    "|(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b"
    "|\u200b(?![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])"
    f"|(?<={_LATIN})[\u200c\u200d]+(?={_LATIN}|$)|^[\u200c\u200d]+"
)
# Marks of direction. They mean something where letters from the right meet digits, signs or other
# letters; single ones mean nothing among themselves.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_FROM_RIGHT = "[\u05d0-\u05f4\u0620-\u065f\u066e-\u06d3\u06d5-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_IDLE_DIRECTION = re.compile(rf"(?<={_FROM_RIGHT})[\u061c\u200e\u200f]+(?={_FROM_RIGHT})")
_HARD_SPACE = re.compile("[\u00a0\u2007\u202f]")

# No code point from here on changes under NFC.
_NO_LOOSE = 0x30000

# Sorting the accents of a letter takes time quadratic in their number. No script uses this many.
_PILE = re.compile(r"[^\w\s\x00-\u02ff]{500}")

_LOST = "\N{REPLACEMENT CHARACTER}"
_FTFY = TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    fix_c1_controls=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)


def unify_line_breaks(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Replaces CR, CRLF and Unicode line separators by LF.

    >>> after(unify_line_breaks, body="one\r\ntwo\rthree")
    'one\ntwo\nthree'
    """
    return substitute(draft, _LINE_BREAK, "\n")


def decode_escapes(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Decodes a text that was encoded as a JSON string twice: `\n`, `\"`, `\/`, `\u2019`.

    Paths (`C:\new`), LaTeX (`\nabla`, `G\"odel`) and single escapes in prose stay.

    >>> after(decode_escapes, body="It rained.\\n\\nIt stopped.")
    'It rained.\n\nIt stopped.'
    """
    found: list[Splice] = []
    for field, text in fields(draft):
        if text.count("\\n") > 1 and _SURE_BREAK.search(text):
            found += _spliced(field, _ESCAPED_BREAK, text, "\n\n")
        found += _spliced(field, _ESCAPED_QUOTE, text, "")
        if ":\\/\\/" in text:
            found += _spliced(field, _ESCAPED_SLASH, text, "")
        codes = [(*m.span(), _decode_code(m.group())) for m in _CODE.finditer(text)]
        if len(codes) > 1 and not any(_LOST in char for *_, char in codes):
            found += [Splice(field, start, end, char) for start, end, char in codes]
    return found


def unescape_entities(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    """Decodes entities, also doubly escaped ones; without a semicolon only the common ones.

    In a text with bare `<` or `>` signs, `&lt;` and `&gt;` are what it is about, and stay.

    >>> after(unescape_entities, body="Fish &amp;amp; chips, &quot;fresh&#8221;")
    'Fish & chips, "fresh”'
    """
    found: list[Splice] = []
    for field, text in fields(draft):
        has_bare_signs = "&" in text and (" < " in text or " > " in text)
        kept = _NAMES_OF_SIGNS if has_bare_signs else frozenset()
        found += [
            Splice(field, *match.span(), _unescape(match))
            for match in _ENTITY.finditer(text)
            if match.group() not in kept
        ]
    return found


def fix_mojibake(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    """Decodes UTF-8 that was read in another encoding, line by line, by ftfy.

    ftfy takes 0.5 to 1 ms an article, so it gets only lines with a suspicious pair of characters.
    Pairs in mid-word, which ftfy leaves alone, are decoded as the letter for which they stand.

    >>> after(fix_mojibake, body="The cafÃ© is closed.")
    'The café is closed.'
    """
    suspects = [text for _, text in fields(draft) if _MOJIBAKE.search(text)]
    if not suspects:
        return []
    codec = next(filter(None, map(_codec_of, suspects)), "")
    lost = substitute(draft, _LOST_READ_AGAIN, _LOST)
    if lost:
        return lost
    found = rewrite_lines(draft, suspects.__contains__, partial(_fix_line, codec=codec))
    if found:
        return found
    alphabet = next(filter(None, map(_alphabet_of, suspects)), "")
    if alphabet:
        return rewrite_lines(draft, _is_accented, partial(_read_in, alphabet=alphabet))
    return _fix_letters(draft)


def restore_c1_punctuation(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    """Restores cp1252 punctuation that was read as latin-1 control characters (U+0080..U+009F)."""
    return substitute(draft, _C1, lambda match: _from_cp1252(match.group()))


def drop_invisible_characters(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Drops control characters, BOMs, soft hyphens, zero-width spaces and idle marks of direction.

    Joiners stay where they are spelling. Marks of direction are dropped from texts with one
    direction; in other texts only between letters.

    >>> after(drop_invisible_characters, body="\ufeffBer\u00adlin")
    'Berlin'
    """
    found = substitute(draft, _INVISIBLE, "")
    for field, text in fields(draft):
        if _DIRECTION.search(text):
            has_both = re.search(_FROM_RIGHT, text)
            found += _spliced(field, _IDLE_DIRECTION if has_both else _DIRECTION, text, "")
    return found


def unify_spaces(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Replaces no-break spaces by plain ones.

    >>> after(unify_spaces, body="12\u00a0000 people")
    '12 000 people'
    """
    return substitute(draft, _HARD_SPACE, " ")


def compose_characters(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Composes letters and their accents to one character (Unicode NFC).

    >>> len(after(compose_characters, body="cafe\u0301"))
    4
    """
    return rewrite_lines(draft, _may_compose, partial(unicodedata.normalize, "NFC"))


def _may_compose(text: str) -> bool:
    """Returns whether the text is not in NFC."""
    return not (_PILE.search(text) or unicodedata.is_normalized("NFC", text))


@stored("loose", __file__)
def loose_characters() -> bytes:
    """Returns, in UTF-8, the characters that NFC changes, joins to others or reorders."""
    # Hangul is composed by rule, not by table: its vowels and final consonants join.
    found = {*map(chr, (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)))}
    # Below, all is composed and nothing joins; Han and Hangul are composed, or alone.
    for point in (*range(0x300, 0x3400), *range(0xA66F, 0xAC00), *range(0xF900, _NO_LOOSE)):
        char = chr(point)
        parts = unicodedata.decomposition(char).split()
        if unicodedata.combining(char) or not unicodedata.is_normalized("NFC", char):
            found.add(char)
        if len(parts) == 2 and "<" not in parts[0]:
            found.add(chr(int(parts[1], 16)))
    return "".join(sorted(found)).encode("utf-8")


def _spliced(field: FieldName, pattern: re.Pattern[str], text: str, added: str) -> list[Splice]:
    return [Splice(field, m.start(), m.end(), added) for m in pattern.finditer(text)]


def _decode_code(code: str) -> str:
    units = bytes.fromhex("".join(code.split("\\u")))
    return units.decode("utf-16-be", "replace")


def _unescape(match: re.Match[str]) -> str:
    """Returns the character of the entity, however often it was escaped; unknown ones unchanged."""
    name = match[1]
    if not name.startswith("#"):
        return html5.get(name, match[0])
    char = html.unescape(f"&{name}")
    return match[0] if char in {"", _LOST} else char


def _fix_line(line: str, codec: str) -> str:
    """Decodes a line; `codec`: the encoding as which the text was read, empty if unknown."""
    if line.isascii() or not _MOJIBAKE.search(line):
        return line
    codec = codec or _codec_of(line)
    with suppress(UnicodeError):
        if codec:
            return line.encode(codec).decode()
    fixed = ftfy.fix_encoding(line, _FTFY)
    is_worse = fixed.count(_LOST) > line.count(_LOST) or _CAPITAL_END.search(line)
    return line if is_worse else fixed


def _codec_of(text: str) -> str:
    """Returns the encoding as which UTF-8 was read; empty if that is left to ftfy."""
    for codec in _CODECS:
        with suppress(UnicodeError):
            meant = text.encode(codec).decode()
            is_sure = sum(map(_is_small_letter, meant)) >= _FEWEST_LETTERS
            return codec if is_sure and codec not in _FTFY_CODECS else ""
    return ""


def _is_small_letter(char: str) -> bool:
    """Returns whether a character is a small letter or has no case; False for ASCII."""
    return not char.isascii() and unicodedata.category(char) in {"Ll", "Lo"}


def _is_accented(text: str) -> bool:
    letters = len(_ANY_LETTER.findall(text))
    return letters > 0 and len(_ACCENTED.findall(text)) >= _ACCENTED_SHARE * letters


def _alphabet_of(text: str) -> str:
    """Returns the alphabet of one byte a letter as which the text has words; empty if none is."""
    if len(_ACCENTED.findall(text)) < _FEWEST_ACCENTED or not _is_accented(text):
        return ""
    stop = _stop_words()
    found = {name: len(stop & {*words(fold(_read_in(text, name)))}) for name in _ALPHABETS}
    best = max(found, key=found.__getitem__)
    return best if found[best] >= _FEWEST_STOP_WORDS else ""


def _read_in(text: str, alphabet: str) -> str:
    for codec in _FTFY_CODECS:
        with suppress(UnicodeError):
            return text.encode(codec).decode(alphabet)
    return text


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(fold(word) for word in words_for("stop") if not word.isascii())


def _fix_letters(draft: Draft) -> list[Splice]:
    texts = [text for _, text in fields(draft)]
    within = {pair for text in texts for pair in _IN_MID_WORD.findall(text)}
    first = {pair for text in texts for pair in _AT_WORD_START.findall(text)}
    read = {pair: _letter(pair) for pair in within | first}
    letters = {
        pair: letter
        for pair, letter in read.items()
        if letter.islower() or (pair in first and letter.isalpha())
    }
    if not letters:
        return []
    return substitute(draft, re.compile("|".join(letters)), lambda match: letters[match.group()])


def _letter(pair: str) -> str:
    """Returns the letter whose UTF-8 bytes read as this pair in cp1252, or nothing."""
    return pair.encode("cp1252").decode("utf-8", "ignore")


def _from_cp1252(char: str) -> str:
    return char.encode("latin-1").decode("cp1252", "ignore")


RULES: tuple[Rule, ...] = (
    Rule(
        "fix_mojibake",
        "UTF-8 read in another alphabet is read again",
        Trigger.pairs(_MOJIBAKE),
        fix_mojibake,
        flaw=Flaw.RESIDUE,
    ),
    Rule(
        "restore_c1_punctuation",
        "cp1252 quotes and dashes that arrived as control characters",
        Trigger.characters(_C1),
        restore_c1_punctuation,
    ),
    Rule(
        "unify_line_breaks",
        "CR, CRLF and Unicode line separators become LF",
        Trigger.characters(_LINE_BREAK),
        unify_line_breaks,
    ),
    Rule(
        "decode_escapes",
        'literal \\n, \\", \\/ and \\u2019 left by a JSON mishap',
        Trigger.characters(_ESCAPED_BREAK, _ESCAPED_QUOTE, _ESCAPED_SLASH, _CODE),
        decode_escapes,
        flaw=Flaw.RESIDUE,
    ),
    Rule(
        "unescape_entities",
        "HTML entities, also double-escaped ones",
        Trigger.characters(_ENTITY),
        unescape_entities,
        flaw=Flaw.RESIDUE,
    ),
    Rule(
        "drop_invisible_characters",
        "control characters, BOMs, soft hyphens, zero-width spaces, idle marks of direction",
        Trigger.characters(_INVISIBLE, _DIRECTION),
        drop_invisible_characters,
    ),
    Rule(
        "unify_spaces",
        "no-break spaces become plain ones",
        Trigger.characters(_HARD_SPACE),
        unify_spaces,
    ),
    Rule(
        "compose_characters",
        "letters and accents as one character (NFC)",
        Trigger.any_of(lambda: str(loose_characters(), "utf-8")),
        compose_characters,
    ),
)
