"""Runners: they bring articles from files or from Kafka through the core, and keep the index."""
