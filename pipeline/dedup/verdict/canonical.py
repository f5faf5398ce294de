"""Which article of a cluster stands for it, by `dedup.canonical`."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.article import Prepared
from pipeline.dedup.index.entry import Entry
from pipeline.dedup.options import Canonical, DedupOptions


def canonical_of(
    prepared: Prepared, entries: Sequence[Entry], cluster: str, options: DedupOptions
) -> str:
    """Returns the id of the canonical article, of `entries`, the new one and the cluster's first.

    Equals are decided by age. Without an article of a trusted source it is the earliest.
    """
    if options.canonical is Canonical.EARLIEST:
        return cluster
    members = sorted(
        (entry for entry in entries if entry.cluster == cluster),
        key=lambda entry: entry.seen_at,
    )
    known = [(entry.id, entry.fingerprint.words, entry.source) for entry in members]
    known.append((prepared.article.id, prepared.fingerprint.words, prepared.article.source))
    if options.canonical is Canonical.LONGEST:
        return max(known, key=lambda one: one[1])[0]
    ranks = {name.casefold(): rank for rank, name in enumerate(options.trusted_sources)}
    trusted = [one for one in known if (one[2] or "").casefold() in ranks]
    if not trusted:
        return cluster
    return min(trusted, key=lambda one: ranks[(one[2] or "").casefold()])[0]
