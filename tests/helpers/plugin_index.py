"""A small real package index on loopback (PEP 503, 658, 691, 700), which has all the faults that one can have."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import re
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

JSON_PAGE = "application/vnd.pypi.simple.v1+json"


def plugin_wheel(
    folder: Path,
    name: str = "rankzero-acme",
    version: str = "0.1.0",
    *,
    api: str = "1",
    keywords: str | None = None,
    manifest: bool = True,
    tag: str = "py3-none-any",
    requires_python: str = "",
    requires: Sequence[str] = (),
    plugin: str = "acme",
    files: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write a wheel of a plugin; `keywords` None are those of the custom, and without `manifest` it is no plugin."""
    stem, package = name.replace("-", "_"), name.replace("-", "_").lower()
    words = f"rankzero-plugin,rankzero-api-{api}" if keywords is None else keywords
    info = f"{stem}-{version}.dist-info"
    metadata = [
        "Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", f"Summary: {plugin} at work", "Author: Ann",
        "License-Expression: MIT", "Project-URL: Homepage, https://example.org/acme",
        *([f"Keywords: {words}"] if words else []),
        *([f"Requires-Python: {requires_python}"] if requires_python else []),
        *(f"Requires-Dist: {each}" for each in requires),
    ]  # fmt: skip
    toml = f'[plugin]\nid = "{plugin}"\nname = "{plugin.title()}"\nversion = "{version}"\napi = "{api}"\n'
    contents: dict[str, str | bytes] = {
        f"{package}/__init__.py": "", f"{package}/hooks.py": "",
        **({f"{package}/plugin.toml": toml} if manifest else {}),
        **(files or {}),
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[rankzero.plugins]\n{plugin} = {package}\n" if manifest else "",
    }  # fmt: skip
    rows = [f"{path},{_record(content)}\n" for path, content in contents.items()]
    contents[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in contents.items():
            archive.writestr(each, content)
    return path


def _record(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(data)}"


Answer = Callable[[BaseHTTPRequestHandler], object]


@dataclass
class Held:
    """A file that the index holds; `sha256` is what it says of it, `yanked` None or the reason."""

    path: Path
    sha256: str
    yanked: str | None = None
    requires_python: str = ""
    metadata: bytes | None = None
    size: int | None = None


@dataclass
class PluginIndex:
    """What it holds, how it speaks, what it was asked, and how many bytes of files it `sent`.

    `faults` answer instead, by the beginning of a path.
    """

    url: str = ""
    files: dict[str, Held] = field(default_factory=dict)
    projects: dict[str, list[str]] = field(default_factory=dict)
    speaks_json: bool = True
    gives_parts: bool = True
    sent: int = 0
    password: tuple[str, str] | None = None
    etag: str = '"1"'
    faults: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def add(self, path: Path, *, metadata: bool = True, said: Mapping[str, Any] | None = None) -> Held:
        """Hold a wheel, or another file; `said` is what the index says otherwise than it is."""
        content = path.read_bytes()
        is_wheel = path.suffix == ".whl"
        told = {
            "sha256": hashlib.sha256(content).hexdigest(), "size": len(content),
            "metadata": _metadata(path) if metadata and is_wheel else None,
        }  # fmt: skip
        held = Held(path, **{**told, **(said or {})})
        self.files[path.name] = held
        project = re.sub(r"[-_.]+", "-", path.name.split("-")[0] if is_wheel else path.name.rpartition("-")[0]).lower()
        names = self.projects.setdefault(project, [])
        if path.name not in names:
            names.append(path.name)
        return held

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [each for each, _ in self.asked]

    def environment(self, **more: str) -> dict[str, str]:
        """Return pip's settings for this index alone, as variables."""
        return {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "0", "PIP_INDEX_URL": f"{self.url}/simple", **more}

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        asked = unquote(request.path.partition("?")[0])
        self.asked.append((asked, dict(request.headers.items())))
        path = re.sub(r"^https?://[^/]*", "", asked)
        for beginning, fault in self.faults.items():
            if path.startswith(beginning):
                fault(request)
                return
        self.speak(request)

    def speak(self, request: BaseHTTPRequestHandler) -> None:
        """Answer as an index without faults."""
        path = re.sub(r"^https?://[^/]*", "", unquote(request.path.partition("?")[0]))
        if self.password is not None and request.headers.get("Authorization") != _basic(*self.password):
            send(request, 401, b"no")
        elif path == "/simple/":
            self._names(request)
        elif path.startswith("/simple/"):
            self._project(request, path.split("/")[2])
        else:
            self._file(request, path.rpartition("/")[2])

    def _names(self, request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("If-None-Match") == self.etag:
            send(request, 304, b"", ETag=self.etag)
        elif self.speaks_json:
            names = [{"name": each} for each in self.projects]
            body = json.dumps({"meta": {"api-version": "1.1"}, "projects": names}).encode()
            send(request, 200, body, JSON_PAGE, ETag=self.etag)
        else:
            anchors = "".join(f'<a href="/simple/{each}/">{each}</a>\n' for each in self.projects)
            send(request, 200, f"<!DOCTYPE html><html><body>{anchors}</body></html>".encode(), ETag=self.etag)

    def _project(self, request: BaseHTTPRequestHandler, name: str) -> None:
        if name not in self.projects:
            send(request, 404, b"there is none")
            return
        files = [self.files[each] for each in self.projects[name]]
        if self.speaks_json:
            body = {"meta": {"api-version": "1.1"}, "name": name, "files": [_as_json(each) for each in files]}
            send(request, 200, json.dumps(body).encode(), JSON_PAGE)
        else:
            anchors = "".join(_as_html(each) for each in files)
            send(request, 200, f"<!DOCTYPE html><html><body>{anchors}</body></html>".encode())

    def _file(self, request: BaseHTTPRequestHandler, name: str) -> None:
        held = self.files.get(name.removesuffix(".metadata"))
        if held is None:
            send(request, 404, b"there is none")
        elif name.endswith(".metadata"):
            send(request, 404 if held.metadata is None else 200, held.metadata or b"", "text/plain")
        else:
            self._content(request, held.path.read_bytes())

    def _content(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Send a file, or the part of it that is asked for."""
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", "")) if self.gives_parts else None
        if wanted is None:
            send(request, 200, content, "application/octet-stream")
            self.sent += len(content)
            return
        first, last = wanted.groups()
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last), len(content) - 1) if first and last else len(content) - 1
        part = content[start : end + 1]
        self.sent += len(part)
        told = f"bytes {start}-{end}/{len(content)}"
        send(request, 206, part, "application/octet-stream", Content_Range=told)


def _as_json(held: Held) -> dict[str, Any]:
    return {
        "filename": held.path.name, "url": f"../../files/{held.path.name}", "size": held.size,
        "hashes": {"sha256": held.sha256} if held.sha256 else {},
        **({"requires-python": held.requires_python} if held.requires_python else {}),
        **({"yanked": held.yanked or True} if held.yanked is not None else {}),
        **({"core-metadata": {"sha256": hashlib.sha256(held.metadata).hexdigest()}} if held.metadata else {}),
    }  # fmt: skip


def _as_html(held: Held) -> str:
    told = {
        **({"data-requires-python": held.requires_python} if held.requires_python else {}),
        **({"data-yanked": held.yanked} if held.yanked is not None else {}),
        **({"data-core-metadata": "true"} if held.metadata else {}),
    }
    words = "".join(f' {name}="{html.escape(value)}"' for name, value in told.items())
    mark = f"#sha256={held.sha256}" if held.sha256 else ""
    return f'<a href="../../files/{held.path.name}{mark}"{words}>{held.path.name}</a><br/>\n'


def _metadata(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return archive.read(name)


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def send(
    request: BaseHTTPRequestHandler, status: int, body: bytes = b"", kind: str = "text/html", **headers: str
) -> None:
    """Send a whole answer."""
    request.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


@contextlib.contextmanager
def plugin_index(certificate: ssl.SSLContext | None = None) -> Iterator[PluginIndex]:
    """Serve an index on a free port of loopback; it is a proxy for any other host as well."""
    index = PluginIndex()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                index.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    index.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield index
    finally:
        index.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
