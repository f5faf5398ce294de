"""The options of the stream: the Kafka cluster with its topics, and the worker processes."""

from pipeline.cluster.kafka_options import KafkaOptions, WantedTopic, wanted_topics
from pipeline.cluster.topic_options import TopicOptions, TopicsOptions
from pipeline.cluster.worker_options import WorkerOptions
from pipeline.routing import Role

__all__ = [
    "KafkaOptions",
    "Role",
    "TopicOptions",
    "TopicsOptions",
    "WantedTopic",
    "WorkerOptions",
    "wanted_topics",
]
