"""Wheels of plugins written by hand, with a true RECORD, so that a test can make one that is wrong in a single way."""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.services.plugins.installing.looking.wheels import inspect_wheel

NAME = "rankzero_acme-1.0-py3-none-any.whl"
INFO = "rankzero_acme-1.0.dist-info"
MANIFEST = """\
[plugin]
id = "{id}"
name = "{title}"
version = "{version}"
api = "{api}"
summary = "Made for a test."

[contributes]
environments = ["{id}"]
"""
HOOKS = """\
from desktop_app.api import EnvironmentPreset, hookimpl


@hookimpl
def environment_presets():
    return [EnvironmentPreset("{id}", "Title", "azureml:x@latest")]
"""
DATE = (2026, 11, 22, 0, 0, 0)


def plugin_files(
    plugin_id: str = "acme",
    version: str = "1.0",
    *,
    api: str = "1",
    requires: Iterable[str] = (),
    python: str = ">=3.11",
    metadata: str = "",
) -> dict[str, bytes]:
    """Return the files of a plugin's wheel by name, without RECORD; the package is called like the plugin."""
    package = plugin_id.replace("-", "_")
    info = f"rankzero_{package}-{version}.dist-info"
    wanted = "".join(f"Requires-Dist: {each}\n" for each in requires)
    head = f"Metadata-Version: 2.1\nName: rankzero-{plugin_id}\nVersion: {version}\nRequires-Python: {python}\n"
    told = f"{head}Summary: Made for a test.\nKeywords: rankzero-plugin,rankzero-api-{api}\n{wanted}{metadata}"
    texts = {
        f"{package}/__init__.py": "",
        f"{package}/plugin.toml": MANIFEST.format(id=plugin_id, title=plugin_id.title(), version=version, api=api),
        f"{package}/hooks.py": HOOKS.replace("{id}", plugin_id),
        f"{info}/METADATA": told,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[rankzero.plugins]\n{plugin_id} = {package}\n",
    }
    return {name: text.encode("utf-8") for name, text in texts.items()}


def pack(path: Path, files: Mapping[str, bytes], *, record: bool = True) -> Path:
    """Make a wheel of the files, by default with a true RECORD."""
    contents = dict(files)
    info = next((each.partition("/")[0] for each in contents if ".dist-info/" in each), "")
    if record and info:
        contents[f"{info}/RECORD"] = record_of(contents, info)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED)
    return path


def record_of(files: Mapping[str, bytes], info: str = INFO) -> bytes:
    """Return the RECORD of files."""
    rows = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    return ("\n".join([*rows, f"{info}/RECORD,,"]) + "\n").encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def refused(path: Path) -> str:
    """Return why a wheel is refused: one sentence that begins with its name."""
    with pytest.raises(UserError) as caught:
        inspect_wheel(path)
    said = caught.value.message
    assert said.startswith(f"“{path.name}” can't be installed: ")
    assert said.endswith(".")
    assert "\n" not in said
    return said


def with_part(folder: Path, name: str, content: str | bytes | None) -> Path:
    """Make a wheel one file of which is another, or is missing; its RECORD is true."""
    files = plugin_files()
    files.pop(name, None)
    if content is not None:
        files[name] = content.encode("utf-8") if isinstance(content, str) else content
    return pack(folder / NAME, files)


@dataclass
class Entry:
    """A file in an archive that is written byte by byte; what is None is what it should be."""

    name: bytes
    content: bytes = b""
    packed: bytes | None = None
    method: int = 0
    flags: int = 0
    size: int | None = None
    mode: int = stat.S_IFREG | 0o644
    local_name: bytes | None = None
    behind: bytes = b""

    def local(self) -> bytes:
        """Return what stands before the content."""
        name = self.name if self.local_name is None else self.local_name
        return b"PK\x03\x04" + struct.pack("<H", 20) + self._middle() + struct.pack("<HH", len(name), 0) + name

    def central(self, offset: int) -> bytes:
        """Return its line in the list at the end."""
        head = b"PK\x01\x02" + struct.pack("<HH", 0x0314, 20) + self._middle()
        return head + struct.pack("<HHHHHII", len(self.name), 0, 0, 0, 0, self.mode << 16, offset) + self.name

    def data(self) -> bytes:
        """Return the content as it is stored."""
        return self.content if self.packed is None else self.packed

    def _middle(self) -> bytes:
        size = len(self.content) if self.size is None else self.size
        sums = zlib.crc32(self.content)
        return struct.pack("<HHHHIII", self.flags, self.method, 0, 0x5B76, sums, len(self.data()), size)


def forge(path: Path, *more: Entry, tail: bytes = b"", head: bytes = b"") -> Path:
    """Write the wheel of a plugin byte by byte, with further entries; files are in its RECORD as well."""
    own = plugin_files()
    listed = own | {each.name.decode("utf-8", "replace"): each.content for each in more if each.name[-1:] != b"/"}
    own[f"{INFO}/RECORD"] = record_of(listed)
    body, central = io.BytesIO(), io.BytesIO()
    body.write(head)
    entries = [*(Entry(name.encode("utf-8"), content) for name, content in own.items()), *more]
    for each in entries:
        central.write(each.central(body.tell()))
        body.write(each.local() + each.data() + each.behind)
    start, listed_in = body.tell(), central.getvalue()
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(listed_in), start, 0)
    path.write_bytes(body.getvalue() + listed_in + end + tail)
    return path
