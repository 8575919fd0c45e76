"""The walls between the rooms: import-linter's contracts, no Qt below the window, a front door that costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.__main__ import VERBS
from installer.checks import WITHOUT_QT

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("PySide6", "qasync", "pyqtgraph", "torch", "tensorflow", "tensorboard", "onnx", "azure", "mlflow")


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run this Python in the clone."""
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def modules_after(code: str) -> set[str]:
    """Return the top-level modules and the house's own ones that a fresh Python holds after `code`."""
    done = python("-c", f"{code}\nimport sys; print('\\n'.join(sorted(sys.modules)), file=sys.stderr)")
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_import_linter_holds_every_contract() -> None:
    done = python("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    assert done.returncode == 0, done.stdout + done.stderr


def test_unit_and_services_are_collected_without_qt() -> None:
    """That they also pass without it is a check of its own in `installer/bootstrap.py test`."""
    done = python("-m", "pytest", "-q", "--collect-only", *WITHOUT_QT, "tests/unit", "tests/services")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_blocker_blocks() -> None:
    done = python("-c", "import tests.helpers.no_qt, PySide6")
    assert done.returncode != 0
    assert "No module named 'PySide6'" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["runns"]])
def test_help_and_wrong_words_import_next_to_nothing(arguments: list[str]) -> None:
    modules = modules_after(f"from desktop_app.__main__ import main\nmain({arguments!r})")
    own = {each for each in modules if each.startswith("desktop_app")}
    assert own <= {"desktop_app", "desktop_app.__main__", "desktop_app.core", "desktop_app.core.nearest"}
    assert not modules & {"argparse", "asyncio", "pluggy", "platformdirs", "json", "importlib.metadata", *HEAVY}


@pytest.mark.parametrize("module", sorted(VERBS.values()))
def test_no_verb_imports_qt_or_a_framework(module: str) -> None:
    assert not modules_after(f"import desktop_app.cli.{module}") & set(HEAVY)
