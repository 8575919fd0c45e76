"""The plugins that run in processes of their own: each starts when one of its hooks is first needed."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from desktop_app.api import JobWizard, UserError
from desktop_app.api._plugins import GarbageError, Manifest, checked
from desktop_app.api._plugins.results import misfit, promised
from desktop_app.api._plugins.wire import Signature, decoded
from desktop_app.api._records import from_json, to_json
from desktop_app.services.plugins.processes.calls import HOOK, IMPORT, Call, answer, gather
from desktop_app.services.plugins.processes.connection import Connection
from desktop_app.services.plugins.processes.faults import FaultError, LostError, RefusedError
from desktop_app.services.plugins.processes.nursery import Cradle

Outcome: TypeAlias = "list[Any] | FaultError | RefusedError | None"
"""What a hook returned; what went wrong; None for a plugin that was taken back meanwhile, or has no such hook."""
_FOREIGN = (TypeError, ValueError, KeyError, AttributeError, RecursionError, OverflowError)

_TRIES = 2  # once more for those that went with the nursery


@dataclass(eq=False)
class Member:
    """A plugin with a process of its own, which may have started or not. `hooks` are None until they are known."""

    id: str
    name: str
    manifest: Manifest
    package: str | None
    path: tuple[str, ...]
    hooks: frozenset[str] | None = None
    connection: Connection | None = None
    is_gone: bool = False
    turn: threading.RLock = field(default_factory=threading.RLock)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    released: deque[int] = field(default_factory=deque)

    def runs(self) -> bool:
        """Whether it has a process."""
        return self.connection is not None

    def may_have(self, hook: str) -> bool:
        """Whether the plugin implements a hook, as far as it is known."""
        return self.hooks is None or hook in self.hooks

    def order(self, text: str) -> tuple[Connection, bytes]:
        """Return the wire, and the next order to it, which holds `text` beside its number."""
        assert self.connection is not None
        self.connection.number = next(self.numbers)
        released = [self.released.popleft() for _ in range(len(self.released))]
        line = f'{{"call": {self.connection.number}, "released": {json.dumps(released)}, {text}}}\n'
        return self.connection, line.encode()


@dataclass(frozen=True, slots=True)
class _Question:
    """A hook, and what makes the order to call it for a member."""

    hook: str
    order: Callable[[Member], str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A function that a plugin's process keeps under a number; it returns `kind`, and `what` begins a sentence."""

    connection: Connection | None
    number: int
    kind: Any
    what: str


class Crew:
    """All members. `on_fault` is told of what goes wrong outside of a hook: in a function that a plugin returned."""

    def __init__(self, cradle: Cradle, bytecode: Path, on_fault: Callable[[Member, FaultError], None]) -> None:
        self._cradle = cradle
        self._bytecode = bytecode
        self._on_fault = on_fault

    def ask(
        self,
        members: Iterable[Member],
        hook: str,
        arguments: Mapping[str, Any],
        own: Callable[[str], Mapping[str, Any]],
        meanwhile: Callable[[], None],
    ) -> dict[str, Outcome]:
        """Call a hook of each; all at once, and `meanwhile` beside them. `own` returns a plugin's own arguments."""
        told = {name: json.dumps(to_json(each)) for name, each in arguments.items()}
        question = _Question(hook, lambda member: _hooked(hook, told, own(member.id)))
        return self._gathered([each for each in members if each.may_have(hook)], question, meanwhile)

    def load(self, members: Iterable[Member]) -> dict[str, Outcome]:
        """Start those whose hooks are not known yet, side by side."""
        return self._gathered([each for each in members if each.hooks is None], None, _nothing)

    def forget(self, member: Member) -> None:
        """End a member's process, whatever it does; from any thread, and without waiting for a call."""
        member.is_gone = True
        _end(member)

    def _gathered(
        self, members: Iterable[Member], question: _Question | None, meanwhile: Callable[[], None]
    ) -> dict[str, Outcome]:
        """Ask all whose turn is free, then the others. Who waits for a turn has none: nobody waits for two plugins."""
        outcomes: dict[str, Outcome] = {}
        left, is_first = sorted(members, key=lambda each: each.id), True
        while left or is_first:
            busy: list[Member] = []
            calls: dict[Call, Generator[Call, None, None]] = {}
            with contextlib.ExitStack() as stack:
                for each in left:
                    if not each.turn.acquire(blocking=not is_first and each is left[0]):
                        busy.append(each)
                    elif call := _begun(asked := self._asked(each, question, outcomes), stack):
                        calls[call] = asked
                meanwhile()
                gather(tuple(calls), functools.partial(_following, calls))
            left, meanwhile, is_first = busy, _nothing, False
        return outcomes

    def _asked(
        self, member: Member, question: _Question | None, outcomes: dict[str, Outcome]
    ) -> Generator[Call, None, None]:
        """Yield the calls that a member's answer takes, each when the last is done, then give back the turn it has."""
        try:
            for _ in range(_TRIES):
                if not member.runs() and not member.is_gone:
                    yield from self._started(member, outcomes)
                    if not member.runs() and member.id not in outcomes:
                        continue
                if question is None or member.is_gone or not member.runs() or not member.may_have(question.hook):
                    return
                typed = functools.partial(self._typed, member, question.hook)
                call = _call(member, f"Its hook {question.hook}", question.order(member), HOOK)
                with _used(call):
                    yield call
                outcomes[member.id] = _concluded(member, call, typed)
                if outcomes[member.id] is not None or member.runs():
                    return
        finally:
            member.turn.release()

    def _started(self, member: Member, outcomes: dict[str, Outcome]) -> Generator[Call, None, None]:
        """Start a member that has no process, and take note of what goes wrong."""
        try:
            member.connection = Connection(self._cradle)
        except (OSError, LostError) as error:
            outcomes[member.id] = FaultError("import", f"Its process can't be started: {error}.", counts=False)
            return
        if member.is_gone:  # by another thread, which saw no process to end
            _end(member)
        call = _call(member, "Its import", self._loading(member), IMPORT, "import")
        with _used(call):
            yield call
        if outcome := _concluded(member, call, functools.partial(_learned, member)):
            outcomes[member.id] = outcome
            if not member.is_gone:
                self.forget(member)

    def _loading(self, member: Member) -> str:
        manifest = member.manifest
        return '"load": ' + json.dumps(
            {
                "id": manifest.id,
                "folder": str(manifest.folder),
                "hooks": manifest.hooks,
                "package": member.package,
                "path": member.path,
                "bytecode": str(self._bytecode),
            }
        )

    def _typed(self, member: Member, hook: str, results: list[Any]) -> list[Any]:
        def remote(number: int, signature: Signature, record: Any) -> Callable[..., Any]:
            return self._remote(member, number, signature, record)

        return [checked(hook, decoded(promised(hook), each, remote)) for each in results]

    def _remote(self, member: Member, number: int, signature: Signature, record: Any) -> Callable[..., Any]:
        """Return a function that calls the one that a plugin's process keeps under a number."""
        kind, title = "wizard" if isinstance(record, JobWizard) else "exporter", str(record.title)
        kept = _Kept(member.connection, number, signature[1], f"Its {kind} “{title}”")

        def function(*arguments: Any) -> Any:
            try:
                return self._called(member, kept, arguments)
            except LostError as error:
                message = f"The {kind} “{title}” of the plugin {member.name} can't go on: its process has ended."
                raise UserError(message, hint="Start it again.") from error
            except FaultError as fault:
                said = fault.reason.removeprefix(f"{kept.what} ")
                message = f"The {kind} “{title}” of the plugin {member.name} {said}"
                raise UserError(message, details=fault.details) from fault

        finalizer = weakref.finalize(function, member.released.append, number)
        finalizer.atexit = False
        return function

    def _called(self, member: Member, kept: _Kept, arguments: Any) -> Any:
        told = json.dumps([to_json(each) for each in arguments])
        with member.turn:
            connection = kept.connection
            if connection is None or member.connection is not connection or member.is_gone:
                raise LostError("it was ended")
            call = _call(member, kept.what, f'"function": {kept.number}, "arguments": {told}', HOOK)
            call.garbage_after = f"{kept.what} failed: "
            with _used(call):
                gather([call])
            try:
                return _restored(kept, answer(call))
            except FaultError as fault:
                if connection.is_ended:
                    member.connection = None
                    self._on_fault(member, fault)
                raise


def _nothing() -> None:
    pass


def _call(member: Member, what: str, text: str, limit: Any, problem: str = "hook") -> Call:
    connection, line = member.order(text)
    return Call(connection, what, line, limit, problem)


def _hooked(hook: str, told: Mapping[str, str], own: Mapping[str, Any]) -> str:
    parts = {**told, **{name: json.dumps(to_json(each)) for name, each in own.items()}}
    inside = ", ".join(f"{json.dumps(name)}: {text}" for name, text in parts.items())
    return f'"hook": {json.dumps(hook)}, "arguments": {{{inside}}}'


@contextlib.contextmanager
def _used(call: Call) -> Iterator[None]:
    """Keep a call's descriptor open; a call of a process that was just ended is over."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(call.connection.used())
        except LostError as error:
            call.error, call.is_done = error, True
        try:
            yield
        except BaseException:  # Ctrl+C: an answer that comes too late is nobody's
            call.give_up()
            raise


def _begun(asked: Generator[Call, None, None], stack: contextlib.ExitStack) -> Call | None:
    """Send what is asked first. `stack` sees to it that nothing goes on that nobody waits for any more."""
    call = next(asked, None)
    stack.callback(asked.close)
    if call is not None and not call.is_done:
        call.go_on()
    return call


def _following(calls: dict[Call, Generator[Call, None, None]], done: Call) -> Call | None:
    """Return what is asked of a plugin after a call that is done."""
    asked = calls.pop(done)
    call = next(asked, None)
    if call is not None:
        calls[call] = asked
    return call


def _concluded(member: Member, call: Call, typed: Callable[[list[Any]], list[Any]]) -> Outcome:
    """Return what came of a call; a process that is gone is forgotten."""
    outcome: Outcome
    try:
        if call.error is not None:
            raise call.error
        outcome = typed(call.results)
    except LostError:
        outcome = None
    except (FaultError, RefusedError) as error:
        outcome = error
    except GarbageError as error:
        outcome = FaultError("hook", str(error))
    except _FOREIGN as error:
        outcome = FaultError("hook", f"{call.what} returned something wrong: {error}.")
    if call.connection.is_ended and member.connection is call.connection:
        member.connection = None
    return outcome


def _learned(member: Member, results: list[Any]) -> list[Any]:
    if not all(isinstance(each, str) for each in results):
        raise TypeError("its hooks have no names")
    member.hooks = frozenset(results)
    return []


def _restored(kept: _Kept, results: list[Any]) -> Any:
    try:
        (data,) = results
        value = from_json(kept.kind, data)
        complaint = misfit(value, kept.kind)
    except _FOREIGN as error:
        complaint = str(error)
    if complaint:
        raise FaultError("hook", f"{kept.what} failed: {complaint}.")
    return value


def _end(member: Member) -> None:
    connection = member.connection
    if connection is not None:
        with contextlib.suppress(LostError, OSError):
            connection.end()
