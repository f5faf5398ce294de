"""What went wrong between us and the cluster, in words: what, where, what to do."""

from __future__ import annotations

import socket
import ssl

from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.runners.kafka.security import ssl_context

_TIMEOUT = 3.0  # seconds for one look at one server

_TOO_LARGE = (
    "a record was too large for its topic: run `copydesk topics` and raise max.message.bytes of "
    "the topic, or lower kafka.max_message_bytes"
)
_TAKEN_OVER = (
    "another worker took over the partition: what this one had open was not committed, and the "
    "other one does it"
)
_LOGIN = (
    "refused to let us in as {user}: check kafka.sasl_username, COPYDESK_KAFKA__SASL_PASSWORD "
    "and kafka.sasl_mechanism"
)
# By name, less a final "Error": two client libraries have a class each for the same thing.
_KNOWN = {
    "TopicAuthorizationFailed": "may not use a topic: {user} needs Describe and Read on the "
    "topics it consumes, Describe and Write on those it writes",
    "GroupAuthorizationFailed": "may not use the consumer group: {user} needs Read and Describe "
    "on the groups {group}-*",
    "TransactionalIdAuthorizationFailed": "may not use transactions: {user} needs Write and "
    "Describe on the transactional ids {group}-*",
    "ClusterAuthorizationFailed": "may not do that to the cluster: {user} needs IdempotentWrite "
    "on it, and Create and AlterConfigs for `copydesk topics --apply`",
    "UnknownTopicOrPartition": "a topic is missing: run `copydesk topics` to see which, and "
    "`copydesk topics --apply` to make it",
    "MessageSizeTooLarge": _TOO_LARGE,
    "RecordTooLarge": _TOO_LARGE,
    "ProducerFenced": _TAKEN_OVER,
    "InvalidProducerEpoch": _TAKEN_OVER,
    "InconsistentGroupProtocol": "the consumer group {group}-* is used by another program: set "
    "kafka.group to a name of its own",
    "InvalidSessionTimeout": "the cluster does not take this kafka.session_timeout: its limits "
    "are group.min.session.timeout.ms and group.max.session.timeout.ms",
    "AuthenticationFailed": _LOGIN,
    "SaslAuthenticationFailed": _LOGIN,
}


def explain(error: BaseException, options: KafkaOptions) -> WorkFailedError:
    """The error for a person. May look at the servers for a few seconds to find the cause."""
    for one in _chain(error):
        known = _KNOWN.get(type(one).__name__.removesuffix("Error"))
        if known:
            facts = {
                "user": f"the user {options.sasl_username}" if options.sasl_username else "it",
                "group": options.prefix + options.group,
            }
            return WorkFailedError(f"Kafka at {options.bootstrap_servers}: {known.format(**facts)}")
    return WorkFailedError(look(options) or f"Kafka at {options.bootstrap_servers}: {error!r}")


def look(options: KafkaOptions) -> str | None:
    """Why none of the servers can be talked to; None where one can be connected to."""
    problems = []
    for server in options.bootstrap_servers.split(","):
        problem = _look_at(server.strip(), options)
        if problem is None:
            return None
        problems.append(problem)
    return "; ".join(problems)


def _look_at(server: str, options: KafkaOptions) -> str | None:
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():
        return f"kafka.bootstrap_servers: {server!r} is no HOST:PORT"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_TIMEOUT) as plain:
            context = ssl_context(options)
            if context:
                context.wrap_socket(plain, server_hostname=host).close()
            return None
    except ssl.SSLCertVerificationError as error:
        return (
            f"{server}: its certificate is not accepted: {error.verify_message}. "
            "If it is the right server, see kafka.ssl_ca_file and kafka.ssl_check_hostname, "
            "or have its certificate renewed"
        )
    except (ssl.SSLError, ConnectionResetError, TimeoutError) as error:
        if isinstance(error, TimeoutError) and not ssl_context(options):
            return _unreachable(server, error)
        return (
            f"{server}: no TLS there ({getattr(error, 'reason', None) or error}): check the port, "
            f"and kafka.security_protocol, which is {options.security_protocol}"
        )
    except OSError as error:
        return _unreachable(server, error)


def _unreachable(server: str, error: OSError) -> str:
    return (
        f"{server}: no Kafka can be reached there ({error.strerror or error}): is it running, and "
        "is kafka.bootstrap_servers right?"
    )


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found
