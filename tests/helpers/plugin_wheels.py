"""Small wheels of plugins, as an author would build them."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.helpers.plugin_folders import HOOKS

TOML = """
[plugin]
id = "{id}"
name = "{name}"
version = "{version}"
api = "1"
summary = "Made for a test."
"""


def write_plugin_wheel(
    folder: Path,
    plugin_id: str,
    version: str = "1.0",
    hooks: str = HOOKS,
    *,
    requires: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
) -> Path:
    """Make the wheel of a plugin whose package and distribution are called after it."""
    package = f"rankzero_{plugin_id.replace('-', '_')}"
    toml = TOML.replace("{id}", plugin_id).replace("{name}", plugin_id.title()).replace("{version}", version)
    contents = {
        f"{package}/__init__.py": "",
        f"{package}/plugin.toml": toml,
        f"{package}/hooks.py": hooks.replace("{id}", plugin_id),
        **(files or {}),
    }
    info = f"{package}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    contents[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: rankzero-{plugin_id}\nVersion: {version}\n"
        f"Keywords: rankzero-plugin,rankzero-api-1\n{needs}"
    )
    contents[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    contents[f"{info}/entry_points.txt"] = f"[rankzero.plugins]\n{plugin_id} = {package}\n"
    contents[f"{info}/RECORD"] = "".join(map(_recorded, contents, contents.values())) + f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in contents.items():
            archive.writestr(each, text)
    return path


def _recorded(name: str, text: str) -> str:
    data = text.encode("utf-8")
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"
