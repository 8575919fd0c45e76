"""HOME/exports: a folder for each export with its report, its page and its cases."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import UserError
from desktop_app.core.exports.report import ExportReport, report_of
from desktop_app.core.nearest import nearest
from desktop_app.services.exports import placing
from desktop_app.services.exports.isolation import leftovers
from desktop_app.services.files import write_atomically

REPORT, PAGE, CASES, WORK = "report.json", "report.html", "cases", "work"
REJECTED, UNPROVEN = "rejected.onnx", "unproven.onnx"
"""A model that was wrong, and one in doubt that would have replaced another file."""
_ID = re.compile(r"e-\d{8}-[0-9a-z]{4}")
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_DAY = 24 * 3600
_MOST_CASES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ExportStore:
    """The exports that are kept. Every method blocks: these are files."""

    root: Path

    def begin(self, now: datetime | None = None) -> str:
        """Make the folder of a new export, for its owner alone, and return its id."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        day = (now or datetime.now(UTC)).strftime("%Y%m%d")
        while True:
            name = f"e-{day}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
            with contextlib.suppress(FileExistsError):
                (self.root / name / WORK).mkdir(parents=True, mode=0o700)
                leftovers.own(self.root / name)
                return name

    def folder(self, name: str) -> Path:
        """Return an export's folder. Raises UserError for what is no export's name."""
        if not _ID.fullmatch(name):
            raise UserError(f"“{name}” is no export.", hint="`rankzero export --list` shows them.")
        return self.root / name

    def write(self, report: ExportReport) -> None:
        """Keep a report, replacing an older one of the same export."""
        text = json.dumps(report.document(), indent=1, ensure_ascii=False)
        write_atomically(self.folder(report.id) / REPORT, text + "\n")

    def report(self, name: str) -> ExportReport:
        """Return one report. Raises UserError where there is none, or none that can be read."""
        path = self.folder(name) / REPORT
        try:
            return report_of(json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            known = [each.name for each in self._folders()]
            raise UserError(f"There is no export “{name}”.", hint=nearest(name, known)) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"The report of “{name}” can't be read.", details=f"{path}: {error}") from error

    def reports(self) -> list[ExportReport]:
        """Return all reports that can be read, newest first."""
        found = []
        for folder in self._folders():
            with contextlib.suppress(UserError):
                found.append(self.report(folder.name))
        return sorted(found, key=lambda each: (each.created, each.id), reverse=True)

    def finish(self, name: str) -> None:
        """Keep an export's cases, unless they are large, and drop everything else that its tasks wrote."""
        folder = self.folder(name)
        cases = folder / WORK / CASES
        if cases.is_dir() and sum(each.stat().st_size for each in cases.iterdir()) <= _MOST_CASES:
            with contextlib.suppress(OSError):
                cases.rename(folder / CASES)
        shutil.rmtree(folder / WORK, ignore_errors=True)
        (folder / leftovers.OWNER).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Forget an export; the ONNX file, where it was written to, stays."""
        shutil.rmtree(self.folder(name), ignore_errors=True)

    def sweep(self) -> None:
        """Remove what exports that were killed left: folders without a report that nobody works in, half a copy."""
        for folder in self._folders():
            if leftovers.is_left(folder) or _is_old(folder):
                placing.clear(folder)
                (folder / leftovers.OWNER).unlink(missing_ok=True)
                if not (folder / REPORT).exists():
                    shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [each for each in sorted(self.root.iterdir()) if _ID.fullmatch(each.name) and each.is_dir()]


def _is_old(folder: Path) -> bool:
    """Whether a folder without an owner hasn't been touched for a day."""
    try:
        return not (folder / leftovers.OWNER).exists() and time.time() - folder.stat().st_mtime > _DAY
    except OSError:
        return False
