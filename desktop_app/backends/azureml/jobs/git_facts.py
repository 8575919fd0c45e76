"""Which commit a job's code is, asked of git where the code lies; the SDK sends it along as the run's properties."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from desktop_app.api import PlannedFile

_PATIENCE = 10.0
"""Seconds for one question: the folder may be on a network drive."""
_CODE = "code/"
REPOSITORY, BRANCH, COMMIT, DIRTY = (f"AZUREML_GIT_{name}" for name in ("REPOSITORY_URI", "BRANCH", "COMMIT", "DIRTY"))
"""The variables by which azure-ai-ml 1.35.2 takes these properties instead of asking git itself."""


def git_variables(folder: Path | None) -> Mapping[str, str]:
    """Return what git says of a folder, as the SDK's variables; empty where it is in no repository, or git is missing.

    What a person has set of these variables stays as it is.
    """
    if folder is None or _git(folder, "rev-parse", "--is-inside-work-tree") != "true":
        return {}
    changed = _git(folder, "status", "--porcelain", ".")
    found = {
        REPOSITORY: without_secret(_git(folder, "ls-remote", "--get-url") or ""),
        BRANCH: _git(folder, "symbolic-ref", "--short", "HEAD"),
        COMMIT: _git(folder, "rev-parse", "HEAD"),
        DIRTY: None if changed is None else str(bool(changed)),
    }
    return {name: text for name, text in found.items() if text and not os.environ.get(name)}


def code_folder(files: Iterable[PlannedFile]) -> Path | None:
    """Return the folder that a plan's code is taken from."""
    for each in files:
        inner = each.target.removeprefix(_CODE)
        if inner != each.target and each.source.replace(os.sep, "/").endswith(f"/{inner}"):
            return Path(each.source[: -len(inner)])
    return None


def without_secret(url: str) -> str:
    """Return a repository's address without the name and password that some write into it."""
    parts = urlsplit(url) if "://" in url else None
    if parts is None or "@" not in parts.netloc or parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git(folder: Path, *question: str) -> str | None:
    """Return git's answer, None where it has none."""
    program = shutil.which("git")
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, "--no-optional-locks", *question], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL,
            timeout=_PATIENCE, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.decode("utf-8", "replace").strip()
