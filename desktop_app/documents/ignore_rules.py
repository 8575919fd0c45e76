"""The ignore file of a code folder: which of its lines leaves which file out, as azure-ai-ml reads it.

Source: azure-ai-ml 1.35.2, `_utils/_asset_utils.py`: an `.amlignore` in the code folder, even an empty one, switches
its `.gitignore` off; ignore files further down count for nothing; the last pattern that matches decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from desktop_app.api import Diagnostic, Severity

IGNORE_FILES = (".amlignore", ".gitignore")
"""The first of them that is there counts, alone."""
_SECRET_NAMES = re.compile(
    r"\.env(\..+)?|.*\.(pem|key|pfx|p12|ppk|keystore|jks)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pypirc|\.npmrc|"
    r"credentials(\.json)?|.*service[-_]?account.*\.json|azureprofile\.json|accesstokens\.json|kubeconfig",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"\.env\.(example|sample|template|dist)|.*\.(example|sample|template)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ignore file; `line` starts at 1."""

    line: int
    text: str
    pattern: GitIgnoreSpecPattern


class Rules:
    """The patterns of the ignore file that counts; `name` is empty where there is none."""

    def __init__(self, name: str, lines: Sequence[str]) -> None:
        self.name = name
        made = [(at, line, _pattern(line)) for at, line in enumerate(lines, 1)]
        self._rules = [Rule(at, line.strip(), pattern) for at, line, pattern in made if pattern is not None]
        self._re_includes = any(each.pattern.include is False for each in self._rules)

    def with_lines(self, lines: Sequence[str]) -> Rules:
        """Return the rules with more of them at the end, which have no line of their own in the file (0)."""
        more = Rules(self.name, ())
        own = [Rule(0, line, pattern) for line in lines if (pattern := _pattern(line)) is not None]
        more._rules = [*self._rules, *own]
        more._re_includes = any(each.pattern.include is False for each in more._rules)
        return more

    def deciding(self, path: str) -> Rule | None:
        """Return the last rule that matches a file's path, relative and with slashes; it may take the file in again."""
        return next((each for each in reversed(self._rules) if each.pattern.match_file(path) is not None), None)

    def ignores(self, path: str) -> bool:
        """Whether the rule that decides leaves a file out."""
        rule = self.deciding(path)
        return rule is not None and bool(rule.pattern.include)

    def prunes(self, folder: str) -> bool:
        """Whether nothing in a folder can go along."""
        return not self._re_includes and self.ignores(f"{folder}/")


def _pattern(line: str) -> GitIgnoreSpecPattern | None:
    if line.strip() in ("/", "!/"):
        return None  # says nothing to azure-ai-ml, everything to pathspec
    try:
        pattern = GitIgnoreSpecPattern(line)
    except ValueError:
        return None
    return None if pattern.include is None else pattern


def _is_refused(line: str) -> bool:
    """Whether azure-ai-ml stops at a line: a lone “!”, a backslash at the end."""
    if not line.strip() or line.strip() in ("/", "!/"):
        return False
    try:
        GitIgnoreSpecPattern(line)
    except ValueError:
        return True
    return False


def read_rules(folder: Path) -> tuple[Rules, tuple[Diagnostic, ...]]:
    """Return the rules that count in a folder; what can't be read is said, and then nothing is left out."""
    for name in IGNORE_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
        except OSError as error:
            message = f"{name} can't be read, so nothing is left out: {error.strerror}."
            return Rules(name, ()), (Diagnostic(Severity.WARNING, "ignore-file", message, "code"),)
        lines = _lines(text)
        return Rules(name, lines), tuple(_refusals(name, lines))
    return Rules("", ()), ()


def _refusals(name: str, lines: Sequence[str]) -> Iterator[Diagnostic]:
    for at, line in enumerate(lines, 1):
        if _is_refused(line):
            message = f"Line {at} of {name}, “{line}”, is no pattern, and Azure ML's upload stops there: remove it."
            yield Diagnostic(Severity.ERROR, "ignore-pattern", message, "code")


def _lines(text: str) -> list[str]:
    """Part a text where Python's text files do: splitlines would also part at form feeds and the like."""
    return [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def is_secret(target: str) -> bool:
    """Whether a file is by its name a key, a password file or the like."""
    name = target.rpartition("/")[2]
    return bool(_SECRET_NAMES.fullmatch(name)) and not _HARMLESS.fullmatch(name) and not target.startswith(".git/")
