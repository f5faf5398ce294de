"""All benchmarks that need no server: `make bench`."""

from __future__ import annotations

import subprocess
import sys

_ALL = (
    ["-m", "bench.start"],
    ["-m", "bench.run"],
    ["-m", "bench.dedup"],
    ["-m", "bench.clean"],
    ["-m", "bench.sizes"],
    ["-m", "bench.backtest"],
    ["-m", "bench.metrics"],
    ["-m", "bench.report"],
    ["-m", "bench.quality.rejected"],
    ["-m", "bench.quality"],
    ["-m", "bench.quality.pairs"],
    ["-m", "bench.quality.stream"],
)


def main() -> int:
    """Run them one after the other; fail if any did."""
    failed = False
    for arguments in _ALL:
        print(f"== python {' '.join(arguments)}", flush=True)
        failed |= subprocess.run([sys.executable, *arguments], check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
