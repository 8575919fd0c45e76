"""Changes of what is installed: made ready beside the old state, checked, and switched to by one replaced file.

Whoever changes something holds the registry's lock from reading to switching. Before the switch everything new is
rubbish that the next change deletes; after it the old is.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import OutsideError, Progress, UserError
from desktop_app.services.files import locked
from desktop_app.services.plugins.installing.changing.holding import in_thread, lock_held, to_the_end
from desktop_app.services.plugins.installing.keeping.registry import Former, Registry, State, refuse_newer
from desktop_app.services.plugins.installing.keeping.shapes import Line
from desktop_app.services.plugins.installing.models import Act, Change, Installed, Source
from desktop_app.services.plugins.switched_off import switch, switched_off
from desktop_app.services.settings import Settings


@dataclass(frozen=True, slots=True)
class Move:
    """One plugin's way from how it was to how it shall be: `installed` is None where it goes or was never installed."""

    act: Act
    id: str
    title: str
    installed: Installed | None
    off: bool = False
    before: str = ""
    after: str = ""
    source: Source | None = None


@dataclass(slots=True)
class Transaction:
    """A change in the making; `made` are the folders that go again if it comes to nothing, `mended` what was mended."""

    registry: Registry
    settings: Settings
    state: State
    lock: int
    mended: str = ""
    made: list[Path] = field(default_factory=list)
    done: bool = False

    async def switch(self, moves: Sequence[Move], was_off: Mapping[str, bool] | None = None) -> tuple[Change, ...]:
        """Make the moves what is, and return their lines of the history. A cancel that comes now is raised after it.

        `was_off` tells how it was before where somebody switched plugins on or off for this change already.
        """
        lines = tuple(Line(each, _next(self.state)) for each in _changes(self.state, moves))
        return await to_the_end(in_thread(self._switch, moves, lines, self.state.history, was_off))

    async def undo(self, number: int | None = None) -> Change:
        """Take back the last change, as a whole. Raises UserError where there is none, or it can't be taken back.

        With the `number` of a change only the last one that has it: another may have come meanwhile.
        """
        if number is not None:
            _refuse_another(self.state, number)
        batch, moves = _way_back(self.state)
        names = " and ".join(dict.fromkeys(each.title for each in moves))
        change = replace(_changes(self.state, moves)[0], title=names)
        line = Line(change, change.number, batch)
        history = _toggled(self.state.history, batch, undone=True)
        return (await to_the_end(in_thread(self._switch, moves, (line,), history)))[0]

    def is_off(self, plugin_id: str) -> bool:
        """Whether a plugin is switched off now."""
        return plugin_id in switched_off(self.settings)

    def _switch(
        self,
        moves: Sequence[Move],
        lines: Sequence[Line],
        history: tuple[Line, ...],
        was_off: Mapping[str, bool] | None = None,
    ) -> tuple[Change, ...]:
        was_off = was_off or {each.id: self.is_off(each.id) for each in moves}
        after = _after(self.state, moves, was_off, (*history, *lines))
        stay = {each.id: each.off for each in moves if each.installed or each.id not in self.state.plugins}
        # Whoever is switched on or off is so before the list says it; whoever goes is no longer off after it.
        switch(self.settings, stay)
        try:
            self.registry.write(after)
        except BaseException:
            with contextlib.suppress(UserError):
                switch(self.settings, {key: was_off[key] for key in stay})
            raise
        self.done = True
        with contextlib.suppress(UserError):  # an entry for a plugin that is gone does no harm
            switch(self.settings, {each.id: each.off for each in moves if each.id not in stay})
        self.state = after
        self.registry.note(after)
        self.registry.clean(after)
        return tuple(replace(each.change, can_undo=True) for each in lines)


@contextlib.asynccontextmanager
async def begun(registry: Registry, settings: Settings, progress: Progress) -> AsyncIterator[Transaction]:
    """Begin a change: the lock is held, the list is in order, and rubbish is gone. What is not switched goes again."""
    done = False
    try:
        async with lock_held(registry.lock, progress) as lock:
            state, mended = await in_thread(_in_order, registry, settings)
            one = Transaction(registry, settings, state, lock, mended)
            try:
                yield one
            finally:
                done = one.done
                if not done:
                    await to_the_end(in_thread(_delete, one.made))
    except OSError as error:
        raise _disk_said(error, registry.root, done=done) from error


def _disk_said(error: OSError, root: Path, *, done: bool) -> OutsideError:
    """Return in one sentence what the disk refused, and whether the change was made before it did."""
    said = "the change was made all the same" if done else "nothing was changed"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Free some space and " + ("look again." if done else "try again.")
        return OutsideError(f"The disk is full; {said}.", hint=hint, details=str(error))
    message = f"Plugins can't be changed in {root}: {error.strerror or error}. {said.capitalize()}."
    return OutsideError(message, hint="The folder must be one that you may write to.", details=str(error))


def settle(registry: Registry) -> str:
    """Put the list in order and clear away what a killed change left, unless a change goes on; return what to say.

    Blocks. Raises OSError.
    """
    with locked(registry.lock, wait=False) as lock:
        if lock is None:
            return ""
        mended = registry.mend()
        state = registry.read()
        if not state.newer:
            registry.clean(state)
        return mended


def undo_number(state: State) -> int:
    """Return the batch that can be taken back, 0 for none."""
    return state.history[-1].batch if state.history and state.former else 0


def changed_meanwhile() -> UserError:
    """Return what is said where a plan was made for a state that is no more."""
    message = "The installed plugins changed after this was planned."
    return UserError(message, hint="Look at the new plan, and try again.")


def _refuse_another(state: State, number: int) -> None:
    last = [each.change for each in state.history if each.batch == undo_number(state)]
    if last and number not in {each.number for each in last}:
        names = " and ".join(dict.fromkeys(each.title or each.id for each in last))
        message = f"Nothing was taken back: the last change is another one now, of {names}."
        raise UserError(message, hint="The history says what it was; it can be undone there.")


def _in_order(registry: Registry, settings: Settings) -> tuple[State, str]:
    settings.reload()
    mended = registry.mend()
    state = registry.read()
    refuse_newer(state)
    registry.clean(state)
    return state, mended


def _delete(folders: Sequence[Path]) -> None:
    for each in folders:
        shutil.rmtree(each, ignore_errors=True)


def _next(state: State) -> int:
    return max((each.change.number for each in state.history), default=0) + 1


def _changes(state: State, moves: Sequence[Move]) -> tuple[Change, ...]:
    first, now = _next(state), datetime.now(UTC)
    return tuple(
        Change(number, now, each.act, each.id, each.title, each.before, each.after, each.source)
        for number, each in enumerate(moves, first)
    )


def _after(state: State, moves: Sequence[Move], was_off: Mapping[str, bool], history: tuple[Line, ...]) -> State:
    plugins = dict(state.plugins)
    for each in moves:
        plugins.pop(each.id, None)
        if each.installed:
            plugins[each.id] = each.installed
    return State(
        generation=state.generation + 1,
        plugins=dict(sorted(plugins.items())),
        history=history,
        former={each.id: Former(state.plugins.get(each.id), was_off[each.id]) for each in moves},
    )


def _way_back(state: State) -> tuple[int, list[Move]]:
    batch = undo_number(state)
    if not batch:
        raise UserError("There is nothing to take back.")
    titles = {each.change.id: each.change.title for each in state.history if each.batch == batch}
    moves = []
    for plugin_id, former in state.former.items():
        back, now = former.installed, state.plugins.get(plugin_id)
        if back and back.lib and not back.lib.is_dir():
            message = f"The change can't be taken back: the files of {back.id} {back.version} are gone."
            raise UserError(message, hint="Install that version again.")
        versions = (now.version if now else "", back.version if back else "")
        title = titles.get(plugin_id, plugin_id)
        moves.append(Move(Act.UNDO, plugin_id, title, back, former.off, *versions, back.source if back else None))
    return batch, moves


def _toggled(history: tuple[Line, ...], batch: int, *, undone: bool) -> tuple[Line, ...]:
    """Mark the lines of a batch as taken back or not; taking back an undo brings back what that had taken back."""
    marked = tuple(
        replace(each, change=replace(each.change, undone=undone)) if each.batch == batch else each for each in history
    )
    for each in [line for line in marked if line.batch == batch and line.undoes]:
        marked = _toggled(marked, each.undoes, undone=not undone)
    return marked
