"""Who imports whom, by allow-lists: a package or room that is new has to be let in by name (docs/architecture.md)."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSE = "desktop_app"

# Each room with the rooms and packages that its files may import, beside the standard library and themselves.
MAY_IMPORT = {
    "places": {"platformdirs"},
    "processes": {"psutil"},
    "api": {"pluggy"},
    "core": {"api"},
    "documents": {"api", "core", "places", "ruamel", "yaml", "yaml_edit", "pathspec"},
    "services": {
        "api", "core", "documents", "places", "processes", "packaging", "platformdirs", "psutil", "tensorboard", "uv",
    },
    "services/plugins/installing/finding/index_worker": {"httpx2", "packaging", "unearth"},
    "backends": {"api", "core", "documents", "places", "processes", "worker"},
    "backends/azureml/gateway": {"azure", "certifi", "httpx", "keyring", "msal"},
    "worker": {"psutil"},
    "worker/kit": {"numpy", "rankzero_kit"},
    "worker/onnx_tools": {"numpy", "onnx", "onnxruntime", "rankzero_kit"},
    "compose": {"api", "places", "services", "backends"},
    "cli": {"api", "app", "compose", "core", "documents", "places", "services"},
    "presenters": {"api", "core", "documents", "services"},
    "ui": {
        "api", "core", "documents", "places", "presenters", "services",
        "PySide6", "numpy", "pyqtgraph", "qasync", "qtawesome", "shiboken6",
    },
    "app": {"compose", "places", "services", "ui", "PySide6", "qasync"},
    "__main__": {"cli", "core"},
}  # fmt: skip

# What a plugin's worker tasks may import: `worker_tasks.py`, and the folders `*_export` beside it.
IN_A_WORKER = {
    "numpy", "rankzero_kit", "torch", "onnx", "onnxscript", "onnx_ir", "transformers", "safetensors", "tensorflow",
    "keras", "tf2onnx", "h5py",
}  # fmt: skip
# What pure code needs no more than: nothing that reads, writes, waits, tells the time or starts anything.
CORE_NEEDS = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "difflib", "enum", "functools", "itertools",
    "json", "math", "pathlib", "random", "re", "shlex", "statistics", "struct", "types", "typing",
}  # fmt: skip
TOUCHES_THE_WORLD = {
    "exists", "is_file", "is_dir", "iterdir", "glob", "rglob", "open", "stat", "resolve", "mkdir", "unlink", "cwd",
    "read_text", "read_bytes", "write_text", "write_bytes", "home", "expanduser", "now", "today",
}  # fmt: skip
# A door between two rooms that one file alone may use.
ONLY_HERE = {("cli", "app"): {"desktop_app/cli/open_window.py"}}


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module
            names = (each.name for each in node.names)
            yield from (f"{HOUSE}.{each}" for each in names) if node.module == HOUSE else (node.module,)


def runs_in_a_worker(path: Path) -> bool:
    """Whether a plugin's file is one that a toolchain's interpreter alone imports."""
    return path.stem == "worker_tasks" or any(each.name.endswith("_export") for each in path.parents)


def neighbours(path: Path) -> Iterator[str]:
    """Yield the parts of the names that a file imports relatively."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from (node.module or "").split(".")
            yield from (each.name for each in node.names)


def files_of(room: str) -> list[Path]:
    """Return a room's files, without those of a room within it."""
    folder = ROOT / HOUSE / room
    inner = [ROOT / HOUSE / each for each in MAY_IMPORT if each.startswith(f"{room}/")]
    found = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    return [path for path in found if not any(path.is_relative_to(each) for each in inner)]


def foreign(path: Path) -> Iterator[str]:
    """Yield what a file imports beside the standard library: rooms of the house by their own names."""
    for module in imports(path):
        top, _, rest = module.partition(".")
        if top == HOUSE:
            yield rest.partition(".")[0]
        elif top not in sys.stdlib_module_names:
            yield top


def test_every_room_is_on_the_list() -> None:
    there = {each.stem for each in (ROOT / HOUSE).iterdir() if each.suffix == ".py" or (each / "__init__.py").exists()}
    assert there - {"__init__", "_shipped"} == {each for each in MAY_IMPORT if "/" not in each}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_what_it_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room, "__version__", "__init__"}
    wrong = {str(path.relative_to(ROOT)): set(foreign(path)) - allowed for path in files_of(room)}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_what_talks_to_azure_is_started_and_never_imported() -> None:
    gateway = f"{HOUSE}.backends.azureml.gateway"
    assert not [
        path
        for room in MAY_IMPORT
        for path in files_of(room)
        if any(f"{each}.".startswith(f"{gateway}.") for each in imports(path))
    ]


@pytest.mark.parametrize(("rooms", "where"), ONLY_HERE.items(), ids=str)
def test_a_door_is_used_by_one(rooms: tuple[str, str], where: set[str]) -> None:
    room, other = rooms
    assert {str(path.relative_to(ROOT)) for path in files_of(room) if other in set(foreign(path))} == where


def test_the_core_is_pure() -> None:
    for path in files_of("core"):
        tops = {each.partition(".")[0] for each in imports(path)}
        assert tops <= CORE_NEEDS | {HOUSE}, path
        called = {
            node.func.attr for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }  # fmt: skip
        assert not called & TOUCHES_THE_WORLD, path


@pytest.mark.parametrize("plugin", sorted(each.name for each in (ROOT / "plugins").iterdir() if each.is_dir()))
def test_a_plugin_knows_the_api_and_its_own_files(plugin: str) -> None:
    """Neither other parts of the house, nor the api's inner modules, nor its sister plugins."""
    for path in sorted((ROOT / "plugins" / plugin).rglob("*.py")):
        outside = {each for each in imports(path) if each.partition(".")[0] not in sys.stdlib_module_names}
        if runs_in_a_worker(path):
            assert {each.partition(".")[0] for each in outside} <= IN_A_WORKER, path
            continue
        assert outside <= {"desktop_app.api", "desktop_app.api.kit", "desktop_app.api.testing"}, path
        assert not any(each == "worker_tasks" or each.endswith("_export") for each in neighbours(path)), path
        levels = [
            node.level for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
        ]
        assert max(levels, default=0) <= len(path.relative_to(ROOT / "plugins" / plugin).parts), path


def test_the_architecture_page_says_what_holds() -> None:
    """Its table of rooms and MAY_IMPORT are the same."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = [each.split("|") for each in page.splitlines() if each.startswith("| `desktop_app/")]
    told = {
        row[1].strip().strip("`").removeprefix("desktop_app/").rstrip("/").removesuffix(".py"): row[3] for row in rows
    }
    assert told.keys() == MAY_IMPORT.keys()
    for room, cell in told.items():
        said = {each.strip() for each in cell.split(";")[0].split(",")} - {"–"}
        assert said == MAY_IMPORT[room], room


STARTED = """
import sys
from desktop_app.app import first_paint

application, window = first_paint(sys.argv[1], print)
print("\\n".join(sys.modules))
"""
AT_WORK = """
from desktop_app.compose import open_workbench

workbench = open_workbench(sys.argv[1])
workbench.plugins.load()
assert workbench.plugins.wizards()
print("\\n".join(sys.modules))
"""
FRAMEWORKS = {
    "torch",
    "tensorflow",
    "tensorboard",
    "horovod",
    "onnx",
    "mlflow",
    "azure",
    "httpx",
    "httpx2",
    "unearth",
    "msal",
    "transformers",
}


@pytest.mark.parametrize(
    ("code", "rooms"), [(STARTED, {"services", "compose", "backends", "cli", "worker"}), (STARTED + AT_WORK, {"cli"})],
    ids=["first paint", "at work"],
)  # fmt: skip
def test_the_window_holds_no_framework_and_paints_before_it_has_services(
    code: str, rooms: set[str], tmp_path: Path
) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RANKZERO_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "home")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    modules = set(done.stdout.split())
    assert "PySide6.QtWidgets" in modules
    assert not {each.partition(".")[0] for each in modules} & FRAMEWORKS
    assert not [each for each in modules if each.startswith(tuple(f"{HOUSE}.{room}" for room in rooms))]
