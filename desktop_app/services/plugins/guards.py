"""What stands between the house and a plugin that runs in it: one call at a time, prints, the mistakes of wizards."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, TextIO, TypeVar, cast

from desktop_app.api import Answers, Job, JobWizard, UserError, WizardContext, WizardStep
from desktop_app.api._plugins.results import misfit
from desktop_app.services.plugins.info import PluginInfo

T = TypeVar("T")
Turn = Callable[[], contextlib.AbstractContextManager[None]]


class Turns:
    """Lets plugins run one call at a time, on whatever thread; a call may lead to another on the same thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._streams: dict[int, _Parted] = {}

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Have the turn; what the plugin prints meanwhile goes to standard error: the answer is the verb's own."""
        with self.lock:
            if isinstance(sys.stdout, _Parted):
                yield  # a call that another one led to
                return
            parted = self._parted(sys.stdout)
            parted.thread = threading.get_ident()
            try:
                with contextlib.redirect_stdout(cast("TextIO", parted)):
                    yield
            finally:
                parted.thread = None

    def _parted(self, usual: TextIO) -> _Parted:
        """Return the stream for a standard output, always the same one.

        It must live on: a `print` on another thread holds it without a reference of its own while it writes, and a
        stream that goes in that moment takes the whole program along (Python 3.11).
        """
        return self._streams.setdefault(id(usual), _Parted(usual))


class _Parted:
    """Standard output for all threads but one, `thread`, whose text goes to standard error."""

    def __init__(self, usual: TextIO) -> None:
        self._usual = usual
        self.thread: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr if threading.get_ident() == self.thread else self._usual, name)


def guarded_wizard(info: PluginInfo, wizard: JobWizard, turn: Turn) -> JobWizard:
    """Return the wizard with functions that raise nothing but UserError and return what they should.

    They are called on every keystroke, far from the host, each as a plugin's `turn`.
    """

    def steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
        with turn():
            return tuple(_guarded(info, wizard, wizard.steps, tuple[WizardStep, ...], answers, context))

    def build(answers: Answers, context: WizardContext) -> Job:
        with turn():
            return _guarded(info, wizard, wizard.build, Job, answers, context)

    return dataclasses.replace(wizard, steps=steps, build=build)


def _guarded(info: PluginInfo, wizard: JobWizard, function: Callable[..., T], kind: Any, *arguments: object) -> T:
    try:
        result = function(*arguments)
        complaint = misfit(result, kind)
    except (KeyboardInterrupt, UserError):
        raise
    except BaseException as error:
        message = f"The wizard “{wizard.title}” of the plugin {info.name} failed: {type(error).__name__}: {error}"
        raise UserError(message, details="".join(traceback.format_exception(error, limit=-30))) from error
    if complaint:
        raise UserError(f"The wizard “{wizard.title}” of the plugin {info.name} failed: {complaint}.")
    return result
