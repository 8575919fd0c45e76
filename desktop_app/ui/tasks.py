"""Async work started from the window: a reference is kept, the task has a name, errors go where they belong."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

    from desktop_app.api import UserError

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
_routes: dict[str, Callable[[Any], object]] = {}


def route(*, user_error: Callable[[UserError], object], bug: Callable[[BaseException], object]) -> None:
    """Say once, at the composition root, who is told of a `UserError` and who of a bug."""
    _routes.update(user_error=user_error, bug=bug)


def spawn(
    coroutine: Coroutine[Any, Any, T], name: str, on_error: Callable[[UserError], object] | None = None
) -> asyncio.Task[T]:
    """Start `coroutine` on the loop and return its task.

    A `UserError` goes to `on_error`, else to the window; anything else is a bug and goes to the crash report.
    """
    import asyncio  # not at the top: the window paints before asyncio is loaded

    task = asyncio.get_running_loop().create_task(coroutine, name=name)
    _running.add(task)
    task.add_done_callback(lambda done: _finish(done, on_error))
    return task


def running() -> frozenset[asyncio.Task[Any]]:
    """Return the tasks that are not over yet."""
    return frozenset(_running)


async def cancel_all() -> None:
    """Cancel every task but the present one, and wait until all have ended."""
    import asyncio

    others = [each for each in _running if each is not asyncio.current_task()]
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _finish(task: asyncio.Task[Any], on_error: Callable[[UserError], object] | None) -> None:
    _running.discard(task)
    if task.cancelled() or (error := task.exception()) is None:
        return
    from desktop_app.api import UserError

    if isinstance(error, UserError):
        (on_error or _routes.get("user_error") or _unrouted(task))(error)
    else:
        (_routes.get("bug") or _unrouted(task))(error)


def _unrouted(task: asyncio.Task[Any]) -> Callable[[BaseException], object]:
    def tell(error: BaseException) -> None:
        message = f"task {task.get_name()} failed"
        task.get_loop().call_exception_handler({"message": message, "exception": error, "task": task})

    return tell
