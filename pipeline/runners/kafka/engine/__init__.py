"""The exactly-once engine: one partition's batch is one transaction. Knows no role and no page.

`app` is Faust's part (membership, fetching), `assignment` owns the partitions it assigns,
`partition` turns their records into batches, `transaction` commits a batch with its offset.
`messages` maps records to and from the wire; `changelog` and `replay` restore state from topics.
"""
