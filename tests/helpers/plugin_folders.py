"""Makes plugin folders for tests."""

from __future__ import annotations

from pathlib import Path

TOML = """
[plugin]
id = "{id}"
name = "{name}"
version = "1.0"
api = "{api}"
summary = "Made for a test."

[contributes]
environments = ["a"]
"""
HOOKS = """
from desktop_app.api import EnvironmentPreset, hookimpl


@hookimpl
def environment_presets():
    return [EnvironmentPreset("{id}", "Title", "azureml:x@latest")]
"""


def write_plugin(
    parent: Path, plugin_id: str, hooks: str | None = HOOKS, *, toml: str = TOML, api: str = "1", folder: str = ""
) -> Path:
    """Make a plugin's folder below `parent` and return it; `hooks` is the text of hooks.py, None for no such file."""
    made = parent / (folder or plugin_id)
    made.mkdir(parents=True)
    filled = toml.replace("{id}", plugin_id).replace("{name}", plugin_id.title()).replace("{api}", api)
    (made / "plugin.toml").write_text(filled, "utf-8")
    if hooks is not None:
        (made / "hooks.py").write_text(hooks.replace("{id}", plugin_id), "utf-8")
    return made


def preset_hooks(*, before: str = "", body: str = "return []") -> str:
    """Return a hooks.py that runs `before` when it is imported and `body` when its presets are asked for."""
    lines = "\n    ".join(body.splitlines())
    return f"from desktop_app.api import hookimpl\n{before}\n\n\n@hookimpl\ndef environment_presets():\n    {lines}\n"
