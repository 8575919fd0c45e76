"""The list of files is the SDK's own, over random folders with random rules and links."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.documents.upload import plan_upload

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
FOLDERS = 60
NAMES = (
    "a.py",
    "b.txt",
    "data",
    "keep",
    ".env",
    "x y",
    "Ü.txt",
    "c.PY",
    "#h",
    "!n",
    "a[1].txt",
    "build",
    "src",
    ".git",
)
RULES = (
    "*.py", "data/", "/data", "data/*", "!data/keep", "**/keep", "*.txt", "!b.txt", "x y", "a[1].txt", r"a\[1\].txt",
    r"\#h", r"\!n", "*", "!*.py", "!*/", "build/**", "**/src/*.py", "Ü*", "  ", "# c", "data/**/keep", "/", "**",
    "*/a.py", "[ab].*", ".git", ".*", "src/", "/src/data/", "?.py", "!src/a.py", "a.py ", "\ta.py", "data//x",
    "!/data/",
)  # fmt: skip
ASK = """
import json, sys
from azure.ai.ml._utils._asset_utils import get_ignore_file, get_upload_files_from_folder
for line in sys.stdin:
    folder = json.loads(line)
    found = get_upload_files_from_folder(folder, ignore_file=get_ignore_file(folder))
    print(json.dumps(sorted(target for _, target in found)), flush=True)
"""


def fill(folder: Path, dice: random.Random, outside: Path, depth: int = 0) -> None:
    """Make files, folders and links to what lies outside."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in dice.sample(NAMES, dice.randint(1, 6)):
        place, chance = folder / name, dice.random()
        if chance < 0.45 and depth < 3:
            fill(place, dice, outside, depth + 1)
        elif chance < 0.55:
            place.symlink_to(outside / dice.choice(("folder", "one.txt")))
        else:
            place.write_text("x")


def rule(folder: Path, dice: random.Random) -> None:
    """Write ignore files."""
    for name in (".amlignore", ".gitignore"):
        if dice.random() < 0.6:
            lines = dice.choices(RULES, k=dice.randint(0, 6))
            mark, newline = dice.choice(("", "\ufeff")), dice.choice(("\n", "\r\n"))
            (folder / name).write_bytes((mark + newline.join(lines)).encode())


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Random folders, the same ones each time."""
    dice = random.Random(20261121)
    (tmp_path / "out" / "folder").mkdir(parents=True)
    (tmp_path / "out" / "folder" / "far.py").write_text("x")
    (tmp_path / "out" / "one.txt").write_text("x")
    made = [tmp_path / f"p{each}" for each in range(FOLDERS)]
    for each in made:
        fill(each, dice, tmp_path / "out")
        rule(each, dice)
    return made


def test_the_files_are_those_that_the_sdk_would_take(folders: list[Path], azureml_python: Path) -> None:
    asked = "".join(f"{json.dumps(os.fspath(each))}\n" for each in folders)
    said = subprocess.run(
        [azureml_python, "-c", ASK], input=asked, capture_output=True, text=True, timeout=240, check=True
    )
    theirs = [json.loads(line) for line in said.stdout.splitlines()]
    ours = [sorted(each.path for each in plan_upload(folder).files) for folder in folders]
    assert ours == theirs
    assert sum(map(len, ours)) > FOLDERS  # there was something to compare
