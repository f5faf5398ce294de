"""Fuzzes one target in this process, guided by the branches of the package's Python code."""

from __future__ import annotations

import sys
from random import Random

import atheris
from support import sanitized  # noqa: F401 - loads the module that checks each memory access

with atheris.instrument_imports(include=["pipeline"], enable_loader_override=False):
    from fuzz.targets import TARGETS

_FEWEST = 3  # lines
_BYTES = 0.5  # of all changes


def main() -> None:
    """`python -m fuzz.one TARGET [what libFuzzer takes]`."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name], custom_mutator=_mutated)
    atheris.Fuzz()


def _mutated(data: bytes, most: int, seed: int) -> bytes:
    """Changes bytes, as libFuzzer does, or moves, repeats, joins or drops whole lines."""
    rng = Random(seed)  # noqa: S311
    lines = data.split(b"\n")
    if len(lines) < _FEWEST or rng.random() < _BYTES:
        return bytes(atheris.Mutate(data, most))
    start = rng.randrange(len(lines))
    end = min(len(lines), start + rng.randint(1, _FEWEST))
    taken, left = lines[start:end], lines[:start] + lines[end:]
    place = rng.randrange(len(left) + 1)
    match rng.randrange(4):
        case 0:
            lines = left
        case 1:
            lines = [*left[:place], *taken, *left[place:]]
        case 2:
            lines = [*lines[:place], *taken, *lines[place:]]
        case _:
            lines = [*lines[:start], b" ".join(taken), *lines[end:]]
    return b"\n".join(lines)[:most]


if __name__ == "__main__":
    main()
