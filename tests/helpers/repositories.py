"""Git repositories for tests, untouched by what the person has configured."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_PLAIN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def make_repository(folder: Path, address: str) -> None:
    """Make a folder a repository with all that is in it as its one commit, on the branch main."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", address)
    git(folder, "add", ".")
    git(folder, *_AUTHOR, "commit", "--quiet", "--allow-empty", "--message", "All")


def git(folder: Path, *arguments: str) -> str:
    """Return what git says."""
    told = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **_PLAIN}, capture_output=True, check=True, text=True
    )
    return told.stdout.strip()
