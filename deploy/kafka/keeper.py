"""Runs one command and never outlives whoever started it: no broker is left behind.

Standard input is the leash. "stop" ends the command and leaves its data; when the pipe closes
without a word (the starter crashed, or was killed), its data go too. The command's process id is
printed first. Usage: keeper.py DATA COMMAND...
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1
_GRACE = 15.0  # seconds for a clean stop


def die_with_parent() -> None:
    """Ask Linux to kill this process when the keeper dies; elsewhere the pipe must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> int:
    data, command = sys.argv[1], sys.argv[2:]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread runs yet
    ) as process:
        print(process.pid, flush=True)
        left_behind = threading.Event()

        def watch() -> None:
            if sys.stdin.readline().strip() != "stop":
                left_behind.set()
            process.terminate()
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()

        threading.Thread(target=watch, daemon=True).start()
        code = process.wait()
    if left_behind.is_set():
        shutil.rmtree(data, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
