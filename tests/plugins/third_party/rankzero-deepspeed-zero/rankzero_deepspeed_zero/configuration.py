"""DeepSpeed's configuration as one word of a command: JSON in base64, which DeepSpeed takes in place of a file."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import hjson  # type: ignore[import-not-found]

from desktop_app.api import Job, simple_commands

OPTIONS = ("--deepspeed_config", "--deepspeed")


@dataclass(frozen=True)
class Found:
    """A configuration in a command: the word that it stands in, and what it says."""

    word: str
    says: Mapping[str, Any]

    @property
    def zero(self) -> Mapping[str, Any]:
        """What it says of ZeRO."""
        zero = self.says.get("zero_optimization")
        return zero if isinstance(zero, dict) else {}

    @property
    def stage(self) -> int:
        """The stage; 0, DeepSpeed's own default, where none is said."""
        stage = self.zero.get("stage", 0)
        return stage if isinstance(stage, int) else 0

    def offloads(self, what: str) -> bool:
        """Whether `optimizer` or `param` is kept outside the GPU."""
        told = self.zero.get(f"offload_{what}")
        return isinstance(told, dict) and told.get("device", "none") != "none"

    def count(self, key: str) -> int | None:
        """Return a positive whole number, None for “auto” and whatever else is none."""
        value = self.says.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

    def is_on(self, key: str) -> bool:
        """Whether a precision is enabled."""
        told = self.says.get(key)
        return isinstance(told, dict) and told.get("enabled") is True


def encode(says: Mapping[str, Any]) -> str:
    """Return a configuration as the word that DeepSpeed decodes."""
    return base64.urlsafe_b64encode(json.dumps(says, separators=(",", ":")).encode()).decode()


def decode(word: str) -> Mapping[str, Any] | None:
    """Return what a word says, read as DeepSpeed reads it; None for a path or whatever else is no configuration."""
    try:
        says = hjson.loads(base64.b64decode(word, altchars=b"-_", validate=True).decode())
    except (binascii.Error, UnicodeError, ValueError):
        return None
    return dict(says) if isinstance(says, dict) else None


def found_in(job: Job) -> Iterator[Found]:
    """Yield the configurations that the job's command holds itself; files are not read."""
    for words in simple_commands(job.command):
        for word in _values(words):
            says = decode(word)
            if says is not None:
                yield Found(word, says)


def _values(words: list[str]) -> Iterator[str]:
    """Yield what is given to DeepSpeed's options."""
    for number, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in OPTIONS and equals:
            yield value
        elif word in OPTIONS and number + 1 < len(words):
            yield words[number + 1]
