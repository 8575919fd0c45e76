"""The plugin author's guide is true: every hook with its exact signature, every example a plugin that works."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from desktop_app import api
from desktop_app.api import FieldKind, Hooks, Value, kit, testing
from desktop_app.api._plugins import read_manifest
from desktop_app.api._plugins.manifest import KINDS
from desktop_app.api._plugins.manifest_toolchains import BUILD_KEYS, EDIT_KEYS, KEYS
from desktop_app.api.kit.knowledge_files import CATEGORIES
from desktop_app.places import Places
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.info import PluginInfo
from desktop_app.services.workers import run_task
from tests.helpers.plugin_hosts import plugin_hosts

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "plugins.md").read_text("utf-8")
GUIDE = PAGE + (DOCS / "plugin-reference.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)
HOOK_FILES = [text for kind, text in BLOCKS if kind == "python" and text.startswith("# hooks.py")]
HOOK_NAMES = [name for name in vars(Hooks) if not name.startswith("_")]
MANIFEST = '[plugin]\nid = "guide"\nname = "Guide"\nversion = "1"\napi = "1"\n'


def signature(name: str) -> str:
    """Return a hook's signature as an author reads it: without self, without quotes."""
    found = inspect.signature(getattr(Hooks, name))
    parameters = ", ".join(f"{each.name}: {each.annotation}" for each in list(found.parameters.values())[1:])
    return f"{name}({parameters}) -> {found.return_annotation}"


def section(name: str) -> str:
    """Return the text below a hook's heading."""
    return GUIDE.partition(f"\n### {name}\n")[2].partition("\n##")[0]


@pytest.mark.parametrize("name", HOOK_NAMES)
def test_every_hook_is_documented_with_its_exact_signature(name: str) -> None:
    assert section(name).strip().startswith(f"`{signature(name)}`")


@pytest.mark.parametrize("name", HOOK_NAMES)
def test_every_hooks_text_is_the_contracts(name: str) -> None:
    first = inspect.getdoc(getattr(Hooks, name)) or ""
    promised = " ".join(first.partition("\n\n")[0].split()).rstrip(".")
    assert promised in " ".join(section(name).split())


def test_the_categories_of_knowledge_are_those_of_the_program() -> None:
    listed = GUIDE.partition("\nCategories: ")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`([\w-]+)`", listed)) == sorted(CATEGORIES)


def test_it_is_said_of_every_hook_how_often_it_is_called() -> None:
    table = GUIDE.partition("\n| hook | called | how often |\n")[2].partition("\n\n")[0]
    assert [each for row in table.splitlines() for each in re.findall(r"`(\w+)`", row.split(" | ")[0])] == HOOK_NAMES


@pytest.mark.parametrize("name", HOOK_NAMES)
def test_every_hook_has_an_example(name: str) -> None:
    assert f"@hookimpl\ndef {name}(" in section(name)


def test_no_hook_is_documented_that_is_not_there() -> None:
    hooks = GUIDE.partition("\n## Hooks\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+)$", hooks, re.MULTILINE) == HOOK_NAMES


@pytest.mark.parametrize("text", HOOK_FILES, ids=[str(n) for n in range(len(HOOK_FILES))])
def test_every_example_is_a_plugin_that_loads(text: str, places: Places) -> None:
    folder = places.plugins / "guide"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(MANIFEST, "utf-8")
    (folder / "hooks.py").write_text(text, "utf-8")
    with plugin_hosts(places) as make:
        host = make()
        host.load()
        (info,) = host.plugins
        assert (info.state, info.reason) == (PluginState.OK, "")
    host.close()


def example(name: str) -> str:
    """Return the example that is a file of this name."""
    return str(next(text for _, text in BLOCKS if text.startswith(f"# {name}\n")))


def imported(path: Path) -> Any:
    """Return a file as a module."""
    spec = importlib.util.spec_from_file_location(f"guide_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_smallest_plugin_passes_its_own_tests(tmp_path: Path) -> None:
    (tmp_path / "plugin.toml").write_text(next(text for kind, text in BLOCKS if kind == "toml"), "utf-8")
    (tmp_path / "hooks.py").write_text(HOOK_FILES[0], "utf-8")
    (tmp_path / "test_acme.py").write_text(example("test_acme.py"), "utf-8")
    tests = vars(imported(tmp_path / "test_acme.py"))
    run = [function() for name, function in tests.items() if name.startswith("test_")]
    assert len(run) == 2


def test_every_tool_of_the_test_kit_is_there() -> None:
    table = PAGE.partition("\nFor what is yours:\n")[2].partition("```")[0]
    firsts = [row.partition(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    named = re.findall(r"`(\w+)\(", " ".join(firsts))
    assert len(named) == 9
    assert all(callable(getattr(testing, name)) for name in named)


def test_every_link_of_both_pages_leads_somewhere() -> None:
    for page in ("plugins.md", "plugin-reference.md"):
        text = (DOCS / page).read_text("utf-8")
        for name, anchor in re.findall(r"\]\(([\w.-]*\.md)?(?:#([\w-]+))?\)", text):
            there = (DOCS / (name or page)).read_text("utf-8")
            titles = [each.lower().replace(" ", "-") for each in re.findall(r"^#+ (.*)$", there, re.MULTILINE)]
            plain = [re.sub(r"[^\w-]", "", each) for each in titles]
            assert not anchor or anchor in plain, (page, name, anchor)


def test_every_problem_has_its_advice() -> None:
    table = PAGE.partition("\n| problem | what happened")[2].partition("\n\n")[0]
    named = [each for row in table.splitlines() for each in re.findall(r"`([\w-]+)`", row.split(" | ")[0])]
    told = (PluginInfo.__doc__ or "").partition("a word for what went wrong: ")[2].partition(".")[0]
    assert sorted(named) == sorted(" ".join(told.split()).split(", "))


async def test_the_worker_task_runs_in_another_interpreter(tmp_path: Path) -> None:
    for name in ("worker_tasks.py", "tasks.py"):
        (tmp_path / name).write_text(example(name), "utf-8")
    (tmp_path / "model.json").write_text('{"a": [1, 2], "b": [3]}', "utf-8")
    tasks = imported(tmp_path / "tasks.py")
    said: list[tuple[str, float | None]] = []
    task = tasks.count_weights(tmp_path / "model.json")
    assert await run_task(task, sys.executable, lambda *each: said.append(each)) == {"weights": 3}
    assert said == [("Reading the weights", 0.0), ("Counting", 0.5)]


def test_every_kind_of_field_is_named() -> None:
    text = GUIDE.partition("\n## Forms\n")[2].partition("\n## ")[0]
    assert all(f"*{kind}*" in text for kind in FieldKind)


def test_there_are_examples_enough() -> None:
    assert len(HOOK_FILES) == len(HOOK_NAMES) + 3
    assert all(text.startswith("# ") for kind, text in BLOCKS if kind == "python"), "say which file an example is"


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "toml"])
def test_manifests_can_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "plugin.toml").write_text(text, "utf-8")
    (tmp_path / "hooks.py").write_text("", "utf-8")
    assert read_manifest(tmp_path).id == tomllib.loads(text)["plugin"]["id"]


def test_every_key_of_the_manifest_is_documented() -> None:
    table = GUIDE.partition("\n## plugin.toml\n")[2].partition("\n## ")[0]
    facts = ("id", "name", "version", "api", "summary", "author", "license", "icon", "hooks")
    for key in (*facts, *KINDS, *KEYS, *BUILD_KEYS, *EDIT_KEYS):
        assert re.search(rf"`(?:\w+\.)*{key}`", table), key


def test_every_public_name_in_the_guide_is_there() -> None:
    lists = re.findall(r"from desktop_app\.api import (?:\(([^)]*)\)|(.*))", GUIDE)
    named = {name for each in lists for name in re.findall(r"\w+", " ".join(each))}
    assert named
    assert named <= set(api.__all__)


KIT = GUIDE.partition("\n## The kit\n")[2].partition("\n## ")[0]
WHOLE = (kit.answers, kit.jobs, kit.notes, kit.pages)


def kit_names() -> list[tuple[str, Any]]:
    """Return every public name of the kit and of its modules that are imported whole."""
    own = [(name, getattr(kit, name)) for name in kit.__all__]
    for module in WHOLE:
        own += [(name, value) for name, value in vars(module).items() if is_public(module, name)]
    return [(name, value) for name, value in own if not inspect.ismodule(value)]


def is_public(module: Any, name: str) -> bool:
    """Whether a module says a name itself: a function or class of its own, or a constant."""
    home = getattr(vars(module)[name], "__module__", module.__name__ if name.isupper() else "")
    return not name.startswith("_") and home == module.__name__


@pytest.mark.parametrize(("name", "value"), kit_names(), ids=[name for name, _ in kit_names()])
def test_every_name_of_the_kit_is_documented_with_its_parameters(name: str, value: Any) -> None:
    if not callable(value):
        assert f"`{name}`" in KIT
        return
    first = (inspect.getdoc(value) or "").splitlines()[0]
    assert f"| `{name}({', '.join(inspect.signature(value).parameters)})` | {first} |" in KIT


def test_nothing_is_documented_that_the_kit_does_not_have() -> None:
    assert set(re.findall(r"^\| `(\w+)\(", KIT, re.MULTILINE)) <= {name for name, _ in kit_names()}


def test_the_kits_example_makes_a_job(tmp_path: Path) -> None:
    (tmp_path / "plugin.toml").write_text(
        f'{MANIFEST}[contributes]\nwizards = ["jax"]\nenvironments = ["jax-gpu"]\n', "utf-8"
    )
    (tmp_path / "hooks.py").write_text(next(each for each in HOOK_FILES if "desktop_app.api.kit" in each), "utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "environments.json").write_text(
        next(each for kind, each in BLOCKS if kind == "json" and "items" in each), "utf-8"
    )
    text = "import argparse, jax\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.1)\n"
    (tmp_path / "train.py").write_text(text, "utf-8")
    testing.assert_plugin_sound(tmp_path)
    with testing.load_plugin(tmp_path) as plugin:
        context = testing.fake_context(tmp_path, scan=plugin.scan(text))
        answers: dict[str, Value] = {"script": "train.py", "arg.lr": 0.5, "v1_words": "process_count=8, node_count=2"}
        job = testing.drive(plugin.wizard("jax"), answers, context).job
    assert job.command == "python -u train.py --lr ${{inputs.lr}}"
    assert (job.topology.nodes, job.topology.processes_per_node) == (2, 4)
    assert job.environment == "azureml:jax-gpu@latest"
