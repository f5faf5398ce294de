"""The rows of the table: what is done to workers, topics and brokers, and how often.

The numbers are those of the design's list of faults; a row without one is of a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from . import on_clusters as c
from . import on_workers as w
from .scene import Scene


class On(StrEnum):
    """What a row runs on."""

    ANY = "any broker"  # one that other rows use too
    OWN = "a broker of its own"
    SECURED = "a broker that asks for a login"
    THREE = "three brokers"
    PROXIED = "three brokers behind a proxy"
    SMALL_DISK = "three brokers, one with a small disk"


class Row(NamedTuple):
    """One kind of fault."""

    name: str  # `--only NAME`
    point: str  # of the list of faults
    does: str
    play: Callable[[Scene, int], None]  # does it so many times
    times: int
    on: On = On.ANY  # others than ANY have all roles under one supervisor, as a user would
    setup: Mapping[str, Any] = {}  # of the scene
    aborts: bool = False  # transactions must have been aborted, or the row proves nothing
    is_mutation: bool = False  # broken on purpose: the verifier must find it
    from_before: bool = False  # the workers at the start are of an earlier version
    believes_all: bool = False  # so is the verifier, which reads uncommitted records


_THREE = {"workers": 3}
_TWO = {"workers": 2}
_BETWEEN = {"environ": {"FAULTS_BETWEEN": "1"}}
_USUAL = {"environ": {"COPYDESK_KAFKA__SESSION_TIMEOUT": "10"}}
_INSIDE = "SIGKILL inside a transaction"
_AT_RANDOM = "SIGKILL at random"


def _mutation(name: str, does: str, play: Callable[[Scene, int], None]) -> Row:
    environ = {"environ": {"FAULTS_MUTATION": name, "COPYDESK_KAFKA__SESSION_TIMEOUT": "10"}}
    does = f"broken on purpose: {does}"
    return Row(f"mutation-{name}", "12", does, play, 2, setup=environ, is_mutation=True)


FENCE_LATE = _mutation("fence-late", "fencing after the seek", w.sleep_until_sought)

ROWS: tuple[Row, ...] = (
    Row("kill-1", "1", f"{_AT_RANDOM}, one worker a role", w.kill, 50),
    Row("kill-3", "1", f"{_AT_RANDOM}, three workers a role", w.kill, 50, setup=_THREE),
    Row("inside-1", "1", f"{_INSIDE}, one worker a role", w.kill_inside, 20, aborts=True),
    Row(
        "inside-3", "1", f"{_INSIDE}, three workers a role", w.kill_inside, 20,
        setup=_THREE, aborts=True,
    ),
    Row(
        "decider", "1", "SIGKILL to the decider, with a session of 10 s", w.kill_decider, 10,
        On.OWN, setup=_USUAL,
    ),
    Row("sleep", "2", "SIGSTOP past the session, then SIGCONT", w.sleep, 10, aborts=True),
    Row("term", "3", "SIGTERM", w.term, 20),
    Row("rolling", "3", "each worker in turn replaced", w.rolling, 9, setup=_THREE),
    Row(
        "upgrade", "", "workers of the version before replaced in turn", w.upgrade, 3,
        from_before=True,
    ),
    Row("join-leave", "4", "a worker joins or leaves, every 5 s", w.join_leave, 60),
    Row("restart", "5", "broker restarted", c.restart, 5, On.OWN),
    Row("away", "5", "broker away for 40 s", c.away, 1, On.OWN),
    Row("poison", "6", "records that no article can be read from", w.poison, 1),
    Row("raise", "7", "an error raised at each stage", w.raise_, 11),
    Row(
        "copies", "8", "300 stories three times, with a near-copy on each partition", w.copies, 1,
        setup=_TWO,
    ),
    Row(
        "between", "9", "SIGKILL between index write and publish", w.kill_between, 20,
        setup=_BETWEEN, aborts=True,
    ),
    Row("slow", "10", "each commit takes 20 s, for three minutes", w.slow, 1, setup=_USUAL),
    Row("snapshot", "11", "index state deleted, cut, damaged, from the future", w.snapshot, 4),
    FENCE_LATE,
    _mutation("read-uncommitted", "roles read uncommitted records", w.kill_desk_inside),
    _mutation("commit-no-offset", "no offset in the transaction", w.kill_desk),
    _mutation("remember-nothing", "no index entry in the transaction", w.kill_desk),
    Row(
        "mutation-verifier", "12", "broken on purpose: the verifier reads uncommitted records",
        w.kill_inside, 4, is_mutation=True, believes_all=True,
    ),
    Row("broker-killed", "", "one of three brokers killed, each in turn", c.kill_each, 3, On.THREE),
    Row("leaders", "", "all leaders moved", c.move_leaders, 5, On.THREE),
    Row(
        "coordinator", "", "broker that coordinates a group stopped", c.move_coordinator, 2,
        On.THREE,
    ),
    Row("added", "", "a fourth broker leads all, and is removed", c.add_and_remove, 2, On.THREE),
    Row("cut", "", "network to the brokers refused or silent for 20 s", c.cut, 4, On.PROXIED),
    Row("disk", "", "disk of one of three brokers full", c.fill_disk, 1, On.SMALL_DISK),
    Row("limit", "", "max.message.bytes below what is written, for 10 s", c.lower_limit, 2, On.OWN),
    Row("retention", "", "retention between the roles of 15 s", c.shorten_retention, 2, On.OWN),
    Row("acl", "", "a right taken for 10 s", c.take_right, 3, On.SECURED),
)  # fmt: skip

# What CI runs of them, in one scene where it can.
SHORT: tuple[Row, ...] = (
    Row(
        "short", "1-4, 7, 9", "kills, sleeps, joins, errors at each stage, in turn", w.in_turn,
        1, setup=_TWO | _BETWEEN, aborts=True,
    ),
    Row("short-away", "5", "broker away for 15 s", c.away_shortly, 1, On.OWN),
    FENCE_LATE._replace(times=1),
)  # fmt: skip
