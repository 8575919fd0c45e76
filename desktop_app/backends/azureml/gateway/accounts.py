"""Whose token is wanted, a token, and that a way to get one is not set up here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .faults import Fault

_MARGIN = 300.0  # seconds before its end at which a token is renewed
_NEW = 60.0  # seconds for which a token is new

Prompt = Callable[[Mapping[str, str]], None]
"""Called with what a person has to do: `url`, `code` and `message`."""


@dataclass(frozen=True)
class Token:
    """A token and when it ends, in seconds since the epoch."""

    value: str
    expires_on: float
    had_at: float = field(default_factory=time.monotonic)

    @property
    def is_fresh(self) -> bool:
        """Whether it will hold for a while yet; a new one is, however wrong this computer's clock is."""
        return time.time() < self.expires_on - _MARGIN or time.monotonic() < self.had_at + _NEW


@dataclass(frozen=True)
class Account:
    """Whose token is wanted: where to sign in, to which tenant ("" for the person's own), and how.

    `client` is the application that was typed for it, whose secret the keyring has, or nobody any more.
    """

    authority: str
    tenant: str
    method: str
    management: str
    subscription: str = ""
    name: str = ""
    client: str = ""


class Getter(Protocol):
    """Gets a token; blocks."""

    def __call__(self, scope: str, *, renew: bool = False) -> Token:
        """Return a token for a scope, had anew where the last one was refused. Raises Fault."""


class Unavailable(Fault):
    """This way is not set up here; another one may do."""

    def __init__(self, said: str, hint: str = "") -> None:
        super().__init__("signed-out", said, hint=hint, code="unavailable")
