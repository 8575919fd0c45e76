"""What is wrong with a plugin has one word each, by which the window and the verbs tell what to do."""

from __future__ import annotations

from desktop_app.places import Places
from tests.helpers.plugin_folders import TOML, preset_hooks, write_plugin
from tests.helpers.plugin_hosts import plugin_hosts


def test_each_has_its_word(places: Places) -> None:
    write_plugin(places.plugins, "well")
    write_plugin(places.plugins, "well", folder="z-double")
    write_plugin(places.plugins, "odd", toml=f"{TOML}[odd]\n")
    write_plugin(places.plugins, "old", api="0")
    write_plugin(places.plugins, "raises", preset_hooks(before="1 / 0"))
    write_plugin(places.plugins, "lies", preset_hooks(body="return 3"))
    write_plugin(places.plugins, "leaves", preset_hooks(body="import os\nos._exit(1)"))
    with plugin_hosts(places) as make:
        host = make()
        host.environment_presets()
        words = {each.id: each.problem for each in host.plugins}
    assert words == {
        "well": "",
        "well@z-double": "taken",
        "odd": "manifest",
        "old": "api",
        "raises": "import",
        "lies": "hook",
        "leaves": "crash",
    }
