"""What a plugin's process says as it crashes: where it was, to a file that the program reads."""

from __future__ import annotations

import contextlib
import faulthandler
import sys

if sys.platform != "win32":
    import resource

    def prepare(trace: int) -> None:
        """Have a crash say where it was, and leave no core file.

        One byte, not none: where cores go to a program, Linux takes notice of this limit alone (fs/coredump.c).
        """
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (1, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        faulthandler.enable(trace, all_threads=True)
