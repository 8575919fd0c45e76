"""The set-up's environments: made once, shared, resumed after a kill, offline later. Real pip, tiny wheels."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from installer import environments
from installer.environments import Journal, Recipe
from installer.locks import held
from installer.say import SetupError
from tests.helpers.waiting import wait_until
from tests.helpers.wheels import write_wheel

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"tiny{letter}" for letter in "abcdefg"]


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """Seven packages, so two batches, that pip finds in a folder and nowhere else."""
    for name in NAMES:
        write_wheel(tmp_path / "wheels", name)
    for name in [each for each in os.environ if each.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    constraints = tmp_path / "tiny.txt"
    constraints.write_text("# a comment\n" + "".join(f"{name}==1.0\n" for name in NAMES))
    return Recipe("tiny", "Tiny environment", constraints)


def imported(folder: Path, names: list[str]) -> bool:
    """Whether the environment's Python finds the modules."""
    code = f"import {', '.join(names)}"
    return subprocess.run([environments.python_of(folder), "-c", code], check=False).returncode == 0


def test_an_environment_is_made_once_and_then_needs_nothing(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = environments.ensure(recipe, tmp_path / "cache")
    assert imported(folder, NAMES)
    said = capsys.readouterr().err
    assert all(f"/8 {name}==1.0" in said for name in NAMES)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    assert environments.ensure(recipe, tmp_path / "cache") == folder
    assert capsys.readouterr().err == ""


def test_another_list_is_another_folder(recipe: Recipe, tmp_path: Path) -> None:
    before = recipe.folder(tmp_path)
    recipe.constraints.write_text("tinya==1.0\n")
    assert recipe.folder(tmp_path) != before


def test_a_comment_changes_nothing(recipe: Recipe, tmp_path: Path) -> None:
    before = recipe.folder(tmp_path)
    recipe.constraints.write_text("# another\n\n" + recipe.constraints.read_text())
    assert recipe.folder(tmp_path) == before


def test_a_killed_set_up_goes_on_where_it_was(
    recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache"
    code = (
        "import sys; from pathlib import Path; from installer.environments import Recipe, ensure\n"
        f"ensure(Recipe('tiny', 'Tiny', Path({str(recipe.constraints)!r})), Path({str(cache)!r}))"
    )
    setup = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    journal = recipe.folder(cache) / environments.JOURNAL
    wait_until(lambda: journal.exists() and "done batch 0" in journal.read_text(), what="the first batch")
    setup.send_signal(signal.SIGKILL)
    setup.wait()
    folder = recipe.folder(cache)
    assert not environments.is_complete(folder)
    assert environments.ensure(recipe, cache) == folder
    assert imported(folder, NAMES)
    assert "tinya==1.0" not in capsys.readouterr().err, "the first batch is not done again"


def test_what_was_half_written_is_written_anew(recipe: Recipe, tmp_path: Path) -> None:
    """A pip that is killed leaves packages that look installed to the next one, but are not whole."""
    cache = tmp_path / "cache"
    folder = environments.ensure(recipe, cache)
    (folder / environments.STAMP).unlink()
    journal = folder / environments.JOURNAL
    journal.write_text("".join(f"{each}\n" for each in journal.read_text().splitlines() if "done batch 1" not in each))
    (environments.packages_of(folder) / "tinyg.py").unlink()
    (environments.packages_of(folder) / "tinyg-1.0.dist-info" / "RECORD").unlink()
    environments.ensure(recipe, cache)
    assert imported(folder, NAMES)


def test_an_environment_whose_python_is_gone_is_made_again(recipe: Recipe, tmp_path: Path) -> None:
    folder = environments.ensure(recipe, tmp_path / "cache")
    environments.python_of(folder).unlink()
    environments.ensure(recipe, tmp_path / "cache")
    assert imported(folder, NAMES)


def test_what_pip_said_last_comes_with_the_error(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    with pytest.raises(SetupError, match=r"tinya==1\.0, tinyb==1\.0") as caught:
        environments.ensure(recipe, tmp_path / "cache")
    assert any("tinya==1.0" in each for each in caught.value.details), caught.value.details


def test_an_environment_on_top_of_another_finds_both(recipe: Recipe, tmp_path: Path) -> None:
    base = environments.ensure(recipe, tmp_path / "cache")
    write_wheel(tmp_path / "wheels", "extra")
    constraints = tmp_path / "more.txt"
    constraints.write_text("extra==1.0\n")
    (tmp_path / "app.txt").write_text(recipe.constraints.read_text())
    folder = environments.ensure(Recipe("more", "More", constraints, base), tmp_path / "cache")
    assert imported(folder, ["extra", *NAMES])
    assert not imported(base, ["extra"])


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    code = "import sys; from pathlib import Path; from installer.locks import held\nwith held(Path(sys.argv[1])): pass"
    with held(lock):
        second = subprocess.Popen([sys.executable, "-c", code, str(lock)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        assert second.poll() is None
    assert second.wait(30) == 0
    second.stderr.close()


def test_the_journal_knows_what_was_begun_and_what_is_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert not journal.begin("batch 0")
    journal.add("batch 0")
    assert not journal.begin("batch 1")
    again = Journal(tmp_path / "journal")
    assert again.done == {"batch 0"}
    assert again.begin("batch 1")
