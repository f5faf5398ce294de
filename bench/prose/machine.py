"""Tables, codes, galleries, filler, left-overs of templates, noise: no text that anyone wrote."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from bench.prose.example import Example

_CODE = (
    "(function(){{var {0}=document.createElement('script');{0}.async={1};{0}.src='/{2}.js';}})();",
    'window.{0}=window.{0}||[];{0}.push({{"{1}":{2}}});',
    ".{0}{{margin:0 auto;padding:{1}px}}",
    "@media (max-width:{1}px){{.{0}{{display:none}}}}",
    '{{"{0}":null,"{1}":{{"id":"{2}","slots":["{0}","{1}"]}},"theme":"{2}"}}',
    "var {0} = {1}; if ({0}) {{ {2}({0}); }}",
    "Traceback: {0}.{1}({2}.py:14)",
    "at {0}.{1} (/srv/app/{2}.js:21:7)",
    "Warning: {0}() expects parameter 1 to be {1}, null given in /home/{2}/index.php on line 12",
    "Fatal error: Class '{0}' not found in /var/www/{1}/{2}.php on line 3",
)
_LEFT_OVER = (
    "{{{{ {0}.{1} }}}}", "{{% if {0} %}}", "{{% endif %}}", "${{{0}.{1}}}", "[object Object]",
    "undefined", "null", "NaN", "<%= {0} %>", "By {{{{ {0} }}}}", "%{0}%", "#{1}#", "[{0} {1}]",
)  # fmt: skip


def machine_made(headlines: dict[str, list[str]]) -> Iterator[Example]:
    """Yields tables, codes, galleries, filler, left-overs of templates, noise, lost letters."""
    makers = (_table, _code, _left_overs, _gallery, _noise, _filler, _binary, _typing, _unreadable)
    names = sorted(headlines)
    for number in range(200 * len(makers)):
        rng = random.Random(f"made {number}")
        maker, language = makers[number % len(makers)], rng.choice(names)
        titles = headlines[language]
        headline = rng.choice([rng.choice(titles), "", "Untitled", "index"])
        body = _unreadable(titles, rng) if maker is _unreadable else maker(rng)
        yield Example(f"made:{number % 25}", maker.__name__.strip("_"), language, False, headline,
                      body)  # fmt: skip


def _word(rng: random.Random, letters: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    return "".join(rng.choice(letters) for _ in range(rng.randint(3, 8)))


def _table(rng: random.Random) -> str:
    """Returns rows of codes and figures."""
    upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    gap = rng.choice([" ", "  ", "\t", " | ", " "])
    name = rng.choice([  # one form for all rows
        lambda: _word(rng, upper)[:4],
        lambda: str(rng.randint(1, 999999)),
        lambda: _word(rng)[:3].title(),  # noqa: PLW0108 - another word for each row
    ])  # fmt: skip
    point = rng.choice([",", "."])
    number = [lambda: f"{rng.uniform(0, 500):.2f}".replace(".", point),
              lambda: f"{rng.uniform(-5, 5):+.2f}%", lambda: f"{rng.randint(0, 30)}°",
              lambda: f"{rng.randint(0, 9999)}"]  # fmt: skip
    columns = [rng.choice(number) for _ in range(rng.randint(1, 5))]
    rows = [
        gap.join([name(), *(column() for column in columns)]) for _ in range(rng.randint(5, 30))
    ]
    return "\n".join(rows)


def _code(rng: random.Random) -> str:
    lines = [
        rng.choice(_CODE).format(_word(rng), _word(rng), _word(rng))
        for _ in range(rng.randint(2, 12))
    ]
    return rng.choice(["\n", "\n", " "]).join(lines)


def _unreadable(titles: Sequence[str], rng: random.Random) -> str:
    """Returns headlines whose letters were lost, or decoded wrongly twice."""
    kept = rng.choice([0.0, 0.0, 0.05, 0.2])
    made = []
    for line in rng.sample(titles, min(4, len(titles))):
        if not line.isascii() and rng.random() < 0.5:
            wrong = line.encode().decode("latin-1").encode()
            made.append(wrong.decode(rng.choice(["latin-1", "cp1251"]), "ignore"))
        else:
            made.append(
                "".join("?" if char.isalpha() and rng.random() >= kept else char for char in line)
            )
    return rng.choice(["\n", " "]).join(made)


def _left_overs(rng: random.Random) -> str:
    lines = [
        rng.choice(_LEFT_OVER).format(_word(rng), _word(rng)) for _ in range(rng.randint(2, 9))
    ]
    return "\n".join(lines)


def _gallery(rng: random.Random) -> str:
    last = rng.randint(5, 60)
    form = rng.choice(
        [
            "{0} / {1}",
            "{0}/{1}",
            "Foto {0}/{1}",
            "{0} of {1}",
            "Bild {0} von {1}",
            "0:{0:02} / {1}:00",
        ]
    )
    lines = [form.format(at, last) for at in range(1, rng.randint(3, 9))]
    return "\n".join([*lines, *rng.sample(["»", "Play", "Share", "HD", "1080p", "x1.5", "«"], 2)])


def _noise(rng: random.Random) -> str:
    kind = rng.randrange(3)
    if kind == 0:
        word = _word(rng)
        return " ".join(rng.choice([word, word, _word(rng)[:3]]) for _ in range(rng.randint(6, 60)))
    if kind == 1:
        return "\n".join(
            rng.choice("-=*_~#.") * rng.randint(3, 40) for _ in range(rng.randint(2, 9))
        )
    return " ".join(f"{_word(rng)}@{_word(rng)}.com" for _ in range(rng.randint(2, 9)))


def _filler(rng: random.Random) -> str:
    words = (
        "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt"
        " labore dolore magna aliqua enim minim veniam quis nostrud exercitation ullamco laboris"
    ).split()
    made = [
        " ".join(rng.choice(words) for _ in range(rng.randint(6, 18))).capitalize() + "."
        for _ in range(rng.randint(2, 9))
    ]
    return "Lorem ipsum dolor sit amet. " + rng.choice(" \n").join(made)


def _binary(rng: random.Random) -> str:
    kind = rng.randrange(3)
    if kind == 0:
        return bytes(rng.randrange(256) for _ in range(rng.randint(80, 900))).decode("latin-1")
    if kind == 1:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        return "\n".join(
            "".join(rng.choice(letters) for _ in range(76)) for _ in range(rng.randint(2, 20))
        )
    parts = [
        f"{n} 0 obj << /Type /{_word(rng).title()} /{_word(rng)} {rng.randint(1, 99)} 0 R >> endobj"
        for n in range(rng.randint(3, 12))
    ]
    return rng.choice([" ", "\n"]).join(["%PDF-1.4", *parts, "xref 0000000016 00000 n"])


def _typing(rng: random.Random) -> str:
    """Returns what people type to try a form."""
    pieces = [
        "test",
        "asdf",
        "qwerty",
        "xxx",
        "1234",
        "abc",
        "foo",
        "bar",
        "hello",
        "test123",
        "aaa",
    ]
    return rng.choice([" ", "\n"]).join(rng.choice(pieces) for _ in range(rng.randint(4, 30)))
