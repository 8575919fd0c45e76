"""Where things lie: the person's state, caches, and the data files that ship with the program.

The lowest room beside `api/`: everyone may import it. State moves with `--home` or RANKZERO_HOME;
caches (toolchains, downloads) stay in the user's cache, or where RANKZERO_CACHE says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP = "rankzero"
_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Places:
    """Absolute folders and files of one person; nothing is created before it is needed."""

    home: Path
    cache: Path

    @property
    def runs(self) -> Path:
        """One folder per local run."""
        return self.home / "runs"

    @property
    def archive(self) -> Path:
        """The SQLite file that remembers every run."""
        return self.home / "archive.sqlite3"

    @property
    def settings(self) -> Path:
        """What the person chose, as JSON."""
        return self.home / "settings.json"

    @property
    def window(self) -> Path:
        """Geometry, open files and splitters of the window, as JSON."""
        return self.home / "window.json"

    @property
    def window_log(self) -> Path:
        """When the window started, and why it ended."""
        return self.home / "window.log"

    @property
    def drafts(self) -> Path:
        """Unfinished wizards and unsaved texts."""
        return self.home / "drafts"

    @property
    def lists(self) -> Path:
        """What the lists of cloud workspaces said last, a folder each."""
        return self.home / "lists"

    @property
    def exports(self) -> Path:
        """Exports to ONNX: a folder each, with its report and what it was checked with."""
        return self.home / "exports"

    @property
    def workers(self) -> Path:
        """Where workers work, a folder each; nothing stays there."""
        return self.cache / "workers"

    @property
    def plugins(self) -> Path:
        """The person's own plugins, a folder each."""
        return self.home / "plugins"

    @property
    def crashes(self) -> Path:
        """Reports of bugs, one file each."""
        return self.home / "crashes"

    @property
    def toolchains(self) -> Path:
        """Toolchains that this program made, keyed by what they hold."""
        return self.cache / "toolchains"

    @property
    def trials(self) -> Path:
        """Environments that were made to be tried; the last few are kept."""
        return self.cache / "trials"

    @property
    def fetched(self) -> Path:
        """What uv fetched, shared by toolchains and trials."""
        return self.cache / "uv"


def find_places(home: str | os.PathLike[str] | None = None) -> Places:
    """Return the places for `home`, else for RANKZERO_HOME, else for this platform's user folders."""
    chosen = home or os.environ.get("RANKZERO_HOME") or platformdirs.user_data_dir(APP, appauthor=False)
    cache = os.environ.get("RANKZERO_CACHE") or platformdirs.user_cache_dir(APP, appauthor=False)
    return Places(Path(chosen).expanduser().absolute(), Path(cache).expanduser().absolute())


def shipped(name: str) -> Path:
    """Return the folder `resources` or `plugins` that ships with the program, in a clone and in an installed wheel."""
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def pinned(name: str) -> tuple[str, ...]:
    """Return the packages of a toolchain of the program's own, every one with its version."""
    text = (shipped("resources") / "toolchains" / f"{name}.txt").read_text("utf-8")
    return tuple(each for each in text.splitlines() if each and not each.startswith("#"))
