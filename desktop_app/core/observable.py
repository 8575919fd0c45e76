"""A signal without Qt: who connects is called, in order, on the emitting thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Signal(Generic[P]):
    """Callables to be told something; connecting returns the function that disconnects."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def connect(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Call `listener` at every emit from now on, until the returned function is called."""
        self._listeners.append(listener)

        def disconnect() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return disconnect

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call every listener; who disconnects meanwhile is still called this once."""
        for listener in tuple(self._listeners):
            listener(*args, **kwargs)
