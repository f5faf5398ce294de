"""The cluster from outside the workers: topics, consumer groups, feeding and reading records."""
