"""Plugins work, and those that don't are a line in the list: never more."""

import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from desktop_app.api import EnvironmentPreset, Job, UserError
from desktop_app.api._plugins.importing import PREFIX
from desktop_app.places import Places, shipped
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from desktop_app.services.plugins.discovery import entry_points
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import HOOKS, TOML, preset_hooks, write_plugin
from tests.helpers.plugin_processes import plugin_processes

MakeHost = Callable[..., PluginHost]


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    folder = tmp_path / "bundled"
    folder.mkdir()
    return folder


@pytest.fixture
def host(places: Places, bundled: Path) -> Iterator[MakeHost]:
    before = set(sys.modules)
    hosts: list[PluginHost] = []

    def make(*points: EntryPoint, safe_mode: bool = False) -> PluginHost:
        settings = Settings(places.settings)
        made = PluginHost(places, settings, safe_mode=safe_mode, bundled=bundled, installed=lambda: points)
        made.discover()
        hosts.append(made)
        return made

    yield make
    for one in hosts:
        one.close()
    for name in set(sys.modules) - before:
        if name.startswith((PREFIX, "somewheel")):
            del sys.modules[name]


def info_of(host: PluginHost, plugin_id: str) -> PluginInfo:
    return next(each for each in host.plugins if each.id == plugin_id)


def names(host: PluginHost) -> list[str]:
    return [each.name for each in host.environment_presets()]


def test_plugins_are_listed_before_anything_is_imported(places: Places, bundled: Path, host: MakeHost) -> None:
    write_plugin(bundled, "beta", preset_hooks(before="raise RuntimeError"))
    write_plugin(places.plugins, "alpha")
    found = host().plugins
    assert [(each.id, each.source, each.state) for each in found] == [
        ("alpha", "folder", PluginState.OK),
        ("beta", "bundled", PluginState.OK),
    ]
    assert found[0].contributes == {
        "wizards": (),
        "environments": ("a",),
        "exporters": (),
        "backends": (),
        "launches": (),
        "checks": (),
        "settings": (),
    }
    assert not {f"{PREFIX}.alpha", f"{PREFIX}.beta"} & set(sys.modules)


def test_hooks_are_called_plugin_by_plugin_in_the_order_of_ids(places: Places, bundled: Path, host: MakeHost) -> None:
    for each in ("gamma", "alpha", "beta"):
        write_plugin(bundled if each == "beta" else places.plugins, each)
    assert names(host()) == ["alpha", "beta", "gamma"]


BREAKS = {
    "raises-at-import": (preset_hooks(before="1 / 0"), "ZeroDivisionError"),
    "exits-at-import": (preset_hooks(before="import sys; sys.exit(3)"), "SystemExit: 3"),
    "recurses-at-import": (preset_hooks(before="def f():\n    f()\n\n\nf()"), "RecursionError"),
    "raises-oddly": (preset_hooks(before="class Odd(BaseException):\n    pass\n\n\nraise Odd('odd')"), "Odd: odd"),
    "cancels": (preset_hooks(before="import asyncio; raise asyncio.CancelledError"), "CancelledError"),
    "does-not-parse": ("def (:\n", "SyntaxError"),
    "null-bytes": ("x = '\0'\n", "SyntaxError"),
    "misses-a-module": (preset_hooks(before="import nosuchmodule"), "No module named 'nosuchmodule'"),
    "raises-in-a-hook": (preset_hooks(body="return {}['x']"), "Its hook environment_presets failed: KeyError"),
    "exits-in-a-hook": (preset_hooks(body="import sys\nsys.exit()"), "SystemExit"),
    "returns-a-text": (preset_hooks(body="return 'abc'"), "the result is str, not a list or tuple"),
    "returns-items-of-a-wrong-type": (preset_hooks(body="return [1]"), "item 1 of the result is int"),
    "returns-a-generator": (preset_hooks(body="yield 1"), "not a list or tuple"),
    "returns-wrong-fields": (
        preset_hooks(body="from desktop_app.api import EnvironmentPreset\nreturn [EnvironmentPreset(1, 'a', 'b')]"),
        "name of item 1 of the result is int, not a text",
    ),
    "has-an-unknown-hook": (
        preset_hooks() + "\n\n@hookimpl\ndef enviroment_presets():\n    return []\n",
        "unknown hook 'enviroment_presets'",
    ),
    "has-wrong-arguments": (
        "from desktop_app.api import hookimpl\n\n\n@hookimpl\ndef check_job(jobb):\n    return []\n",
        "jobb",
    ),
}  # fmt: skip


def test_what_breaks_stops_nobody_else(places: Places, bundled: Path, host: MakeHost) -> None:
    write_plugin(bundled, "aaa")
    write_plugin(places.plugins, "zzz")
    for name, (hooks, _) in BREAKS.items():
        write_plugin(places.plugins, name, hooks)
    made = host()
    assert names(made) == ["aaa", "zzz"]
    assert names(made) == ["aaa", "zzz"]
    for name, (_, reason) in BREAKS.items():
        info = info_of(made, name)
        assert info.state is PluginState.FAILED
        assert reason in info.reason
        assert "Traceback" in info.details
    assert made.check_job(Job("python x.py")) == ()


BAD_MANIFESTS = {
    "": "lacks plugin.id",
    "[plugin\n": "no valid TOML",
    "plugin = 3\n": "[plugin] must be a table",
    TOML.replace('"1.0"', "1.0"): "plugin.version must be a text",
    TOML.replace('version = "1.0"', ""): "lacks plugin.version",
    TOML.replace('id = "{id}"', 'id = "Bad Id"'): "is no id",
    TOML.replace('id = "{id}"', 'id = "../x"'): "is no id",
    TOML + "[surprise]\n": "unknown table [surprise]",
    TOML.replace("[contributes]", 'color = "red"\n[contributes]'): "unknown key plugin.color",
    TOML + "gadgets = []\n": "unknown key contributes.gadgets",
    TOML + "wizards = 'ddp'\n": "contributes.wizards must be a list",
    TOML + "launches = 'mpi'\n": "contributes.launches must be a list",
    TOML.replace("[contributes]", 'hooks = "../other.py"\n[contributes]'): "in the plugin's own folder",
    TOML.replace("[contributes]", 'hooks = "my-hooks.py"\n[contributes]'): "no name that Python can import",
    TOML + "[toolchains]\nname = 'x'\n": "written as [[toolchains]]",
    TOML + "[[toolchains]]\nname = 'x'\n": "lacks its title",
    TOML + "[[toolchains]]\nname = '../x'\ntitle = 'X'\n": "no name for a toolchain",
    TOML + "[[toolchains]]\nname = 'x'\ntitle = 'X'\nrequires = 'torch'\n": "must be a list",
    TOML + "x" * 300_000: "larger than",
}


@pytest.mark.parametrize(("toml", "reason"), BAD_MANIFESTS.items(), ids=[str(each) for each in BAD_MANIFESTS.values()])
def test_a_bad_manifest_is_said(places: Places, host: MakeHost, toml: str, reason: str) -> None:
    write_plugin(places.plugins, "bad", toml=toml)
    write_plugin(places.plugins, "good")
    made = host()
    (bad,) = (each for each in made.plugins if each.id != "good")
    assert (bad.id, bad.state) == ("bad", PluginState.FAILED)
    assert reason in bad.reason
    assert "plugin.toml" in bad.details
    assert names(made) == ["good"]


def test_folders_without_a_manifest_or_hooks_are_said(places: Places, host: MakeHost) -> None:
    (places.plugins / "empty").mkdir(parents=True)
    (places.plugins / ".hidden").mkdir()
    (places.plugins / "__pycache__").mkdir()
    (places.plugins / "a file").write_text("no folder")
    write_plugin(places.plugins, "hookless", None)
    (write_plugin(places.plugins, "binary") / "plugin.toml").write_bytes(b"\xff\xfe")
    reasons = {each.id: each.reason for each in host().plugins}
    assert reasons == {
        "binary": "plugin.toml is no UTF-8 text.",
        "empty": "There is no plugin.toml in the plugin's folder.",
        "hookless": "The file hooks.py with the plugin's hooks is missing.",
    }


def test_another_api_is_incompatible_and_never_imported(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "future", preset_hooks(before="raise RuntimeError"), api="2")
    made = host()
    assert names(made) == []
    info = info_of(made, "future")
    assert info.state is PluginState.INCOMPATIBLE
    assert info.reason == "It is made for plugin API 2; this program has 1: a newer Rank Zero is needed."
    assert info.problem == "api"
    with pytest.raises(UserError, match="made for plugin API 2"):
        made.enable("future")


def test_of_two_plugins_with_one_id_the_bundled_one_wins(places: Places, bundled: Path, host: MakeHost) -> None:
    write_plugin(bundled, "same")
    write_plugin(places.plugins, "same", preset_hooks(before="1 / 0"), folder="mine")
    write_plugin(places.plugins, "same", folder="mine too")
    made = host()
    assert names(made) == ["same"]
    assert [(each.id, each.state.value) for each in made.plugins] == [
        ("same", "ok"), ("same@mine", "failed"), ("same@mine too", "failed"),
    ]  # fmt: skip
    assert str(bundled / "same") in info_of(made, "same@mine").reason


def test_disabling_takes_back_all_that_enabling_added(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "alpha", "from . import helper\n" + HOOKS)
    (folder / "helper.py").write_text("")
    before = set(sys.modules)
    made = host()
    changes: list[int] = []
    made.changed.connect(lambda: changes.append(1))
    assert names(made) == ["alpha"]
    assert len(plugin_processes()) == 1
    made.disable("alpha")
    assert plugin_processes() == []
    assert names(made) == []
    assert info_of(made, "alpha").state is PluginState.DISABLED
    made.enable("alpha")
    assert names(made) == ["alpha"]
    assert len(changes) == 2
    assert set(sys.modules) == before, "nothing of it ever came into this process"


def test_a_bundled_plugin_is_taken_back_likewise(bundled: Path, host: MakeHost) -> None:
    folder = write_plugin(bundled, "alpha", "from . import helper\n" + HOOKS)
    (folder / "helper.py").write_text("")
    before = set(sys.modules)
    made = host()
    assert names(made) == ["alpha"]
    assert f"{PREFIX}.alpha.helper" in sys.modules
    made.disable("alpha")
    assert names(made) == []
    assert set(sys.modules) - before <= {PREFIX}
    assert not vars(sys.modules[PREFIX]).get("alpha")
    made.enable("alpha")
    assert names(made) == ["alpha"]


def test_what_was_chosen_holds_after_a_restart(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha")
    write_plugin(places.plugins, "beta")
    host().disable("alpha")
    again = host()
    assert names(again) == ["beta"]
    again.enable("alpha")
    again.enable("alpha")
    assert names(host()) == ["alpha", "beta"]
    assert Settings(places.settings).get("plugins.disabled") is None


def test_a_plugin_that_failed_is_tried_again_when_it_is_enabled(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "alpha", preset_hooks(before="1 / 0"))
    made = host()
    assert names(made) == []
    (folder / "hooks.py").write_text(HOOKS.replace("{id}", "mended after a while"))
    made.enable("alpha")
    assert names(made) == ["mended after a while"]


def test_a_manifest_that_was_mended_is_read_again(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "alpha", toml="", folder="my plugin")
    made = host()
    with pytest.raises(UserError, match="lacks plugin"):
        made.enable("my plugin")
    (folder / "plugin.toml").write_text(TOML.replace("{id}", "alpha").replace("{name}", "A").replace("{api}", "1"))
    made.enable("my plugin")
    assert names(made) == ["alpha"]


def test_an_unknown_plugin_gets_a_hint(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha")
    for act in (host().enable, host().disable):
        with pytest.raises(UserError, match="Did you mean “alpha”"):
            act("alpa")


def test_safe_mode_takes_what_ships_with_the_program_alone(places: Places, bundled: Path, host: MakeHost) -> None:
    write_plugin(bundled, "ours")
    write_plugin(places.plugins, "theirs", preset_hooks(before="1 / 0"))
    made = host(safe_mode=True)
    assert names(made) == ["ours"]
    info = info_of(made, "theirs")
    assert info.state is PluginState.DISABLED
    assert "Safe mode" in info.reason
    assert info.details == ""


def test_a_plugin_that_ends_its_process_takes_nobody_along(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "fatal", preset_hooks(before="import os; os._exit(9)"))
    write_plugin(places.plugins, "good")
    made = host()
    assert names(made) == ["good"]
    info = info_of(made, "fatal")
    assert (info.state, info.problem) == (PluginState.FAILED, "crash")
    assert info.reason == "Its import ended its process (exit code 9)."
    (folder / "hooks.py").write_text(HOOKS.replace("{id}", "mended"))
    made.enable("fatal")
    assert names(made) == ["mended", "good"]
    assert names(host()) == ["mended", "good"]


def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hooks: str = HOOKS) -> Path:
    site = tmp_path / "site"
    package = write_plugin(site / "somewheel", "inner", "from somewheel.inner import helper\n" + hooks)
    (package / "helper.py").write_text("")
    for each in (package, package.parent):
        (each / "__init__.py").write_text("LOADED = True\n")
    monkeypatch.syspath_prepend(str(site))
    return site


@pytest.mark.parametrize("value", ["somewheel.inner", "somewheel.inner.hooks", "somewheel.inner:thing"])
def test_an_installed_plugin_is_found_without_being_imported(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: MakeHost
) -> None:
    installed(tmp_path, monkeypatch)
    made = host(EntryPoint("x", value, "rankzero.plugins"))
    assert "somewheel" not in sys.modules
    assert [(each.id, each.source) for each in made.plugins] == [("inner", "wheel")]
    assert names(made) == ["inner"]
    assert "somewheel" not in sys.modules
    made.disable("inner")
    assert plugin_processes() == []


@pytest.mark.parametrize("value", ["nosuchpackage", "json.nothing", "os", "", "a b c", "somewheel.", "somewheel.none"])
def test_an_entry_point_that_leads_nowhere_is_said(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: Places, host: MakeHost
) -> None:
    installed(tmp_path, monkeypatch)
    write_plugin(places.plugins, "good")
    made = host(EntryPoint("point", value, "rankzero.plugins"))
    info = info_of(made, "point")
    assert (info.state, info.source) == (PluginState.FAILED, "wheel")
    assert info.reason
    assert names(made) == ["good"]


def test_entry_points_of_distributions_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("good", "[rankzero.plugins]\na = somewheel.inner\n"), ("bad", "[rankzero.plugins\n\0")):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [(each.name, each.value) for each in entry_points()] == [("a", "somewheel.inner")]


def test_what_a_plugin_prints_stays_off_standard_output(
    places: Places, host: MakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    write_plugin(places.plugins, "alpha", preset_hooks(before="print('at import')", body="print('in hook')\nreturn []"))
    assert names(host()) == []
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "at import\nin hook\n"


def test_a_plugins_files_import_each_other(places: Places, host: MakeHost) -> None:
    hooks = "from .parts.texts import TITLE\nfrom . import START\n" + HOOKS.replace('"Title"', "TITLE + START")
    folder = write_plugin(places.plugins, "my-plugin", hooks)
    (folder / "__init__.py").write_text("START = '!'\n")
    (folder / "parts").mkdir()
    (folder / "parts" / "texts.py").write_text("TITLE = 'from a part'\n")
    (preset,) = host().environment_presets()
    assert preset.title == "from a part!"


def test_hooks_may_lie_deeper(places: Places, host: MakeHost) -> None:
    toml = TOML.replace("[contributes]", 'hooks = "src/my_hooks.py"\n[contributes]')
    folder = write_plugin(places.plugins, "alpha", None, toml=toml)
    (folder / "src").mkdir()
    (folder / "src" / "my_hooks.py").write_text(HOOKS)
    assert names(host()) == ["{id}"]


def test_toolchains_are_known_without_an_import(places: Places, host: MakeHost) -> None:
    toml = TOML + '[[toolchains]]\nname = "{id}-chain"\ntitle = "T"\nrequires = ["x==1"]\nsize_mb = 3\n'
    write_plugin(places.plugins, "alpha", preset_hooks(before="1 / 0"), toml=toml)
    made = host()
    (spec,) = made.toolchain_specs()
    assert (spec.name, spec.plugin, spec.requires, spec.size_mb) == ("alpha-chain", "alpha", ("x==1",), 3)
    made.disable("alpha")
    assert made.toolchain_specs() == ()


def test_reading_manifests_costs_little_more_than_reading_files(places: Places, host: MakeHost) -> None:
    """A ratio: both take longer on a loaded machine. Fifty of them take 15 ms on a quiet one."""
    files = [write_plugin(places.plugins, f"plugin-{number}") / "plugin.toml" for number in range(50)]
    made = host()

    def parse() -> None:
        assert all(tomllib.loads(each.read_text("utf-8")) for each in files)

    assert len(made.plugins) == 50
    assert quickest(made.discover) < 10 * quickest(parse)


def quickest(call: Callable[[], object]) -> float:
    """Return the processor's seconds that a call takes, at best: what else goes on counts little."""
    times = []
    for _ in range(7):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def test_the_bundled_plugins_are_sound(places: Places) -> None:
    made = PluginHost(places, Settings(places.settings), installed=tuple)
    made.discover()
    made.load()
    assert {each.id for each in made.plugins} >= {"rankzero-pytorch"}
    assert [each.reason for each in made.plugins if each.state is not PluginState.OK] == []
    assert all(each.folder and each.folder.is_relative_to(shipped("plugins")) for each in made.plugins)
    assert made.wizards()
    assert all(isinstance(each, EnvironmentPreset) for each in made.environment_presets())
    for each in made.plugins:
        made.disable(each.id)
