"""Takes requests line by line and answers them side by side; what is asked is the name of a function here."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from . import looking, names, pages
from .faults import WRONG, Fault
from .web import Settings, Told, Web

_AT_ONCE = 8
_TELL_EVERY = 1 << 18  # bytes
_MOST_NAMES = 300_000_000  # bytes of a list of all names; the largest index's had 40 million in 2026


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more; what is still being done then is dropped."""
    logging.disable()  # unearth says in its log what is said here in answers, and addresses with it
    web = _web(Settings.read(json.loads(requests.readline())))
    channel = _Channel(answers)
    pool = ThreadPoolExecutor(_AT_ONCE)
    for line in requests:
        pool.submit(_answer, web, channel, json.loads(line))
    os._exit(0)


def _web(settings: Settings) -> Web | Fault:
    try:
        return Web(settings)
    except Fault as fault:
        return fault
    except Exception as error:  # noqa: BLE001 - many things are wrong with a proxy's or a host's address
        hint = f"Look at pip's configuration: proxy, trusted-host, client-cert ({type(error).__name__})."
        return Fault(WRONG, "Package indexes can't be asked with what pip is set to.", hint)


class _Channel:
    """Writes whole lines, whichever thread they come from."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def _answer(web: Web | Fault, channel: _Channel, request: dict[str, Any]) -> None:
    number = request.pop("id")
    try:
        if isinstance(web, Fault):
            raise Fault(web.kind, web.message, web.hint)
        done = _DEEDS[request.pop("do")](web, request, _telling(channel, number))
    except Fault as fault:
        channel.say({"id": number, "fault": {"kind": fault.kind, "message": fault.message, "hint": fault.hint}})
    except Exception as error:  # noqa: BLE001 - an answer has to come, and text of the error may hold an address
        message = f"A source answered with something that could not be understood ({type(error).__name__})."
        channel.say({"id": number, "fault": {"kind": WRONG, "message": message, "hint": ""}})
    else:
        channel.say({"id": number, "ok": done})


def _telling(channel: _Channel, number: int) -> Told:
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done - told >= _TELL_EVERY or done == total:
            told = done
            channel.say({"id": number, "told": [done, total]})

    return tell


def _files(web: Web, request: dict[str, Any], _tell: Told) -> Any:
    """`where`, an index with a `name` or a folder or page of links without: its files."""
    where, name = request["where"], request.get("name")
    return pages.index_files(web, where, name) if name else pages.link_files(web, where)


def _metadata(web: Web, request: dict[str, Any], _tell: Told) -> Any:
    """What the index offers of a file's metadata, or None."""
    return looking.by_metadata(web, request["file"])


def _look(web: Web, request: dict[str, Any], _tell: Told) -> Any:
    """What a wheel at `path` says of itself, or a `file` on a server, None where that gives no parts of it."""
    if "path" in request:
        return looking.by_wheel(Path(request["path"]))
    return looking.by_parts(web, request["file"])


def _fetch(web: Web, request: dict[str, Any], tell: Told) -> Any:
    """Have a file in `folder`."""
    most = min(request.get("most") or web.settings.file, web.settings.file)
    path, sha256 = looking.fetch(web, request["file"], Path(request["folder"]), most, tell)
    return {"path": str(path), "sha256": sha256}


def _names(web: Web, request: dict[str, Any], tell: Told) -> Any:
    """The names of an index that begin with `prefix`; `kept` asks for those that are known already."""
    most, patience = request.get("most"), request.get("patience")
    asked = names.Question(
        request["where"], request["prefix"], Path(request["cache"]),
        most or _MOST_NAMES, patience or web.settings.patience,
    )  # fmt: skip
    return names.names(web, asked, tell, kept_alone=bool(request.get("kept")))


_DEEDS: dict[str, Callable[[Web, dict[str, Any], Told], Any]] = {
    "files": _files, "metadata": _metadata, "look": _look, "fetch": _fetch, "names": _names,
}  # fmt: skip
