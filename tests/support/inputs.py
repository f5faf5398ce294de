"""Many different inputs, whether the real articles are at hand or not."""

from __future__ import annotations

import json

from support.corpus import themes
from support.real_articles import DATA, real_lines
from support.streams import story


def many_lines(count: int) -> list[bytes]:
    """So many inputs as a scraper sends them: real ones, else the corpus and made-up stories."""
    if DATA.exists():
        return real_lines(count)
    ours = [sample.value for samples in themes().values() for sample in samples]
    return (ours + [_made(number) for number in range(count)])[:count]


def _made(number: int) -> bytes:
    source = f"made-{number % 20}.example"
    more = {"id": f"made-{number}", "source": source, "url": f"https://{source}/{number}"}
    return json.dumps(json.loads(story(number)) | more).encode()
