"""Settings of a worker process: what it serves over HTTP, and where it keeps state."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from pipeline.routing import Role

_APART = 10  # between the ports of two desk workers
_Port = Annotated[int, Meta(ge=0, le=65535)] | None


class WorkerOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a worker process shows of itself."""

    host: Annotated[
        str,
        Meta(description="Address that /live, /ready and /metrics listen on; 0.0.0.0 opens them."),
    ] = "127.0.0.1"
    desk_port: Annotated[
        _Port,
        Meta(description="Their port of a desk worker; 0: any free one; null: not served."),
    ] = 9631
    dedup_port: Annotated[
        _Port,
        Meta(description="The same of a dedup worker."),
    ] = 9632

    sources_port: Annotated[
        _Port,
        Meta(description="The same of a sources worker; the live page is here too."),
    ] = 9633
    desks: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="Desk workers that `copydesk worker` runs. Each fills a core and works on"
            " partitions of its own. Those after the first listen 10, 20, ... above desk_port.",
        ),
    ] = 1
    state_folder: Annotated[
        str | None,
        Meta(
            description="Where a dedup worker keeps its index beside the topic, so that it starts"
            " in seconds; only a cache, it may be deleted while no worker runs. null: nowhere,"
            " every start reads the topic."
        ),
    ] = None
    deadline: Annotated[
        float,
        Meta(
            gt=0,
            description="Seconds that the articles of one transaction may take. A worker that takes"
            " longer ends and starts again; the article that hangs it, or kills it, becomes a dead"
            " letter after two deaths.",
        ),
    ] = 60.0
    page_token: Annotated[
        Annotated[str, Meta(min_length=16)] | None,
        Meta(
            description="What visitors of the live page must show, 16 characters or more: needed"
            " where host is not this machine alone. Put it into COPYDESK_WORKER__PAGE_TOKEN rather"
            " than into a file.",
            extra={"secret": True},
        ),
    ] = None

    def __repr__(self) -> str:
        """Without the token."""
        return (
            f"WorkerOptions({self.host}, {self.desk_port}, {self.dedup_port}, {self.sources_port})"
        )

    def of_desk(self, number: int) -> WorkerOptions:
        """Returns the options of one of the desk workers, counted from 0."""
        port = self.desk_port
        return replace(self, desk_port=port + _APART * number if port else port)

    def port(self, role: Role) -> int | None:
        """Returns the port of a role's worker."""
        match role:
            case Role.DESK:
                return self.desk_port
            case Role.DEDUP:
                return self.dedup_port
            case Role.SOURCES:
                return self.sources_port
