"""Windows' means to the same ends. Written from the documentation and NOT tried: there was no such machine.

There is no guardian: the supervisor puts itself into a Job Object that kills its members when its last handle closes.
All that is started from then on belongs to it, so that the end of the supervisor, however it comes, is the end of all;
whoever looks at the run next writes its last state down. There is no SIGTERM either: to cancel is to terminate.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from desktop_app.worker.supervisor.journal import read_object

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
    _KILL_ON_JOB_CLOSE = 0x2000
    _DETACHED = 0x8 | 0x200 | 0x01000000  # DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP, CREATE_BREAKAWAY_FROM_JOB

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    def die_together() -> None:
        """Put this process into a job that ends with it; its handle is never closed but by the end of the process."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        job = kernel.CreateJobObjectW(None, None)
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
        size = ctypes.sizeof(limits)
        if not kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), size):
            raise ctypes.WinError(ctypes.get_last_error())
        if not kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess()):
            raise ctypes.WinError(ctypes.get_last_error())

    def launch(start: Path, folder: Path, patience: float = 60.0) -> int:
        """Start the supervisor detached and wait until run.json names it; return an exit code."""
        command = [sys.executable, "-I", str(start), str(folder), "--supervise"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, creationflags=_DETACHED)
        deadline = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < deadline:
            if "supervisor" in read_object(folder / "run.json"):
                return 0
            time.sleep(0.01)
        return 0 if "supervisor" in read_object(folder / "run.json") else 1
