"""Environments tried by the real uv from small real wheels in a folder; no network."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.core.environments import Curated
from desktop_app.services.environments import trying
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.pythons import is_like
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.trying import Trial, Trials, Wish
from tests.helpers.wheels import write_wheel

OWN = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    write_wheel(folder, "tinything")
    files = {
        "other_name/__init__.py": "",
        "tests/__init__.py": "raise RuntimeError\n",
        "_hidden.py": "raise RuntimeError\n",
    }
    write_wheel(folder, "two_faced", files=files)
    write_wheel(folder, "brokenthing", files={"brokenthing.py": "raise RuntimeError('no library libx\\nmore')\n"})
    write_wheel(folder, "crashing", files={"crashing.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"})
    write_wheel(folder, "sleepy", files={"sleepy.py": "import time\ntime.sleep(600)\n"})
    write_wheel(
        folder,
        "curious",
        files={"curious.py": "import os, sys\nassert not os.listdir('.')\nassert '' not in sys.path\n"},
    )
    write_wheel(folder, "bare", files={})
    return folder


@pytest.fixture(autouse=True)
def _offline(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip, and so uv, know the folder of wheels alone."""
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")


class Tries:
    """Tries lists of packages, or a conda file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "trials"
        self.trials = Trials(self.root, folder / "uv", patience=60)
        self.said: list[str] = []

    async def __call__(self, *lines: str, conda: str = "", imports: Sequence[str] = (), **more: str | bool) -> Trial:
        path = self.folder / ("conda.yml" if conda else "requirements.txt")
        path.write_text(conda or "\n".join(lines) + "\n")
        environment = Reader(EnvironmentCatalogue()).read(str(path))
        wish = Wish(environment, tuple(imports), **more)  # type: ignore[arg-type]
        return await self.trials.run(wish, lambda message, _part: self.said.append(message))

    def left(self) -> list[str]:
        """Return what lies in the cache beside lock files."""
        return sorted(each.name for each in self.root.glob("*") if not each.name.endswith(".lock"))


@pytest.fixture
def tries(tmp_path: Path) -> Tries:
    return Tries(tmp_path)


async def test_what_works_is_said_with_where_it_was_tried(tries: Tries) -> None:
    trial = await tries("tinything==1.0", "two-faced")
    assert trial.works
    assert [(each.module, each.package, each.error) for each in trial.imports] == [
        ("tinything", "tinything", ""),
        ("other_name", "two-faced", ""),
    ]
    assert trial.installed["tinything"] == "1.0"
    assert trial.said == f"Tried on this machine's Python {trial.python}, Linux, CPU: not the image."
    assert trial.python.startswith(OWN)
    assert "Importing tinything" in tries.said


async def test_a_second_try_is_quick_and_another_content_is_made_anew(tries: Tries) -> None:
    first = await tries("tinything")
    assert not first.reused
    assert (await tries("tinything")).reused
    assert not (await tries("tinything", "bare")).reused
    for each in ("two-faced", "curious", "brokenthing"):
        await tries(each)
    assert len(tries.left()) == 3, "only the last few are kept"


async def test_what_fails_says_its_first_line(tries: Tries) -> None:
    trial = await tries("brokenthing", "crashing", "tinything", "curious")
    assert (trial.works, trial.failure) == (False, "")
    assert [each.error for each in trial.imports] == [
        "RuntimeError: no library libx", "Python was killed by SIGSEGV at this import.", "", "",
    ]  # fmt: skip
    assert "Traceback" in trial.imports[0].details


async def test_an_import_that_does_not_end_is_ended(tries: Tries) -> None:
    tries.trials = Trials(tries.root, tries.folder / "uv", patience=1.5)
    trial = await tries("sleepy")
    assert trial.imports[0].error == "The import did not end within 1.5 seconds."


async def test_packages_that_can_not_be_had_leave_nothing_behind(tries: Tries) -> None:
    trial = await tries("nosuchthing==9.9", "tinything")
    assert not trial.works
    assert "nosuchthing" in trial.failure
    assert trial.imports == ()
    assert tries.left() == []


async def test_cancelling_leaves_nothing_behind(tries: Tries) -> None:
    begun = asyncio.Event()
    path = tries.folder / "requirements.txt"
    path.write_text("sleepy\n")
    wish = Wish(Reader(EnvironmentCatalogue()).read(str(path)))

    def progress(message: str, _part: float | None) -> None:
        if message.startswith("Making"):
            begun.set()

    task = asyncio.create_task(tries.trials.run(wish, progress))
    await asyncio.wait_for(begun.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tries.left() == []


async def test_what_conda_installs_is_said_as_not_tried(tries: Tries) -> None:
    conda = "dependencies: [python=2.7, numpy=1.26, pip, {pip: [tinything, -e ./x, ./y.whl]}]\n"
    trial = await tries(conda=conda)
    assert trial.works
    assert [(each.written, each.hindrance) for each in trial.not_tried] == [
        ("numpy=1.26", "conda installs it"),
        ("-e ./x", "an editable install"),
        ("./y.whl", "a local path"),
    ]
    assert "(the file asks for 2.7)" in trial.said


async def test_local_paths_are_installed_where_that_is_allowed(tries: Tries, wheels: Path) -> None:
    wheel = next(wheels.glob("tinything-*"))
    trial = await tries(str(wheel), imports=["tinything", "gone"], allow_local=True)
    assert [(each.module, each.error) for each in trial.imports] == [
        ("tinything", ""), ("gone", "ModuleNotFoundError: No module named 'gone'"),
    ]  # fmt: skip


async def test_a_python_that_is_not_here_names_the_nearest(tries: Tries) -> None:
    with pytest.raises(UserError, match=r"Python 2\.7 is not on this machine") as refused:
        await tries("tinything", python="2.7")
    assert "--python 3." in refused.value.hint
    assert (await tries("tinything", python=OWN)).works


async def test_nothing_to_try_is_said(tries: Tries) -> None:
    with pytest.raises(UserError, match="no packages that pip installs"):
        await tries(conda="dependencies: [python=3.11, numpy]\n")


async def test_a_place_that_can_not_be_written_is_the_outside_worlds_fault(tries: Tries) -> None:
    tries.root.write_text("in the way")
    with pytest.raises(OutsideError, match="can't be made"):
        await tries("tinything")


@pytest.mark.parametrize(
    ("version", "wanted", "like"), [("3.11.7", "3.11", True), ("3.11.7", "3.1", False), ("3.9.1", "3", True)]
)
def test_pythons_are_alike_by_their_first_two_numbers(version: str, wanted: str, like: bool) -> None:
    assert is_like(version, wanted) is like


def test_what_is_installed_is_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("azure-keyvault-secrets==4.8.0\nb @ https://me:geheim@host/b.whl\n")
    environment = Reader(EnvironmentCatalogue()).read(str(tmp_path / "requirements.txt"))
    assert trying._parted(Wish(environment))[0] == ["azure-keyvault-secrets==4.8.0"]
    lines, _ = trying._parted(Wish(environment, allow_local=True))
    assert lines[1] == "b @ https://me:geheim@host/b.whl"
    assert [trying._without_password(each) for each in lines] == [lines[0], "b @ https://me:•••@host/b.whl"]


async def test_a_curated_environment_is_tried_without_local_labels(tries: Tries) -> None:
    reader = Reader(EnvironmentCatalogue())
    environment = reader.of_curated(Curated("mine", packages={"tinything": "1.0+cu126"}))
    trial = await tries.trials.run(Wish(environment), lambda _message, _part: None)
    assert trial.works, trial.failure
    assert "Without its label: tinything==1.0+cu126." in trial.said
    assert trial.installed["tinything"] == "1.0"


async def test_a_label_that_can_not_be_had_is_explained(tries: Tries) -> None:
    trial = await tries("tinything==1.0+cu126")
    assert not trial.works
    assert trial.failure.endswith(
        "A label such as +cu126 names a build of another index than the one that is asked here."
    )
    assert "label" not in (await tries("nothing-like-it")).failure
