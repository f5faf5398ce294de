"""The stream: roles that consume from Kafka and publish to it, each batch one transaction.

`worker` runs a role. `app` is what Faust does (membership, fetching), `assignment` owns the
partitions it gives us, `partition` turns their records into batches, `transaction` commits them.
`desk` and `dedup` are the roles' work, `changelog` is what dedup remembers, on its topic.
`docs/delivery.md` says what that promises.
"""
