"""A cache of the results of the last articles, for those that arrive again.

Feeds deliver the same page many times: of 20,000 real deliveries 28 % equal one of the 512 before.
Each cached result depends on its key alone, so a memo changes how long an article takes, never
its outcome.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar, cast

_Key = TypeVar("_Key", bound=Hashable)
_Result = TypeVar("_Result")  # not None

_ARTICLES = 512
_RESULTS = 3  # of one article: cleaning, checking, fingerprint
_LONGEST = 50_000  # characters; longer articles are not cached, to bound the memory


class Memo:
    """A least-recently-used cache, whose keys name the settings that a result depends on."""

    def __init__(self, articles: int = _ARTICLES) -> None:
        self._most = articles * _RESULTS
        # The least recently used first. A plain dictionary finds its first entry ever more slowly.
        self._results: OrderedDict[Hashable, object] = OrderedDict()

    def recall(
        self,
        keys: Sequence[_Key],
        sizes: Sequence[int],
        compute: Callable[[Sequence[_Key]], Iterable[_Result]],
    ) -> list[_Result]:
        """Returns the result of each key; computes those that are not cached, all at once.

        `sizes` are the lengths of the articles in characters. Keys of different kinds of results
        must differ and contain everything that the result depends on.
        """
        results = [cast("_Result", self._results.get(key)) for key in keys]
        missing: dict[_Key, list[int]] = {}
        for place, (key, result) in enumerate(zip(keys, results, strict=True)):
            if result is None:
                missing.setdefault(key, []).append(place)
            else:
                self._results.move_to_end(key)
        for (key, places), result in zip(missing.items(), compute([*missing]), strict=True):
            for place in places:
                results[place] = result
            if sizes[places[0]] <= _LONGEST:
                self._results[key] = result
        while len(self._results) > self._most:
            self._results.popitem(last=False)
        return results
