"""What `bench/stream.py` races against: the Faust apps that a tutorial would have you write.

    python -m bench.naive_stream naive|batched|forward SERVERS RAW CLEAN DUPLICATES worker ...

`naive` takes typed records, makes the MinHash of their five-word shingles as datasketch's README
shows it, asks an LSH in memory and sends each record on. `batched` is the same, but hands all
shingles of an article over in one call, which few tutorials know. `forward` hands the bytes on and
does nothing else. None cleans, checks or accounts for anything, and all lose and repeat records
when they die.
"""

from __future__ import annotations

import sys
from functools import partial
from tempfile import mkdtemp

import faust
from datasketch import MinHashLSH

from bench.tutorial import sign


class RawArticle(faust.Record, serializer="json"):
    """The fields the scrapers of the benchmark's articles deliver."""

    id: str
    url: str | None = None
    title: str | None = None
    text: str | None = None
    published_at: str | None = None
    source: str | None = None
    language: str | None = None


def naive(
    app: faust.App, raw: str, clean: str, duplicates: str, *, is_batched: bool = False
) -> None:
    """Send each article to one of two topics, by Jaccard of .8 on raw words."""
    source = app.topic(raw, value_type=RawArticle)
    fresh, copies = (app.topic(name, value_type=RawArticle) for name in (clean, duplicates))
    index = MinHashLSH(threshold=0.8, num_perm=128)

    @app.agent(source)
    async def decide(articles: faust.StreamT[RawArticle]) -> None:
        number = 0
        async for article in articles:
            signature = sign(article.text, batched=is_batched)
            found = index.query(signature)
            index.insert(number, signature)
            number += 1
            await (copies if found else fresh).send(key=article.id, value=article)


def forward(app: faust.App, raw: str, clean: str, _duplicates: str) -> None:
    """Send each record on as it came."""
    source, target = (
        app.topic(name, value_type=bytes, value_serializer="raw") for name in (raw, clean)
    )

    @app.agent(source)
    async def pass_on(values: faust.StreamT[bytes]) -> None:
        async for value in values:
            await target.send(value=value)


def main() -> None:
    """Run one of them until SIGTERM."""
    which, servers, raw, clean, duplicates, *rest = sys.argv[1:]
    app = faust.App(
        f"{which}-{raw}",
        broker=f"kafka://{servers}",
        consumer_auto_offset_reset="earliest",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        datadir=mkdtemp(),
    )
    apps = {"naive": naive, "batched": partial(naive, is_batched=True), "forward": forward}
    apps[which](app, raw, clean, duplicates)
    sys.argv[1:] = rest
    app.main()


if __name__ == "__main__":
    main()
