r"""The loop that every tutorial on finding near-copies shows; what `bench/run.py` races against.

No cleaning, no checks: JSON, `\w+` tokens, five-word shingles, `datasketch.MinHash(128)`,
`MinHashLSH(0.8)`, two output files. By default each shingle is an `update`, as datasketch's own
README has it; `--batched` hands them over all at once, the faster way that few tutorials know.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

from datasketch import MinHash, MinHashLSH


def main(articles: str, folder: str, *, batched: bool) -> None:
    """Read gzipped JSON lines; write clean.jsonl and duplicates.jsonl into the folder."""
    index = MinHashLSH(threshold=0.8, num_perm=128)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with (
        gzip.open(articles, "rt", encoding="utf-8") as lines,
        (out / "clean.jsonl").open("w", encoding="utf-8") as clean,
        (out / "duplicates.jsonl").open("w", encoding="utf-8") as duplicates,
    ):
        for number, line in enumerate(lines):
            found, record = compare(line, number, index, batched=batched)
            (duplicates if found else clean).write(record)


def compare(line: str, number: int, index: MinHashLSH, *, batched: bool) -> tuple[bool, str]:
    """(whether something like it came before, the record to write) of one article."""
    article = json.loads(line)
    signature = sign(article["text"], batched=batched)
    found = index.query(signature)
    index.insert(number, signature)
    return bool(found), json.dumps(article, ensure_ascii=False) + "\n"


def sign(text: str | None, *, batched: bool) -> MinHash:
    """The MinHash of a text's five-word shingles."""
    tokens = re.findall(r"\w+", (text or "").lower())
    shingles = {" ".join(tokens[i : i + 5]) for i in range(max(1, len(tokens) - 4))}
    signature = MinHash(num_perm=128)
    if batched:
        signature.update_batch([shingle.encode() for shingle in shingles])
    else:
        for shingle in shingles:
            signature.update(shingle.encode())
    return signature


if __name__ == "__main__":
    main(sys.argv[-2], sys.argv[-1], batched="--batched" in sys.argv)
