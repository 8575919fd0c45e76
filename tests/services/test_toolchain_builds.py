"""Wheels are really built, by the toolchain's own pip and the C compiler, from source packages in a folder."""

import asyncio
import multiprocessing
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from desktop_app.api import OutsideError, SourceEdit, ToolchainSpec, WheelBuild
from desktop_app.places import Places
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains import Toolchains
from tests.helpers.source_packages import write_source_package
from tests.helpers.waiting import wait_until
from tests.helpers.wheels import write_wheel

BUILD = WheelBuild("tinyc==1.0", ("tinytool",), programs=("cc",))
SPEC = ToolchainSpec("ring", "Ring", "rankzero-ring", ("framework==1.0",), imports=("tinyc",), builds=(BUILD,))
BAD_SOURCE = "#include <Python.h>\nint answer(void) {\n    return nobody_said_this;\n}\nint more(void) { return 1 }\n"


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    write_source_package(folder, "tinyc")
    write_source_package(folder, "badc", source=BAD_SOURCE)
    write_source_package(folder, "oddc", source="int nothing;\n")
    for version in ("1.0", "2.0"):
        write_wheel(folder, "framework", version)
    write_wheel(folder, "tinytool")
    return folder


@pytest.fixture(autouse=True)
def _offline(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip, and so uv, know the folder of packages alone."""
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(packages))
    monkeypatch.setenv("PIP_NO_INDEX", "1")


class Said(list[tuple[str, float | None]]):
    """A progress that remembers."""

    def __call__(self, message: str, part: float | None) -> None:
        self.append((message, part))

    @property
    def messages(self) -> list[str]:
        """What was said, each once."""
        return list(dict.fromkeys(message for message, _ in self))


def toolchains(places: Places, spec: ToolchainSpec = SPEC) -> Toolchains:
    return Toolchains(places, Settings(places.settings), lambda: [spec])


def building(requirement: str = "tinyc==1.0", **changes: object) -> ToolchainSpec:
    """Return the toolchain with its build changed."""
    name = requirement.partition("==")[0]
    return replace(SPEC, builds=(replace(BUILD, requirement=requirement, **changes),), imports=(name,))  # type: ignore[arg-type]


def answer_of(python: Path) -> str:
    asked = [str(python), "-c", "import tinyc; print(tinyc.ANSWER)"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def uninstall(python: Path, name: str) -> None:
    subprocess.run([str(python), "-m", "pip", "uninstall", "-y", "-q", name], check=True)


def kept(places: Places) -> list[Path]:
    return sorted((places.cache / "wheels").glob("*/*.whl"))


def left(places: Places) -> list[Path]:
    return sorted((places.cache / "wheels").glob(".*.making"))


async def test_it_is_built_once_and_taken_from_then_on(places: Places) -> None:
    all_of, said = toolchains(places), Said()
    made = await all_of.create("ring", said)
    assert (made.state, answer_of(made.python)) == ("ready", "1")
    assert {"tinyc": "1.0", "tinytool": "1.0"}.items() <= made.packages.items()
    steps = ["Fetching the source of tinyc 1.0", "Building tinyc 1.0", "Compiling tinyc.c", "Trying it", "Done"]
    assert [each for each in said.messages if each in steps] == steps
    parts = [part for _, part in said if part is not None]
    assert parts == sorted(parts)
    assert any("Compiling" in message and 0.4 < (part or 0) < 0.96 for message, part in said)
    assert (len(kept(places)), left(places)) == (1, [])
    all_of.remove("ring")
    said, began = Said(), time.perf_counter()
    again = await all_of.create("ring", said)
    assert answer_of(again.python) == "1"
    assert "Taking tinyc 1.0, which was built before" in said.messages
    assert not [each for each in said.messages if "Compiling" in each or "Fetching" in each]
    assert time.perf_counter() - began < 60


async def test_another_framework_or_edit_is_another_wheel(places: Places) -> None:
    await toolchains(places).create("ring", Said())
    other = await toolchains(places, replace(SPEC, requires=("framework==2.0",))).create("ring", Said())
    assert (len(kept(places)), answer_of(other.python)) == (2, "1")
    edited = building(edits=(SourceEdit("src/tinyc.c", "#define ANSWER 1", "#define ANSWER 42"),))
    changed = await toolchains(places, edited).create("ring", Said())
    assert (len(kept(places)), answer_of(changed.python)) == (3, "42")
    assert toolchains(places).get("ring").state == "ready"  # the first one lies beside them


@pytest.mark.skipif(os.name == "nt", reason="a program of sh")
async def test_another_mpi_is_another_wheel(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "programs" / "mpicxx"
    compiler.parent.mkdir()
    monkeypatch.setenv("PATH", f"{compiler.parent}{os.pathsep}{os.environ['PATH']}")
    all_of = toolchains(places, building(programs=("cc", "mpicxx")))
    for version, count in (("4.1.4", 1), ("5.0.7", 2), ("5.0.7", 2)):
        compiler.write_text(f"#!/bin/sh\necho 'mpicxx: Open MPI {version} (Language: C++)'\n")
        compiler.chmod(0o755)
        await all_of.create("ring", Said())
        assert len(kept(places)) == count
        all_of.remove("ring")


async def test_a_compilers_first_error_is_said_and_everything_is_kept(places: Places) -> None:
    all_of = toolchains(places, building("badc==1.0"))
    with pytest.raises(OutsideError) as caught:
        await all_of.create("ring", Said())
    assert caught.value.message.startswith("badc could not be built: src/badc.c:3: ")
    assert "nobody_said_this" in caught.value.message
    assert "badc.c:5" in caught.value.details
    assert "badc.c:5" not in caught.value.message
    log = Path(caught.value.hint.removeprefix("The whole output is kept in ").removesuffix("."))
    assert "nobody_said_this" in log.read_text()
    assert (kept(places), left(places), all_of.get("ring").state) == ([], [], "incomplete")


async def test_a_missing_program_is_said_before_anything_is_fetched(places: Places) -> None:
    all_of = toolchains(places, building(programs=("cc", "nosuch-compiler", "nosuch-make")))
    said = Said()
    with pytest.raises(OutsideError, match="nosuch-compiler and nosuch-make are missing") as caught:
        await all_of.create("ring", said)
    assert "nosuch-compiler" in caught.value.hint
    assert (said, places.toolchains.exists(), (places.cache / "uv").exists()) == ([], False, False)
    (finding,) = (await all_of.interpreter_for("rankzero-ring", ["tinyc"])).diagnostics
    assert "tinyc 1.0 is built for it, and nosuch-compiler and nosuch-make are missing" in finding.message


async def test_a_wheel_that_is_there_needs_no_compiler(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    await toolchains(places).create("ring", Said())
    toolchains(places).remove("ring")
    monkeypatch.setenv("PATH", "/nowhere")
    assert (await toolchains(places).create("ring", Said())).state == "ready"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (SourceEdit("src/tinyc.c", "#define QUESTION 6", ""), "src/tinyc.c lacks “#define QUESTION 6”"),
        (SourceEdit("CMakeLists.txt", "x", "y"), "it has no file CMakeLists.txt"),
    ],
)
async def test_an_edit_that_is_not_found_is_named(places: Places, edit: SourceEdit, reason: str) -> None:
    with pytest.raises(OutsideError) as caught:
        await toolchains(places, building(edits=(edit,))).create("ring", Said())
    assert caught.value.message == f"The source of tinyc==1.0 can't be changed as it must be: {reason}."
    assert "another release" in caught.value.hint
    assert (kept(places), left(places)) == ([], [])


async def test_a_release_that_is_nowhere_is_said_in_pips_words(places: Places) -> None:
    with pytest.raises(OutsideError, match=r"tinyc 9\.9 could not be fetched: No matching distribution") as caught:
        await toolchains(places, building("tinyc==9.9")).create("ring", Said())
    assert "ERROR" in caught.value.details


async def test_what_was_built_and_does_not_work_is_not_kept(places: Places) -> None:
    with pytest.raises(OutsideError, match="`import oddc` fails"):
        await toolchains(places, building("oddc==1.0")).create("ring", Said())
    assert kept(places) == []


async def test_variables_are_set_and_taken_away(
    places: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GATE", str(tmp_path / "never"))  # a build that saw it would wait for ever
    flags = {"GATE": "", "CPATH": str(tmp_path)}
    (tmp_path / "extra.h").write_text("#define FROM_THE_PATH 7\n")
    edit = SourceEdit("src/tinyc.c", "#define ANSWER 1", "#include <extra.h>\n#define ANSWER FROM_THE_PATH")
    made = await toolchains(places, building(environment=flags, edits=(edit,))).create("ring", Said())
    assert answer_of(made.python) == "7"


async def test_cancelling_leaves_no_process_and_no_half(places: Places, tmp_path: Path) -> None:
    all_of = toolchains(places, building(environment={"GATE": str(tmp_path / "gate")}))
    task = asyncio.create_task(all_of.create("ring", Said()))
    pids = await asyncio.to_thread(builders, tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    wait_until(lambda: not any(map(psutil.pid_exists, pids)), what="the build's processes to end")
    assert (kept(places), left(places), all_of.get("ring").state) == ([], [], "incomplete")
    (tmp_path / "gate").touch()
    assert (await all_of.create("ring", Said())).state == "ready"


def builders(folder: Path) -> list[int]:
    """Return the processes of a build that waits, once they are there: the builder and its child."""
    path = folder / "gate.pids"
    wait_until(lambda: path.exists() and len(path.read_text().split()) == 2, timeout=120, what="the build to begin")
    return [int(each) for each in path.read_text().split()]


def _create(places: Places, spec: ToolchainSpec) -> None:
    asyncio.run(toolchains(places, spec).create("ring", Said()))


async def test_a_killed_maker_takes_its_compilers_along_and_leaves_nothing_that_counts(
    places: Places, tmp_path: Path
) -> None:
    spec = building(environment={"GATE": str(tmp_path / "gate")})
    maker = multiprocessing.get_context("spawn").Process(target=_create, args=(places, spec))
    maker.start()
    pids = await asyncio.to_thread(builders, tmp_path)
    maker.kill()
    await asyncio.to_thread(maker.join, 60)
    await asyncio.to_thread(wait_until, lambda: not any(map(psutil.pid_exists, pids)), what="the builders to end")
    all_of = toolchains(places, spec)
    assert (kept(places), len(left(places)), all_of.get("ring").state) == ([], 1, "incomplete")
    (tmp_path / "gate").touch()
    assert (await all_of.create("ring", Said())).state == "ready"
    assert (len(kept(places)), left(places)) == (1, [])


async def test_two_makers_build_it_once(places: Places, tmp_path: Path) -> None:
    spec = building(environment={"GATE": str(tmp_path / "gate")})
    said = (Said(), Said())
    tasks = [asyncio.create_task(toolchains(places, spec).create("ring", each)) for each in said]
    await asyncio.to_thread(builders, tmp_path)
    waiting = "Waiting for another process that works on this toolchain"
    await asyncio.to_thread(wait_until, lambda: waiting in said[0].messages + said[1].messages)
    (tmp_path / "gate").touch()
    assert [(await each).state for each in tasks] == ["ready", "ready"]
    assert sum("Compiling tinyc.c" in each.messages for each in said) == 1


async def test_what_is_alone_comes_without_what_it_asks_for(places: Places, packages: Path) -> None:
    write_wheel(packages, "greedy", "1.5", files={
        "greedy.py": "", "greedy-1.5.dist-info/METADATA":
        "Metadata-Version: 2.1\nName: greedy\nVersion: 1.5\nRequires-Dist: nosuchthing\n",
    })  # fmt: skip
    spec = ToolchainSpec("lone", "Lone", "rankzero-ring", ("framework==1.0",), alone=("greedy==1.5",))
    all_of = toolchains(places, spec)
    assert (await all_of.create("lone", Said())).packages["greedy"] == "1.5"
    uninstall(all_of.get("lone").python, "greedy")
    assert "greedy" not in all_of.get("lone").packages
    assert (await all_of.add("lone", ["greedy"], Said())).packages["greedy"] == "1.5"
