"""What holds for all tests: no property is timed, and those that need Kafka share a real broker."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from support.optional import required
from support.streams import running

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions

settings.register_profile("copydesk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("copydesk")

_SERVERS = "COPYDESK_KAFKA__BOOTSTRAP_SERVERS"


def pytest_configure() -> None:
    """Refuses a misspelt part in `COPYDESK_REQUIRE` before any test runs."""
    required()


_ON_BROKERS = {"test_compose.py", "test_live_guard.py", "test_stream_security.py"}  # of their own


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps all tests that need a broker in one process, where they share it."""
    for item in items:
        if "bootstrap" in getattr(item, "fixturenames", ()) or item.path.name in _ON_BROKERS:
            item.add_marker(pytest.mark.xdist_group("broker"))


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    """A broker for the whole run: the one named in the environment, else our own."""
    if os.environ.get(_SERVERS):
        yield os.environ[_SERVERS]
        return
    with running(Broker()) as broker:
        yield broker.bootstrap


@pytest.fixture
def kafka(bootstrap: str) -> KafkaOptions:
    """Options of a pipeline of its own on the shared broker."""
    return KafkaOptions(bootstrap_servers=bootstrap, prefix=f"t{uuid.uuid4().hex[:8]}-")
