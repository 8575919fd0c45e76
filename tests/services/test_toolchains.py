"""Toolchains are made by the real uv from small real wheels in a folder; no network, no framework."""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_app.api import OutsideError, ToolchainSpec, UserError
from desktop_app.places import Places
from desktop_app.services.files import locked
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains import Toolchains, folders, probe
from tests.helpers.waiting import wait_until
from tests.helpers.wheels import write_wheel

SPEC = ToolchainSpec("tiny", "Tiny 1.0", "rankzero-tiny", ("tinything==1.0",), ">=3.11", ("tinything",), 1)
BROKEN = ToolchainSpec("broken", "Broken", "rankzero-broken", ("brokenthing==1.0",), ">=3.11", ("brokenthing",))
ABSENT = ToolchainSpec("absent", "Absent", "rankzero-absent", ("nosuchthing==9.9",))
FUTURE = ToolchainSpec("future", "Future", "rankzero-future", (), ">=4.7")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    says = "def say():\n    import tinything\n    print('tiny', tinything.VERSION)\n"
    files = {"tinything/__init__.py": f"VERSION = '1.0'\n{says}"}
    write_wheel(folder, "tinything", files=files, scripts="tinysay = tinything:say")
    write_wheel(
        folder,
        "tinything",
        "1.0+cpu",
        files={"tinything/__init__.py": f"VERSION = '1.0+cpu'\n{says}"},
        scripts="tinysay = tinything:say",
    )
    write_wheel(folder, "brokenthing", files={"brokenthing.py": "raise RuntimeError('no library libx')\n"})
    write_wheel(folder, "extra_thing", files={"extrathing.py": ""})
    return folder


@pytest.fixture(autouse=True)
def _offline(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip, and so uv, know the folder of wheels alone."""
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def toolchains(places: Places, *specs: ToolchainSpec) -> Toolchains:
    return Toolchains(places, Settings(places.settings), lambda: specs or (SPEC, BROKEN, ABSENT, FUTURE))


class Said(list[tuple[str, float | None]]):
    """A progress that remembers."""

    def __call__(self, message: str, part: float | None) -> None:
        self.append((message, part))


async def make(places: Places, spec: ToolchainSpec = SPEC) -> Toolchains:
    made = toolchains(places, spec)
    await made.create(spec.name, Said())
    return made


def output_of(*command: Path | str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


async def test_a_toolchain_is_made_from_pips_folder_of_wheels(places: Places) -> None:
    said = Said()
    all_of = toolchains(places)
    assert all_of.get("tiny").state == "missing"
    made = await all_of.create("tiny", said)
    assert (made.state, made.origin, made.reason) == ("ready", "made", "")
    assert output_of(made.python, "-c", "import tinything; print(tinything.VERSION)") == "1.0+cpu"
    assert {"tinything": "1.0+cpu"}.items() <= made.packages.items()
    assert made.size > 1000
    assert said[0][0] == "Making the environment"
    assert said[-1] == ("Done", 1.0)
    assert all_of.list()[0] == made


async def test_its_commands_work_where_it_lies(places: Places) -> None:
    made = (await make(places)).get("tiny")
    assert output_of(made.python.parent / "tinysay") == "tiny 1.0+cpu"


async def test_its_modules_are_compiled_and_their_bytecode_holds_where_it_lies(places: Places) -> None:
    python = (await make(places)).get("tiny").python
    (source,) = python.parent.parent.rglob("tinything/__init__.py")
    show = "import tinything; print(tinything.__cached__); print(tinything.say.__code__.co_filename)"
    said = output_of(python, "-v", "-c", show).splitlines()
    assert said == [str(next(source.parent.rglob("*.pyc"))), str(source)]


async def test_its_pip_installs_into_it_and_nowhere_else(places: Places) -> None:
    made = (await make(places)).get("tiny")
    assert "pip" in made.packages
    pip = made.python.parent / "pip"
    assert str(made.python.parent.parent) in output_of(pip, "--version")
    output_of(pip, "install", "--quiet", "--disable-pip-version-check", "extra_thing")
    assert output_of(made.python, "-c", "import extrathing") == ""


async def test_what_an_older_program_made_counts_no_more(places: Places) -> None:
    made = await make(places)
    marker = made.get("tiny").python.parent.parent / "rankzero-toolchain.json"
    old = {key: value for key, value in json.loads(marker.read_text()).items() if key != "recipe"}
    marker.write_text(json.dumps(old))
    assert made.get("tiny").state == "missing"
    assert (await made.create("tiny", Said())).state == "ready"


async def test_the_second_time_is_instant(places: Places) -> None:
    made = await make(places)
    said, start = Said(), time.perf_counter()
    await made.create("tiny", said)
    assert time.perf_counter() - start < 5
    assert said == []


async def test_other_requirements_make_another_toolchain(places: Places) -> None:
    await make(places)
    other = ToolchainSpec("tiny", "Tiny", "rankzero-tiny", ("tinything==1.0", "extra_thing"), imports=("extrathing",))
    changed = toolchains(places, other)
    assert changed.get("tiny").state == "missing"
    await changed.create("tiny", Said())
    assert changed.get("tiny").state == "ready"
    assert toolchains(places).get("tiny").state == "ready"


async def test_what_was_interrupted_is_said_and_goes_on(places: Places) -> None:
    all_of = toolchains(places, SPEC)
    stage = all_of.get("tiny").python.parent.parent
    stage = stage.with_name(f".{stage.name}.making")
    (stage / "bin").mkdir(parents=True)
    (stage / "half").write_text("written")
    assert all_of.get("tiny").state == "incomplete"
    made = await all_of.create("tiny", Said())
    assert made.state == "ready"
    assert not stage.exists()
    assert not (made.python.parent.parent / "half").exists()


async def test_cancelling_ends_uv_and_keeps_what_was_there(places: Places, wheels: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    all_of = toolchains(places, SPEC)
    task = asyncio.create_task(all_of.create("tiny", Said()))
    await asyncio.to_thread(wait_until, lambda: set(psutil.Process().children(recursive=True)) - before)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    wait_until(lambda: not set(psutil.Process().children(recursive=True)) - before)
    assert all_of.get("tiny").state in ("missing", "incomplete")
    assert (await all_of.create("tiny", Said())).state == "ready"


def _create(places: Places) -> None:
    made = asyncio.run(toolchains(places, SPEC).create("tiny", Said()))
    assert made.state == "ready"


async def test_two_processes_make_it_once(places: Places) -> None:
    context = multiprocessing.get_context("spawn")
    makers = [context.Process(target=_create, args=(places,)) for _ in range(2)]
    for each in makers:
        each.start()
    for each in makers:
        await asyncio.to_thread(each.join, 120)
    assert [each.exitcode for each in makers] == [0, 0]
    assert len([each for each in places.toolchains.iterdir() if not each.name.startswith(".")]) == 1


async def test_a_requirement_that_is_nowhere_is_said_in_uvs_words(places: Places) -> None:
    with pytest.raises(OutsideError, match="nosuchthing") as caught:
        await toolchains(places).create("absent", Said())
    assert "error" in caught.value.details
    assert toolchains(places).get("absent").state in ("missing", "incomplete")


async def test_a_toolchain_that_does_not_work_does_not_count(places: Places) -> None:
    with pytest.raises(OutsideError, match="no library libx") as caught:
        await toolchains(places).create("broken", Said())
    assert "RuntimeError" in caught.value.details
    assert toolchains(places).get("broken").state == "incomplete"


async def test_a_python_that_no_machine_has_is_said(places: Places) -> None:
    with pytest.raises(OutsideError, match="Looking for a Python >=4"):
        await toolchains(places).create("future", Said())
    with pytest.raises(UserError, match="needs >=4"):
        await toolchains(places).create("future", Said(), Path(sys.executable))


async def test_names_that_nobody_knows_get_a_hint(places: Places) -> None:
    all_of = toolchains(places)
    with pytest.raises(UserError, match="Did you mean “tiny”"):
        await all_of.create("tinny", Said())
    with pytest.raises(UserError, match="rankzero-tiny"):
        all_of.use("rankzero-tinny", sys.executable)


async def test_packages_are_added(places: Places) -> None:
    made = await make(places)
    before = made.get("tiny")
    after = await made.add("tiny", ["extra_thing"], Said())
    assert after.packages == {**before.packages, "extra-thing": "1.0"}
    with pytest.raises(OutsideError, match="nosuchthing"):
        await made.add("tiny", ["nosuchthing"], Said())
    with pytest.raises(UserError, match="Name the packages"):
        await made.add("tiny", ["--target=/"], Said())
    assert made.get("tiny").state == "ready"


async def test_what_was_added_comes_back_when_it_is_made_anew(places: Places) -> None:
    made = await make(places)
    await made.add("tiny", ["extra_thing"], Said())
    await made.add("tiny", ["extra-thing==1.0"], Said())
    assert toolchains(places, SPEC).added("tiny") == ("extra-thing==1.0",)
    made.get("tiny").python.unlink()
    assert "extra-thing" in (await made.create("tiny", Said())).packages
    made.remove("tiny")
    assert made.added("tiny") == ()
    assert "extra-thing" not in (await made.create("tiny", Said())).packages


async def test_what_can_not_be_added_again_is_said_and_stops_nothing(places: Places) -> None:
    made = await make(places)
    Settings(places.settings).set("toolchains.added", {"tiny": ["nosuchthing"], "other": 3})
    made.get("tiny").python.unlink()
    made = toolchains(places, SPEC)
    with pytest.raises(OutsideError, match="is made, without what was added") as caught:
        await made.create("tiny", Said())
    assert "`rankzero toolchains remove tiny` forgets them" in caught.value.hint
    assert made.get("tiny").state == "ready"


async def test_checking_really_imports(places: Places) -> None:
    made = await make(places)
    assert (await made.check("tiny")).state == "ready"
    package = next(made.get("tiny").python.parent.parent.glob("lib/*/site-packages/tinything/__init__.py"))
    package.unlink()
    package.write_text("import nosuchmodule\n")
    checked = await made.check("tiny")
    assert checked.state == "broken"
    assert "nosuchmodule" in checked.reason
    assert (await made.check("tiny")).packages


async def test_a_toolchain_whose_python_is_gone_is_broken_and_can_be_made_anew(places: Places) -> None:
    made = await make(places)
    python = made.get("tiny").python
    python.unlink()
    assert made.get("tiny").state == "broken"
    choice = await made.interpreter_for("rankzero-tiny", ["tinything"])
    assert choice.diagnostics[0].code == "toolchain-broken"
    assert choice.diagnostics[0].message.count("rankzero toolchains create tiny") == 1
    await made.create("tiny", Said())
    assert made.get("tiny").state == "ready"


async def test_the_loop_does_not_wait_for_the_disk(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await make(places)
    threads: set[threading.Thread] = set()
    for module, name in ((folders, "packages_of"), (probe, "_recall"), (probe, "_stamp"), (probe, "write_atomically")):
        monkeypatch.setattr(module, name, noting(getattr(module, name), threads))
    for plugin in ("rankzero-tiny", None):
        await made.interpreter_for(plugin, ["tinything", "json"])
    assert threads
    assert threading.main_thread() not in threads


def noting(call: Callable[..., Any], threads: set[threading.Thread]) -> Callable[..., Any]:
    """Return `call`, noting the thread that it is called on."""

    def noted(*arguments: Any) -> Any:
        threads.add(threading.current_thread())
        return call(*arguments)

    return noted


async def test_one_that_is_being_worked_on_is_not_removed(places: Places) -> None:
    made = await make(places)
    folder = made.get("tiny").python.parent.parent
    with locked(folders.lock_of(folder)), pytest.raises(UserError, match="Another process is working"):
        made.remove("tiny")
    assert made.get("tiny").state == "ready"


async def test_what_a_killed_removal_left_is_collected(places: Places) -> None:
    made = await make(places)
    left = places.toolchains / ".tiny-0123456789ab.trash-123"
    left.mkdir()
    (left / "gigabytes").write_text("x")
    made.remove("tiny")
    assert not left.exists()


async def test_a_removed_toolchain_is_missing(places: Places) -> None:
    made = await make(places)
    made.remove("tiny")
    assert made.get("tiny").state == "missing"
    assert not [each for each in places.toolchains.iterdir() if each.is_dir()]
    assert not (places.cache / "uv").exists()  # what was fetched took as much space again
    made.remove("tiny")


async def test_a_python_of_ones_own_goes_before(places: Places) -> None:
    made = await make(places)
    made.use("rankzero-tiny", Path(sys.executable))
    chosen = made.get("tiny")
    assert (chosen.origin, chosen.state, chosen.python) == ("chosen", "ready", Path(sys.executable))
    assert toolchains(places).get("tiny").origin == "chosen"
    made.remove("tiny")
    assert made.get("tiny").origin == "made"
    assert Path(sys.executable).exists()


async def test_an_environments_folder_stands_for_its_python(places: Places) -> None:
    made = await make(places)
    folder = made.get("tiny").python.parent.parent
    made.use("rankzero-tiny", folder)
    assert made.get("tiny").python == folder / "bin" / "python"
    assert made.get("tiny").packages["tinything"] == "1.0+cpu"


def test_what_is_no_python_can_not_be_chosen(places: Places, tmp_path: Path) -> None:
    all_of = toolchains(places)
    (tmp_path / "text").write_text("no program")
    (tmp_path / "odd").write_text("#!/nowhere/python\n")
    (tmp_path / "odd").chmod(0o755)
    programs = (Path("/bin/true"), Path("/bin/ls"), tmp_path / "odd")
    for given in (tmp_path / "nowhere", tmp_path / "text", tmp_path, *programs):
        with pytest.raises(UserError, match=r"no Python|can't be run|no working Python"):
            all_of.use("rankzero-tiny", given)
    assert all_of.get("tiny").origin == "made"


async def test_a_chosen_program_that_is_no_python_is_said(places: Places) -> None:
    Settings(places.settings).set("toolchains.chosen", {"rankzero-tiny": "/bin/ls"})
    all_of = toolchains(places)
    choice = await all_of.interpreter_for("rankzero-tiny", ["tinything"])
    assert [each.code for each in choice.diagnostics] == ["toolchain-broken"]
    assert (await all_of.check("tiny")).state == "broken"
    assert (await all_of.look("tiny")).state == "broken"


async def test_a_look_tells_what_a_python_of_ones_own_lacks(places: Places) -> None:
    made = await make(places)
    assert await made.look("tiny") == made.get("tiny")
    made.use("rankzero-tiny", sys.executable)
    seen = await made.look("tiny")
    assert (seen.state, seen.reason) == ("broken", f"{sys.executable} lacks tinything.")


async def test_a_job_gets_its_toolchain(places: Places) -> None:
    made = await make(places)
    choice = await made.interpreter_for("rankzero-tiny", ["tinything", "json", "tinything"])
    assert choice.name == "tiny"
    assert choice.diagnostics == ()
    assert output_of(Path(choice.python), "-c", "import tinything") == ""
    assert (Path(choice.bin) / "tinysay").exists()


async def test_a_job_without_its_toolchain_is_told_how_to_make_it(places: Places) -> None:
    (finding,) = (await toolchains(places).interpreter_for("rankzero-tiny", [])).diagnostics
    assert finding.code == "toolchain-missing"
    assert "`rankzero toolchains create tiny`" in finding.message


async def test_missing_packages_are_named_with_the_command_that_adds_them(places: Places) -> None:
    made = await make(places)
    choice = await made.interpreter_for("rankzero-tiny", ["tinything", "yaml", "extrathing", "yaml"])
    assert [each.code for each in choice.diagnostics] == ["missing-package"] * 2
    assert "`rankzero toolchains add tiny PyYAML`" in choice.diagnostics[0].message
    await made.add("tiny", ["extra_thing"], Said())
    choice = await made.interpreter_for("rankzero-tiny", ["tinything", "yaml", "extrathing"])
    assert len(choice.diagnostics) == 1


async def test_a_module_that_may_be_ones_own_is_not_guessed_to_be_a_package(places: Places) -> None:
    made = await make(places)
    (finding,) = (await made.interpreter_for("rankzero-tiny", ["helper_not_there"])).diagnostics
    assert "neither in the code folder nor in the toolchain tiny" in finding.message
    assert "helper-not-there" not in finding.message
    assert "`rankzero toolchains add tiny PACKAGE`" in finding.message


async def test_asking_is_quick_and_asked_once(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await make(places)
    await made.interpreter_for("rankzero-tiny", ["tinything", "json"])
    monkeypatch.setattr(asyncio, "create_subprocess_exec", None)  # from here on, nothing can be started
    start = time.perf_counter()
    choice = await toolchains(places).interpreter_for("rankzero-tiny", ["json"])
    assert choice.diagnostics == ()
    assert time.perf_counter() - start < 5


async def test_a_toolchain_of_the_program_is_listed_and_made_and_no_job_gets_it(places: Places) -> None:
    own = ToolchainSpec("client", "The client", "", ("tinything==1.0",), ">=3.11", ("tinything",))
    all_of_them = Toolchains(places, Settings(places.settings), lambda: (ABSENT,), lambda: (own,))
    assert [(each.name, each.state) for each in all_of_them.list()] == [("absent", "missing"), ("client", "missing")]
    made = await all_of_them.create("client", Said())
    assert (made.state, (await all_of_them.check("client")).state) == ("ready", "ready")
    choice = await all_of_them.interpreter_for(None, ("tinything",))
    assert choice.python != str(made.python)
    with pytest.raises(UserError):
        all_of_them.use("", made.python)
    all_of_them.remove("client")
    assert all_of_them.get("client").state == "missing"


async def test_many_requirements_are_counted(places: Places) -> None:
    said = Said()
    spec = ToolchainSpec("many", "Many things", "", tuple(f"tinything=={number}.0" for number in range(9)))
    with pytest.raises(OutsideError, match="Installing Many things: 9 packages failed"):
        await toolchains(places, spec).create("many", said)
    assert "Installing Many things: 9 packages" in [message for message, _ in said]


async def test_a_job_of_no_plugin_gets_a_python_that_has_what_it_imports(places: Places) -> None:
    all_of = toolchains(places)
    plain = await all_of.interpreter_for(None, ["json"])
    assert plain.name == ""
    assert output_of(Path(plain.python), "-c", "import json") == ""
    lacking = await all_of.interpreter_for(None, ["polars_of_my_own", "tensorflow"])
    assert "neither in the code folder" in lacking.diagnostics[0].message
    assert "-m pip install tensorflow`" in lacking.diagnostics[1].message
    await all_of.create("tiny", Said())
    assert (await all_of.interpreter_for(None, ["tinything"])).name == "tiny"


async def test_a_place_that_can_not_be_written_is_said(places: Places) -> None:
    places.cache.mkdir(parents=True)
    places.toolchains.write_text("in the way")
    with pytest.raises(OutsideError, match="RANKZERO_CACHE"):
        await toolchains(places).create("tiny", Said())


def test_settings_that_make_no_sense_are_passed_over(places: Places) -> None:
    places.home.mkdir(parents=True)
    values: Sequence[object] = ("text", [1], {"rankzero-tiny": 3}, {"rankzero-tiny": "/nowhere/python"})
    for value in values:
        places.settings.write_text(json.dumps({"toolchains.chosen": value}))
        assert toolchains(places).get("tiny").state in ("missing", "broken")
