"""How clients connect: the same settings for the three libraries that do."""

from __future__ import annotations

import ssl
from typing import Any

import faust
from faust.types.auth import CredentialsT

from pipeline.cluster import KafkaOptions
from pipeline.errors import WrongUseError


def for_aiokafka(options: KafkaOptions) -> dict[str, Any]:
    """Arguments of every aiokafka client."""
    found: dict[str, Any] = {
        "bootstrap_servers": options.bootstrap_servers,
        "security_protocol": options.security_protocol,
        "ssl_context": ssl_context(options),
    }
    if _has_login(options):
        found |= {
            "sasl_mechanism": options.sasl_mechanism,
            "sasl_plain_username": options.sasl_username,
            "sasl_plain_password": options.sasl_password,
        }
    return found


def for_kafka_python(options: KafkaOptions) -> dict[str, Any]:
    """Arguments of every kafka-python client: the names are the same."""
    servers = options.bootstrap_servers.split(",")
    return for_aiokafka(options) | {"bootstrap_servers": [server.strip() for server in servers]}


def for_faust(options: KafkaOptions) -> CredentialsT | None:
    """Faust's credentials; None where connections are plain."""
    context = ssl_context(options)
    if _has_login(options):
        return faust.SASLCredentials(
            username=options.sasl_username,
            password=options.sasl_password,
            ssl_context=context,
            mechanism=options.sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context else None


def ssl_context(options: KafkaOptions) -> ssl.SSLContext | None:
    """What to trust and how to be known; None without TLS. Raises `WrongUseError`."""
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


def _has_login(options: KafkaOptions) -> bool:
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
