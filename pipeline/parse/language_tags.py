"""Reads the declared language as a BCP 47 tag.

`EN_us` becomes `en-US`, `English` and `eng` become `en`. Region and script are kept, since
`pt-BR` and `zh-Hant` differ from `pt` and `zh`; `primary` returns the part for the language.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TAG = re.compile(
    r"(?P<primary>[a-z]{2,3})"
    r"(?:[-_](?P<script>[a-z]{4}))?"
    r"(?:[-_](?P<region>[a-z]{2}|\d{3}))?"
    r"(?:[-_.@][a-z0-9_.@-]{0,30})?",
    re.IGNORECASE,
)
# ISO 639-1, all two-letter codes.
_CODES = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv "
    "sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
    "".split()
)
# Old codes (ISO 639), and countries' codes that are often taken for a language's and are none.
_MISTAKEN = {
    "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro",
    "jp": "ja", "cn": "zh", "cz": "cs", "gr": "el", "dk": "da", "ua": "uk", "np": "ne", "vn": "vi",
}  # fmt: skip
# ISO 639-2: codes that say there is no language, or not which.
_NO_LANGUAGE = frozenset("und mul zxx mis nan unk nil tbd".split())
# Names in English and in the language itself, and three-letter codes (ISO 639-2/B and /T).
_NAMED = {
    name: code
    for code, names in {
        "af": "afrikaans afr", "am": "amharic amh", "ar": "arabic ara", "az": "azerbaijani aze",
        "be": "belarusian bel", "bg": "bulgarian bul", "bn": "bengali bangla ben",
        "bs": "bosnian bos", "ca": "catalan cat", "cs": "czech cze ces", "cy": "welsh cym wel",
        "da": "danish dansk dan", "de": "german deutsch ger deu", "el": "greek gre ell",
        "en": "english eng", "es": "spanish espa\u00f1ol espanol castilian spa",
        "et": "estonian est", "eu": "basque baq eus", "fa": "persian farsi per fas",
        "fi": "finnish suomi fin", "fr": "french fran\u00e7ais francais fre fra",
        "ga": "irish gle", "gu": "gujarati guj", "ha": "hausa hau", "he": "hebrew heb",
        "hi": "hindi hin", "hr": "croatian hrvatski hrv", "hu": "hungarian magyar hun",
        "hy": "armenian arm hye", "id": "indonesian ind", "ig": "igbo ibo",
        "is": "icelandic ice isl", "it": "italian italiano ita", "ja": "japanese jpn",
        "ka": "georgian geo kat", "kk": "kazakh kaz", "km": "khmer khm", "kn": "kannada kan",
        "ko": "korean kor", "ku": "kurdish kur", "lo": "lao", "lt": "lithuanian lit",
        "lv": "latvian lav", "mk": "macedonian mac mkd", "ml": "malayalam mal",
        "mn": "mongolian mon",
        "mr": "marathi mar", "ms": "malay may msa", "my": "burmese bur mya", "ne": "nepali nep",
        "nl": "dutch nederlands dut nld", "no": "norwegian norsk nor", "nb": "nob", "nn": "nno",
        "om": "oromo orm", "pa": "punjabi pan", "pl": "polish polski pol", "ps": "pashto pus",
        "pt": "portuguese portugu\u00eas portugues por", "ro": "romanian rum ron",
        "ru": "russian \u0440\u0443\u0441\u0441\u043a\u0438\u0439 rus", "si": "sinhala sin",
        "sk": "slovak slo slk", "sl": "slovenian slv", "so": "somali som", "sq": "albanian alb sqi",
        "sr": "serbian srp", "sv": "swedish svenska swe", "sw": "swahili kiswahili swa",
        "ta": "tamil tam", "te": "telugu tel", "th": "thai tha", "tl": "tagalog tgl",
        "tr": "turkish t\u00fcrk\u00e7e turkce tur",
        "uk": "ukrainian \u0443\u043a\u0440\u0430\u0457\u043d\u0441\u044c\u043a\u0430 ukr",
        "ur": "urdu urd", "uz": "uzbek uzb", "vi": "vietnamese vie", "yo": "yoruba yor",
        "zh": "chinese mandarin \u4e2d\u6587 chi zho", "zu": "zulu zul",
    }.items()
    for name in names.split()
}  # fmt: skip


def read_language(declared: str) -> str | None:
    """Returns the BCP 47 tag of a declared language, or None if it is no language.

    >>> read_language("EN_us"), read_language("German"), read_language("und")
    ('en-US', 'de', None)
    """
    return _read_language(declared.strip().casefold()[:40])


@lru_cache(maxsize=1024)
def _read_language(text: str) -> str | None:
    if code := _NAMED.get(text):
        return code
    match = _TAG.fullmatch(re.split(r"[,;\s]", text, maxsplit=1)[0])
    primary = match and _primary(match["primary"])
    if not match or not primary:
        return None
    parts = [primary, (match["script"] or "").title(), (match["region"] or "").upper()]
    return "-".join(part for part in parts if part)


def primary(tag: str) -> str:
    """Returns the part of a tag that names the language, e.g. `en` of `en-US`."""
    return tag.partition("-")[0]


def _primary(code: str) -> str | None:
    code = _NAMED.get(code) or _MISTAKEN.get(code, code)
    if len(code) == 2:
        return code if code in _CODES else None
    return None if code in _NO_LANGUAGE else code
