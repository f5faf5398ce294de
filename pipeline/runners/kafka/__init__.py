"""The stream: roles that consume from Kafka and publish to it, each batch one transaction.

`worker` runs a role. `app` is what Faust does (membership, fetching), `assignment` owns the
partitions it gives us, `partition` turns their records into batches, `transaction` commits them.
`desk`, `dedup` and `sources` are the roles' work, `changelog` is what dedup remembers, on its
topic. `health` serves each worker's state, `page` the live page: `live` follows the topics for it,
`finder` and `lookup` find an article on them.
`docs/delivery.md` says what that promises.
"""
