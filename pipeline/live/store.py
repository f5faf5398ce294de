"""All data of the page, taken from records as they are read. Memory is bounded."""

from __future__ import annotations

from pipeline.live.last_hour import Flow
from pipeline.live.recent import Recent
from pipeline.live.roster import Roster
from pipeline.live.wire import Letter, leaf_of, listed_record
from pipeline.sources.counts import as_seconds

_MOST_LETTERS = 500  # with up to 5 kB each


class Memory:
    """The newest outcomes, counts of the hour, the sources, the newest dead letters."""

    def __init__(self) -> None:
        self.recent = Recent()
        self.flow = Flow()
        self.roster = Roster()
        self.letters: dict[str, Letter] = {}
        self.foreign = 0  # records that are not ours

    def add_account(self, value: bytes | None, at: int, now: float) -> None:
        """Adds a quality record, written at `at` (ms since 1970), read at `now` (seconds)."""
        account = listed_record(value)
        seen = _seconds(account.seen_at) if account else None
        if account is None or value is None or seen is None:
            self.foreign += 1
            return
        self.flow.add(
            account.door, repaired=bool(account.repairs), seen=seen, out=at / 1000, now=now
        )
        self.recent.add_account(account, value, at)

    def add_article(self, value: bytes | None, at: int) -> None:
        """Adds an article record, from any door of articles."""
        leaf = leaf_of(value)
        if leaf is None or value is None:
            self.foreign += 1
            return
        self.recent.add_article(leaf, value, at)

    def add_letter(self, letter: Letter) -> None:
        """Adds a dead letter."""
        self.letters.pop(letter.id, None)
        self.letters[letter.id] = letter
        if len(self.letters) > _MOST_LETTERS:
            del self.letters[next(iter(self.letters))]

    def add_source(self, key: bytes | None, value: bytes | None) -> None:
        """Adds the record of a source; None deletes the source."""
        self.foreign += not self.roster.put(key, value)


def _seconds(moment: str) -> float | None:
    try:
        return as_seconds(moment)
    except ValueError:
        return None
