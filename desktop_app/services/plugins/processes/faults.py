"""What may come of calling a plugin's process, when no answer comes of it."""

from __future__ import annotations

from desktop_app.api import OutsideError, UserError


class FaultError(Exception):
    """A plugin's process did not do what was asked of it.

    `reason` is a sentence on it; `details` are for its author; `problem` is a word of `PluginInfo`. It `counts` unless
    it is this machine that lacks something.
    """

    def __init__(self, problem: str, reason: str, details: str = "", *, counts: bool = True) -> None:
        super().__init__(reason)
        self.counts = counts
        self.problem = problem
        self.reason = reason
        self.details = details


class LostError(Exception):
    """The process was ended, or went with the nursery, by no fault of the plugin's."""


class RefusedError(Exception):
    """The plugin raised a UserError; `error` is it, `fault` what it is where nobody waits for one."""

    def __init__(self, error: UserError, fault: FaultError) -> None:
        super().__init__(str(error))
        self.error = error
        self.fault = fault


def refused(said: object, fault: FaultError) -> RefusedError | None:
    """Return the refusal that a process told of, None where that is none."""
    if not isinstance(said, list) or len(said) != 4 or not all(isinstance(each, str) for each in said[:3]):
        return None
    kind = OutsideError if said[3] is True else UserError
    return RefusedError(kind(said[0], hint=said[1], details=said[2]), fault)
