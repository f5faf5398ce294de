"""What stands around records: the envelopes of brokers, indexes, interfaces and feeds.

An envelope is opened where the value itself has no text of an article, and only if there is one
inside. `parse.path` names what is not listed here.
"""

from __future__ import annotations

from typing import NamedTuple

BASE64 = "data_base64"
MOST_RECORDS = 10_000  # of one value: each has its outcome before the next value is read


class Envelope(NamedTuple):
    """A member that holds the record, or a list of records; its name in lower case."""

    name: str
    beside: frozenset[str] = frozenset()  # one of these has to stand beside it; empty: none has to
    # Whether what stands beside it tells more about the same record; else it is about the message.
    is_part: bool = False
    is_base64: bool = False


def _protocol(name: str, beside: str, *, is_base64: bool = False) -> Envelope:
    return Envelope(name, frozenset(beside.split()), is_base64=is_base64)


ENVELOPES: tuple[Envelope, ...] = (
    # Kafka Connect, JsonConverter with schemas.enable=true
    _protocol("payload", "schema"),
    # Debezium: the state after a change; a deletion has none
    _protocol("after", "op before"),
    # CloudEvents 1.0, structured mode (JSON format 1.0.2, section 3)
    _protocol("data", "specversion"),
    _protocol(BASE64, "specversion", is_base64=True),
    # Google Pub/Sub and AWS Kinesis
    _protocol("data", "messageid message_id publishtime sequencenumber", is_base64=True),
    Envelope("kinesis"),
    # AWS: SNS as Lambda gets it, EventBridge (SNS's own `Message` is among the queues below)
    Envelope("sns"),
    _protocol("detail", "detail-type"),
    # Airbyte
    Envelope("_airbyte_data"),
    # Elasticsearch and OpenSearch: a document; its stored fields; the hits of a search
    Envelope("_source", is_part=True),
    Envelope("hits"),
    # Our own dead letters: the value as it came
    _protocol("value", "stage"),
    # Solr, the Guardian's and the New York Times' interfaces
    Envelope("response"),
    Envelope("docs"),
    Envelope("results"),
    # NewsAPI, JSON Feed, RSS and Atom as JSON, feedparser, WordPress and others
    Envelope("articles"),
    Envelope("rss"),
    Envelope("channel"),
    Envelope("feed"),
    Envelope("items"),
    Envelope("item"),
    Envelope("entries"),
    Envelope("entry"),
    Envelope("posts"),
    Envelope("stories"),
    Envelope("news"),
    Envelope("records"),
    Envelope("documents"),
    Envelope("rows"),
    # GraphQL and Relay
    Envelope("edges"),
    Envelope("node", is_part=True),
    Envelope("nodes"),
    # Messages of queues, and databases that keep the record in one column
    Envelope("payload"),
    Envelope("message"),
    Envelope("event"),
    Envelope("value"),
    Envelope("data", is_part=True),
    Envelope("result", is_part=True),
    Envelope("article", is_part=True),
    Envelope("story", is_part=True),
    Envelope("post", is_part=True),
    Envelope("record", is_part=True),
    Envelope("document", is_part=True),
    Envelope("doc", is_part=True),
    Envelope("json", is_part=True),
    Envelope("raw", is_part=True),
    # JSON:API, Strapi; Airtable, Contentful, the Guardian; Spring Data's pages
    Envelope("attributes", is_part=True),
    Envelope("fields", is_part=True),
    Envelope("content", is_part=True),
    Envelope("body", is_part=True),
    Envelope("text", is_part=True),
    # Google Reader's interface, which Feedly, FreshRSS and others have
    Envelope("summary", is_part=True),
    # JSON-LD
    Envelope("@graph"),
)
NAMES = frozenset(envelope.name for envelope in ENVELOPES)

# What every record of ours has: it is no envelope, whatever its text looks like.
OURS = frozenset({"provenance", "extra", "articleBody"})

# The types of JSON-LD (schema.org) that are an article.
ARTICLE_TYPES = frozenset(
    "article newsarticle blogposting liveblogposting reportagenewsarticle opinionnewsarticle "
    "analysisnewsarticle backgroundnewsarticle askpublicnewsarticle reviewnewsarticle "
    "advertisercontentarticle satiricalarticle report scholarlyarticle techarticle "
    "socialmediaposting discussionforumposting medicalscholarlyarticle".split()
)
# Members of a JSON-LD node that may name another node by its `@id`.
REFERENCES = ("author", "creator", "publisher", "mainEntityOfPage")
