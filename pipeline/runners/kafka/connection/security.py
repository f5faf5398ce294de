"""Connection settings for aiokafka and kafka-python, which take the same arguments."""

from __future__ import annotations

import logging
import re
import ssl
from typing import Any

from pipeline.cluster import KafkaOptions
from pipeline.errors import WrongUseError

_SERVER = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
_LAST_PORT = 65_535

# Only `worker --verbose` shows the log of the clients; without a handler Python would print it.
for _name in ("aiokafka", "kafka"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def servers(options: KafkaOptions) -> list[str]:
    """The bootstrap servers, each HOST:PORT. Raises `WrongUseError` for a malformed one."""
    found = [server.strip() for server in options.bootstrap_servers.split(",")]
    for server in found:
        parts = _SERVER.fullmatch(server)
        if not parts or not 0 < int(parts[1]) <= _LAST_PORT:
            raise WrongUseError(
                f"kafka.bootstrap_servers: {server!r} is no HOST:PORT. Example: "
                "kafka-1:9092,kafka-2:9092"
            )
    return found


def for_aiokafka(options: KafkaOptions) -> dict[str, Any]:
    """Keyword arguments of every aiokafka client."""
    found: dict[str, Any] = {
        "bootstrap_servers": servers(options),
        "security_protocol": options.security_protocol,
        "ssl_context": ssl_context(options),
    }
    if has_login(options):
        found |= {
            "sasl_mechanism": options.sasl_mechanism,
            "sasl_plain_username": options.sasl_username,
            "sasl_plain_password": options.sasl_password,
        }
    return found


def for_kafka_python(options: KafkaOptions) -> dict[str, Any]:
    """Keyword arguments of every kafka-python client; the names are the same."""
    return for_aiokafka(options)


def ssl_context(options: KafkaOptions) -> ssl.SSLContext | None:
    """The TLS context: trusted and own certificates; None without TLS. Raises `WrongUseError`."""
    if not options.security_protocol.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=options.ssl_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise WrongUseError(_bad_file("ssl_ca_file", options.ssl_ca_file, error)) from error
    context.check_hostname = options.ssl_check_hostname
    if options.ssl_cert_file:
        try:
            context.load_cert_chain(
                options.ssl_cert_file, options.ssl_key_file, options.ssl_key_password or ""
            )
        except (OSError, ssl.SSLError) as error:
            files = f"{options.ssl_cert_file} with {options.ssl_key_file or 'no ssl_key_file'}"
            raise WrongUseError(_bad_file("ssl_cert_file", files, error)) from error
    return context


def has_login(options: KafkaOptions) -> bool:
    """Whether connections log in with SASL. Raises `WrongUseError` for a missing credential."""
    if not options.security_protocol.startswith("SASL"):
        return False
    for name in ("sasl_username", "sasl_password"):
        if not getattr(options, name):
            raise WrongUseError(
                f"kafka.{name} is needed where kafka.security_protocol is "
                f"{options.security_protocol}: set COPYDESK_KAFKA__{name.upper()}"
            )
    return True


def _bad_file(name: str, path: str | None, error: Exception) -> str:
    return (
        f"kafka.{name}: {path} cannot be used: {getattr(error, 'strerror', None) or error}. It must"
        " be a file in PEM format that this user may read"
    )
