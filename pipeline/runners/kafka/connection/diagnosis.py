"""Explains failures of the cluster in words: what failed, where, and what to do."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.runners.kafka.connection.security import for_aiokafka, servers, ssl_context

_TIMEOUT = 3.0  # seconds to connect to a server or to learn why that fails

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
# By class name without a final "Error": each client library has its own class for an error.
_KNOWN = {
    "TopicAuthorizationFailed": "may not use {topics}: {user} needs Describe and Read on the "
    "topics it consumes, Describe and Write on those it writes, and DescribeConfigs on all for "
    "`copydesk topics` and `copydesk worker`",
    "GroupAuthorizationFailed": "may not use the consumer group: {user} needs Read and Describe "
    "on the groups {group}-*",
    "TransactionalIdAuthorizationFailed": "may not use transactions: {user} needs Write and "
    "Describe on the transactional ids {group}-*",
    "ClusterAuthorizationFailed": "may not do that: {user} needs Write and Describe on the topics "
    "it writes, and Create on the cluster for `copydesk topics --apply`",
    "UnknownTopicOrPartition": "a topic is missing: run `copydesk topics` to see which, and "
    "`copydesk topics --apply` to make it",
    "InvalidReplicationFactor": "cannot keep {copies} copies of a topic: it has fewer brokers. Set "
    "kafka.replication_factor",
    "InvalidTimestamp": "a topic does not take a record of that time: see its "
    "message.timestamp.after.max.ms and message.timestamp.before.max.ms, and the clocks",
    "MessageSizeTooLarge": _TOO_LARGE,
    "RecordTooLarge": _TOO_LARGE,
    "ProducerFenced": _TAKEN_OVER,
    "InvalidProducerEpoch": _TAKEN_OVER,
    "IncompatibleBrokerVersion": "is too old: Copydesk needs Kafka 2.5 or newer",
    "InconsistentGroupProtocol": "the consumer group {group}-* is used by another program: set "
    "kafka.group to a name of its own",
    "InvalidSessionTimeout": "the cluster does not take this kafka.session_timeout: its limits "
    "are group.min.session.timeout.ms and group.max.session.timeout.ms",
    "InvalidTransactionTimeout": "the cluster does not take this kafka.transaction_timeout: its "
    "limit is transaction.max.timeout.ms",
    "AuthenticationFailed": _LOGIN,
    "SaslAuthenticationFailed": _LOGIN,
    "IllegalSaslState": "takes no login there: check the port, and kafka.security_protocol, which "
    "is {protocol}",
    "UnsupportedSaslMechanism": "does not know kafka.sasl_mechanism {mechanism}: set one that is "
    "in its sasl.enabled.mechanisms",
}
# Errors for which probing the servers may tell more.
_SLOW = {"KafkaTimeout", "RequestTimedOut", "NodeNotReady"}


def explain(error: BaseException, options: KafkaOptions) -> WorkFailedError:
    """Returns the error in words. May probe the servers for a few seconds to find the cause."""
    at = f"Kafka at {options.bootstrap_servers}"
    known = _known(error, options)
    if known:
        return WorkFailedError(f"{at}: {known}")
    problem = probe(options, _TIMEOUT)
    if problem:
        return WorkFailedError(problem)
    if _SLOW.intersection(_names(error)):
        return WorkFailedError(
            f"{at}: it answers, but not what we wait for ({error}): are all its brokers well?"
        )
    return WorkFailedError(f"{at}: {error!r}")


def sentence(text: object) -> str:
    """Returns a text with a full stop, unless it is a question."""
    return str(text) if str(text).endswith("?") else f"{text}."


def probe(options: KafkaOptions, patience: float | None = None) -> str | None:
    """Returns why no server can be reached, or None if one can. Raises `WrongUseError`.

    `patience`: seconds that a server has to answer; None: `kafka.connect_timeout`.
    """
    problems = []
    for server in servers(options):
        host, _, port = server.rpartition(":")
        at = host.strip("[]"), int(port)
        seconds = patience or options.connect_timeout
        problem = _reach(server, at, options, seconds) or _talk(server, at, options, seconds)
        if problem is None:
            return None
        problems.append(problem)
    return "; ".join(problems)


def _reach(server: str, at: tuple[str, int], options: KafkaOptions, patience: float) -> str | None:
    """Returns why the TCP connection or the TLS handshake fails."""
    context = ssl_context(options)
    try:
        with socket.create_connection(at, timeout=min(patience, _TIMEOUT)) as plain:
            if context:
                context.wrap_socket(plain, server_hostname=at[0]).close()
            return None
    except ssl.SSLCertVerificationError as error:
        return (
            f"{server}: its certificate is not accepted: {error.verify_message}. "
            "If it is the right server, see kafka.ssl_ca_file and kafka.ssl_check_hostname, "
            "or have its certificate renewed"
        )
    except (ssl.SSLError, ConnectionResetError, TimeoutError) as error:
        if isinstance(error, TimeoutError) and not context:
            return _unreachable(server, error)
        return (
            f"{server}: no TLS there ({getattr(error, 'reason', None) or error}): check the port, "
            f"and kafka.security_protocol, which is {options.security_protocol}"
        )
    except OSError as error:
        return _unreachable(server, error)


def _talk(server: str, at: tuple[str, int], options: KafkaOptions, patience: float) -> str | None:
    """Diagnoses a failed Kafka handshake, which the clients retry silently."""
    try:
        with ThreadPoolExecutor(1) as pool:  # its own event loop: another may be running here
            pool.submit(asyncio.run, _say_hello(at, options, patience)).result()
    except TimeoutError:
        return (
            f"{server}: no answer within {patience:g} s: is it a Kafka, and is it well? Check the "
            f"port, and kafka.security_protocol, which is {options.security_protocol}"
        )
    except (KafkaError, OSError) as error:
        known = _known(error, options)
        if known:
            return f"Kafka at {server}: {known}"
        return (
            f"{server}: it breaks the conversation off: is it a Kafka, or does it want TLS, or a "
            "login? Check the port, and kafka.security_protocol, which is "
            f"{options.security_protocol}"
        )
    return None


async def _say_hello(at: tuple[str, int], options: KafkaOptions, patience: float) -> None:
    """Connects, logs in and requests metadata."""
    how = for_aiokafka(options)
    del how["bootstrap_servers"]
    async with asyncio.timeout(patience):
        connection = await create_conn(*at, request_timeout_ms=round(patience * 1000), **how)
        try:
            await connection.send(MetadataRequest([]))
        finally:
            await connection.close()


def _known(error: BaseException, options: KafkaOptions) -> str | None:
    """Returns what a known error means and what to do about it."""
    for one in _chain(error):
        # Some errors appear only in the text of another.
        known = next((_KNOWN[name] for name in _names(one) if name in _KNOWN), None)
        if known:
            return known.format(
                user=f"the user {options.sasl_username}" if options.sasl_username else "it",
                group=options.prefix + options.group,
                topics=_topics(one),
                copies=options.replication_factor,
                protocol=options.security_protocol,
                mechanism=options.sasl_mechanism,
            )
    return None


def _names(error: BaseException) -> list[str]:
    """Candidate names of an error without a final "Error": its class, and words of its text."""
    words = [type(error).__name__, *re.findall(r"\w+", str(error))]
    return [word.removesuffix("Error") for word in words]


def _topics(error: BaseException) -> str:
    """The topics that an error names; the clients pass them as a set."""
    names = error.args[0] if error.args else None
    is_set = isinstance(names, (set, frozenset))
    return ", ".join(sorted(names)) if is_set and names else "a topic"


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
