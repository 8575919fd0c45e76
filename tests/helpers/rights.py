"""Lets tests run as somebody whom file modes stop, also where the tests run as root."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_VERSION = 0x20080522
_MODES_MEAN_NOTHING = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_MASK = sum(1 << each for each in _MODES_MEAN_NOTHING)
_BOUNDING_SET_DROP, _GET_SECURE_BITS, _SET_SECURE_BITS = 24, 27, 28  # of prctl
_NO_FIX_UP = 1 << 2  # SECBIT_NO_SETUID_FIXUP: access(2) asks for the rights in effect, not for those one may take


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def obeys_modes(test: Callable[P, T]) -> Callable[P, T]:
    """Run a test that is no coroutine without root's right to read and write everything.

    Such rights belong to a thread: the test runs in one of its own, which gives them up for good and ends. What it
    starts, threads and processes, has them no more either.
    """

    @functools.wraps(test)
    def run(*arguments: P.args, **options: P.kwargs) -> T:
        if not _means_nothing():
            return test(*arguments, **options)
        with ThreadPoolExecutor(1, initializer=_give_up) as pool:
            return pool.submit(test, *arguments, **options).result()

    return run


@contextlib.contextmanager
def obeying_modes() -> Iterator[None]:
    """Do without these rights for a while, for what has to stay on its thread, such as a window's test.

    Threads that are started meanwhile go without as well; programs do not: they take what they may.
    """
    if not _means_nothing():
        yield
        return
    bits, sets = _prctl(_GET_SECURE_BITS), _capabilities()
    before = sets[0].effective
    _prctl(_SET_SECURE_BITS, bits | _NO_FIX_UP)
    sets[0].effective = before & ~_MASK
    _set(sets)
    try:
        yield
    finally:
        sets[0].effective = before
        _set(sets)
        _prctl(_SET_SECURE_BITS, bits)


def _means_nothing() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0


def _give_up() -> None:
    for each in _MODES_MEAN_NOTHING:
        _prctl(_BOUNDING_SET_DROP, each)
    sets = _capabilities()
    sets[0].effective &= ~_MASK
    sets[0].permitted &= ~_MASK
    _set(sets)


def _capabilities() -> Any:
    sets = (_Set * 2)()
    _call("capget", ctypes.byref(_Header(_VERSION, 0)), ctypes.byref(sets))
    return sets


def _set(sets: Any) -> None:
    _call("capset", ctypes.byref(_Header(_VERSION, 0)), ctypes.byref(sets))


def _prctl(what: int, value: int = 0) -> int:
    return _call("prctl", what, *(ctypes.c_ulong(each) for each in (value, 0, 0, 0)))


def _call(name: str, *arguments: Any) -> int:
    result: int = getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result
