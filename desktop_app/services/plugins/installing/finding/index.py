"""Asks package indexes by way of a child, as pip is set to ask them; fetches what was chosen."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

from desktop_app.api import OutsideError, Progress, UserError
from desktop_app.core.redact import redact
from desktop_app.processes import end_group, group_options
from desktop_app.services.plugins.installing.models import Offer
from desktop_app.services.toolchains.pip_default import default_index
from desktop_app.services.toolchains.pip_settings import pip_settings

_SCRIPT = Path(__file__).resolve().parent / "index_worker" / "__main__.py"
_ENDED = "What asks the package index ended by itself."
_MARGIN = 10.0  # seconds
_LINE = 1 << 27  # the list of a project's files may be long
NOWHERE = "pip is set to ask no package index here (no-index), and to no folder of wheels."
HOUSE = "Name a folder of wheels: --wheelhouse."
MISSING, OUTSIDE, WRONG, LARGE = "missing", "outside", "wrong", "large"
"""Why there is no answer: nothing of that name, a source that is away, one that can't be right, too many bytes."""
_OFF = {"", "0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Sources:
    """Where packages come from; `indexes` and `links` are addresses and may hold passwords, so they are never shown."""

    indexes: tuple[str, ...] = field(default=(), repr=False)
    links: tuple[str, ...] = field(default=(), repr=False)
    trusted: tuple[str, ...] = ()
    cert: str = ""
    client_cert: str = ""
    proxy: str = field(default="", repr=False)
    timeout: float = 15.0
    patience: float = 120.0
    page: int = 64_000_000
    file: int = 500_000_000

    @property
    def are_none(self) -> bool:
        """Whether there is nobody to ask."""
        return not self.indexes and not self.links

    def only(self, indexes: Sequence[str] = (), links: Sequence[str] = ()) -> Sources:
        """Return these indexes and links alone, asked in the same way."""
        return replace(self, indexes=tuple(indexes), links=tuple(links))


def sources(wheelhouse: Path | None = None, environ: Mapping[str, str] = os.environ) -> Sources:
    """Return where pip would look; with a `wheelhouse` that folder alone. Raises UserError where it is missing."""
    if wheelhouse is not None:
        folder = wheelhouse.expanduser().absolute()
        if not folder.is_dir():
            raise UserError(f"The folder of wheels {folder} is not there.")
        return Sources(links=(str(folder),))
    pip = pip_settings(environ)
    none = pip.get("no-index", "").lower() not in _OFF
    indexes = () if none else (*pip.get("index-url", default_index()).split(), *pip.get("extra-index-url", "").split())
    return Sources(
        indexes=tuple(dict.fromkeys(map(_index, indexes))),
        links=tuple(dict.fromkeys(map(_links, pip.get("find-links", "").split()))),
        trusted=tuple(pip.get("trusted-host", "").split()),
        cert=pip.get("cert", ""),
        client_cert=pip.get("client-cert", ""),
        proxy=pip.get("proxy", ""),
        timeout=_seconds(pip.get("timeout") or pip.get("default-timeout", "")),
    )


def _index(text: str) -> str:
    """Return an index's address; pip takes a folder's path as well."""
    return text if "://" in text else Path(text).expanduser().absolute().as_uri()


def _links(text: str) -> str:
    """Return the address of a page of links, or the path of a folder or page of this computer."""
    path = url2pathname(urlsplit(text).path) if text.startswith("file:") else text
    return path if "://" in path else str(Path(path).expanduser().absolute())


def bare(url: str) -> str:
    """Return an address without name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def _seconds(text: str) -> float:
    try:
        return max(1.0, float(text))
    except ValueError:
        return 15.0


class Complaint(OutsideError):  # noqa: N818 - it is told as one
    """A source gave no answer that helps; `kind` is missing, outside or wrong."""

    def __init__(self, kind: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class Asking:
    """The child at work: several questions may be asked at once."""

    def __init__(self, process: asyncio.subprocess.Process, patience: float) -> None:
        self._process = process
        self._patience = patience
        self._number = 0
        self._waiting: dict[int, tuple[asyncio.Future[Any], Progress | None, str]] = {}
        self._errors = asyncio.create_task(self._drain(), name="index worker's standard error")
        self._reading = asyncio.create_task(self._read(), name="index worker's answers")

    async def ask(self, deed: str, progress: Progress | None = None, what: str = "", **facts: Any) -> Any:
        """Return the child's answer. Raises Complaint where it has none, OutsideError when it dies."""
        self._number += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = (future, progress, what)
        if self._reading.done():
            raise OutsideError(_ENDED, hint="Try again.")
        self.send({"id": self._number, "do": deed, **facts})
        try:
            async with asyncio.timeout(None if deed == "fetch" else self._patience):
                return await future
        except TimeoutError:  # a server can be slow in ways that the child does not see
            raise Complaint(OUTSIDE, "A source of packages did not answer in time.", "Try again.") from None

    def send(self, message: Mapping[str, Any]) -> None:
        """Write a line to the child."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def end(self) -> None:
        """End the child, whatever it is doing, and a keyring's program that it may wait for."""
        await end_group(self._process)
        await asyncio.gather(self._reading, self._errors, return_exceptions=True)
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(OSError):
            await self._process.stdin.wait_closed()

    async def _read(self) -> None:
        """Hand out answers until the child ends, and leave nobody waiting then."""
        assert self._process.stdout is not None
        try:
            async for line in self._process.stdout:
                self._take(json.loads(line))
            details = await self._errors
        except ValueError as error:  # a line that is no answer, or too long for one
            details = str(error)
        for future, _, _ in self._waiting.values():
            if not future.done():
                future.set_exception(OutsideError(_ENDED, hint="Try again.", details=details))

    def _take(self, message: Mapping[str, Any]) -> None:
        future, progress, what = self._waiting[message["id"]]
        if "told" in message:
            done, total = message["told"]
            if progress is not None:
                progress(what, min(1.0, done / total) if total else None)
            return
        del self._waiting[message["id"]]
        if future.done():
            return
        fault = message.get("fault")
        if fault:
            future.set_exception(Complaint(fault["kind"], redact(fault["message"]), redact(fault["hint"])))
        else:
            future.set_result(message["ok"])

    async def _drain(self) -> str:
        assert self._process.stderr is not None
        last = b""
        while piece := await self._process.stderr.read(1 << 14):
            last = (last + piece)[-10_000:]
        return redact(last.decode("utf-8", "replace"))


@contextlib.asynccontextmanager
async def asking(where: Sources) -> AsyncIterator[Asking]:
    """Start a child that asks these sources; it ends with the block, also when that is cancelled."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-P", "-u", str(_SCRIPT))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=_LINE, **group_options()
    )
    child = Asking(process, 2 * (where.patience + where.timeout) + _MARGIN)
    try:
        child.send(asdict(where))
        yield child
    finally:
        await asyncio.shield(child.end())


async def fetch(offer: Offer, folder: Path, progress: Progress, *, where: Sources | None = None) -> Path:
    """Have an offer's wheel in `folder`, under its own name, whole and with the hash that was said; return its path.

    Raises UserError, OutsideError where it can't be had or is another file than was said.
    """
    what = f"Fetching {offer.distribution} {offer.version}"
    progress(what, None)
    async with asking(where or sources()) as child:
        found = await child.ask("fetch", progress, what, file=_file(offer), folder=str(folder))
    return Path(found["path"])


def _file(offer: Offer) -> dict[str, Any]:
    name = offer.file.name if offer.file else unquote(urlsplit(offer.url).path.rpartition("/")[2])
    if not name.endswith(".whl"):
        raise UserError(f"{offer.distribution} {offer.version} is no wheel, and only wheels are installed.")
    path = str(offer.file) if offer.file else ""
    return {"filename": name, "url": offer.url, "path": path, "sha256": offer.sha256}
