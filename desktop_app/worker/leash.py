"""Runs a command that ends with whoever started this: started by path, with a pipe as standard input.

The pipe closes when its holder ends, however it does; then the whole process group, which this leads, is killed: a
compiler that nobody waits for any more. Standard library alone, for POSIX systems.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def watch() -> None:
    """Kill the group once the pipe is closed."""
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


def main(command: list[str]) -> int:
    """Run the command to its end and return its exit code, as a shell does for signals."""
    threading.Thread(target=watch, daemon=True).start()
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.stdout.flush()
    os._exit(main(sys.argv[1:]))
