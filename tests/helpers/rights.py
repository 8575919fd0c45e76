"""Lets tests run as somebody whom file modes stop, also where the tests run as root."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_VERSION = 0x20080522
_MODES_MEAN_NOTHING = (1 << 1) | (1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def obeys_modes(test: Callable[P, T]) -> Callable[P, T]:
    """Run a test that is no coroutine without root's right to read and write everything.

    Such rights belong to a thread: the test runs in one of its own, which gives them up for good and ends.
    """

    @functools.wraps(test)
    def run(*arguments: P.args, **options: P.kwargs) -> T:
        if sys.platform != "linux" or os.geteuid() != 0:
            return test(*arguments, **options)
        with ThreadPoolExecutor(1, initializer=_give_up) as pool:
            return pool.submit(test, *arguments, **options).result()

    return run


def _give_up() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_VERSION, 0), (_Set * 2)()
    if libc.capget(ctypes.byref(header), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    sets[0].effective &= ~_MODES_MEAN_NOTHING
    sets[0].permitted &= ~_MODES_MEAN_NOTHING
    if libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
