"""Questions about a consumer group, asked of a cluster that has only just begun."""

from __future__ import annotations

from typing import Any, cast

import pytest
from kafka import KafkaAdminClient
from kafka.errors import CoordinatorLoadInProgressError, GroupAuthorizationFailedError, KafkaError

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from pipeline.runners.kafka.admin.groups import _has_offsets, members


class Admin:
    """Answers once it has refused as often as it has errors."""

    def __init__(self, *errors: KafkaError) -> None:
        self.errors = [*errors]

    def describe_groups(self, names: list[str]) -> dict[str, Any]:
        return {name: {"members": [{"client_id": "one"}]} for name in self._answer(names)}

    def list_group_offsets(self, asked: dict[str, None]) -> dict[str, Any]:
        return {name: {} for name in self._answer([*asked])}

    def _answer(self, names: list[str]) -> list[str]:
        if self.errors:
            raise self.errors.pop()
        return names


def test_a_coordinator_that_is_not_ready_is_asked_again():
    admin = cast(KafkaAdminClient, Admin(CoordinatorLoadInProgressError("later")))
    assert len(members(admin, KafkaOptions(), Role.DEDUP)) == 1
    admin = cast(KafkaAdminClient, Admin(CoordinatorLoadInProgressError("later")))
    assert not _has_offsets(admin, KafkaOptions(), Role.DEDUP)


def test_a_refusal_is_final():
    admin = cast(KafkaAdminClient, Admin(GroupAuthorizationFailedError("no")))
    with pytest.raises(GroupAuthorizationFailedError):
        _has_offsets(admin, KafkaOptions(), Role.DEDUP)
