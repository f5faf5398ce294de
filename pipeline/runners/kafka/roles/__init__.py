"""What a worker does: one handler for each role, and the processes that run them.

`desk`, `dedup` and `sources` handle the records of one partition. `process` runs one role from
start to stop, `supervisor` runs all of them, `health` serves a worker's state and metrics.
"""
