"""What a plugin that runs in this process raises is an outcome."""

from __future__ import annotations

from typing import Any, cast

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.api._plugins import ImportedPlugin
from desktop_app.services.plugins.calling import called
from desktop_app.services.plugins.processes import FaultError, RefusedError


class Told:
    """A plugin whose hook raises what it is told to, or returns it."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def call(self, hook: str, **arguments: Any) -> list[Any]:
        if isinstance(self._answer, BaseException):
            raise self._answer
        return [self._answer]


def outcome(answer: object) -> Any:
    return called(cast("ImportedPlugin", Told(answer)), "environment_presets", {})


@pytest.mark.parametrize("error", [ValueError("no\n good"), SystemExit(3), RecursionError()])
def test_what_it_raises_is_a_fault(error: BaseException) -> None:
    fault = outcome(error)
    assert isinstance(fault, FaultError)
    assert fault.reason.startswith(f"Its hook environment_presets failed: {type(error).__name__}")
    assert "\n" not in fault.reason
    assert "Traceback" in fault.details


def test_a_refusal_keeps_what_it_says() -> None:
    error = OutsideError("No.")
    refused = outcome(error)
    assert isinstance(refused, RefusedError)
    assert refused.error is error
    assert isinstance(refused.error, UserError)


def test_a_wrong_result_is_a_fault_and_a_right_one_is_checked() -> None:
    assert isinstance(outcome([3]), FaultError)
    assert outcome([]) == [()]


def test_the_persons_own_interrupt_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        outcome(KeyboardInterrupt())
