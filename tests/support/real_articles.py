"""The real articles, where they are at hand.

They belong to their publishers and lie beside the repository, never in it (`../shared/data`).
"""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

from support.optional import missing

DATA = Path(__file__).parents[3] / "shared" / "data"
# More than 30 languages, in Latin, Cyrillic, Greek, Arabic, Hebrew, Ethiopic, Brahmic, Han.
SETS = (
    "ngr_stream albanian_sq antcorpus_ar fakebr_pt fakenews_es gnad10k_de hindi_papers"
    " html_residue_ru kurdistan_univ_news masakhane_news reuters21578 scraper_fixtures"
    " trafilatura_eval fundus_pages vfnd_vi"
).split()


def data(name: str = "") -> Path:
    """The path of a file of real articles, or of their folder; without it the test ends."""
    path = DATA / name
    if not path.exists():
        missing("data", f"no real articles at {path}")
    return path


def real_records(name: str) -> list[dict[str, Any]]:
    """All records of a file of JSON lines, such as `ngr_stream.jsonl.gz`."""
    with gzip.open(data(name), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def real_texts(name: str) -> list[str]:
    """Some twenty texts of a set, evenly spread over it."""
    texts = [record["text"] or "" for record in real_records(f"{name}.jsonl.gz")]
    return texts[:: max(1, len(texts) // 20)]


def real_lines(count: int) -> list[bytes]:
    """The first lines of the benchmark's articles, as a scraper sends them."""
    with gzip.open(data("bench.jsonl.gz")) as lines:
        return [line.rstrip(b"\n") for line in islice(lines, count)]
