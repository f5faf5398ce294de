"""The long form of the fault tests, with figures: `make faults`.

    cd tests && python -m faults [--kills N] [--sleeps N] [--terms N] [--seed N]

Each plan runs on a broker of its own; the exit code says whether all was as promised.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions

from .driver import Plan, run


def main() -> int:
    """Run the plan with one and with three workers a role."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("kills", 25), ("sleeps", 5), ("terms", 10), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = vars(parser.parse_args())
    failed = False
    for workers in (1, 3):
        plan = Plan(workers=workers, **chosen)
        print(plan, flush=True)
        with Broker() as broker, tempfile.TemporaryDirectory() as folder:
            report = run(KafkaOptions(bootstrap_servers=broker.bootstrap), Path(folder), plan)
        print(
            f"  {report.fed:,} in; {report.aborted:,} records aborted; "
            f"backlog at a fault {min(report.backlogs):,} to {max(report.backlogs):,}"
        )
        for problem in report.problems or ["nothing lost, nothing twice, index equals clean"]:
            print(f"  {problem}")
        failed |= bool(report.problems) or not report.aborted or not all(report.zombies)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
