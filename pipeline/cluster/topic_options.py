"""Settings of the topics: a section for each row of `TOPICS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, defstruct

from pipeline.routing import TOPICS, TopicRow

TopicName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9._-]+$")]
Count = Annotated[int, Meta(ge=1)]


class TopicOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One topic. `partitions` and `retention_hours` are used when `copydesk topics` creates it."""

    name: Annotated[
        TopicName, Meta(description="Name of the topic; kafka.prefix is put before it.")
    ]
    partitions: Annotated[Count, Meta(description="Partitions it is created with.")]
    retention_hours: Annotated[
        float | None,
        Meta(description="How long records are kept (hours); null: as the cluster does it."),
    ] = None


def _default(row: TopicRow) -> TopicOptions:
    return TopicOptions(
        name=row.name, partitions=row.partitions, retention_hours=row.retention_hours
    )


if TYPE_CHECKING:

    class TopicsOptions(Struct, frozen=True):
        """Options of all topics, an attribute for each member of `Topic`."""

        def __getattr__(self, name: str) -> TopicOptions: ...

else:
    TopicsOptions = defstruct(
        "TopicsOptions",
        [
            (topic.value, Annotated[TopicOptions, Meta(description=row.about)], _default(row))
            for topic, row in TOPICS.items()
        ],
        module=__name__,
        namespace={
            "__doc__": "All topics. The partitions of `prepared` and of `index` must be equal."
        },
        frozen=True,
        forbid_unknown_fields=True,
        kw_only=True,
    )
