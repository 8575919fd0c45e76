"""A wizard whose mistakes are messages: its functions are called on every keystroke, far from the host."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from desktop_app.api import Answers, Job, JobWizard, UserError, WizardContext, WizardStep
from desktop_app.api._plugins.results import misfit
from desktop_app.services.plugins.info import PluginInfo

T = TypeVar("T")


def guarded_wizard(info: PluginInfo, wizard: JobWizard) -> JobWizard:
    """Return the wizard with functions that raise nothing but UserError and return what they should."""

    def steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
        return tuple(_guarded(info, wizard, wizard.steps, tuple[WizardStep, ...], answers, context))

    def build(answers: Answers, context: WizardContext) -> Job:
        return _guarded(info, wizard, wizard.build, Job, answers, context)

    return dataclasses.replace(wizard, steps=steps, build=build)


def _guarded(info: PluginInfo, wizard: JobWizard, function: Callable[..., T], kind: Any, *arguments: object) -> T:
    try:
        with contextlib.redirect_stdout(sys.stderr):
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
