"""Blob storage as it is read here: a container with leave to read it, and the list of what it holds."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit
from xml.etree import ElementTree as Xml

from desktop_app.api import Workspace
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Wire

_VERSION = "2021-08-06"
"""The version of the storage interface that requests and signatures name."""
_LIFE = timedelta(hours=1)
_SKEW = timedelta(minutes=15)
_MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Blob:
    """A file in a container; `md5` in base64, None where none was kept."""

    name: str
    size: int
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """A container by its address; `leave` is the signature that goes along, empty where a token does."""

    address: str
    leave: str = field(default="", repr=False)

    def url(self, name: str = "", **parameters: str) -> str:
        """Return the address of a blob, or of the container itself."""
        path = f"{self.address}/{quote(name)}" if name else self.address
        asked = "&".join(filter(None, (urlencode(parameters), self.leave)))
        return f"{path}?{asked}" if asked else path


def allowed(container: Container, secrets: Mapping[str, Any], now: datetime | None = None) -> Container:
    """Return the container with the leave that a datastore's secrets give: a SAS, or one made with its key."""
    if token := secrets.get("sasToken"):
        return Container(container.address, str(token).lstrip("?"))
    if key := secrets.get("key"):
        return Container(container.address, signature(container.address, str(key), now or datetime.now(UTC)))
    return container


def signature(address: str, key: str, now: datetime) -> str:
    """Return a SAS to read and list a container, signed with the account's key.

    Source: Microsoft's page "Create a service SAS", string-to-sign of version 2020-12-06 and later.
    """
    parts = urlsplit(address)
    account = (parts.hostname or "").partition(".")[0]
    start, end = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (now - _SKEW, now + _LIFE))
    fields = [
        "rl",
        start,
        end,
        f"/blob/{account}{parts.path}",
        "",
        "",
        "https",
        _VERSION,
        "c",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ]
    made = hmac.new(base64.b64decode(key), "\n".join(fields).encode(), hashlib.sha256).digest()
    told = {"sv": _VERSION, "st": start, "se": end, "sr": "c", "sp": "rl", "spr": "https"}
    return urlencode({**told, "sig": base64.b64encode(made).decode()})


async def listing(wire: Wire, workspace: Workspace, container: Container, prefix: str) -> Sequence[Blob]:
    """Return the blobs whose names begin with `prefix`, over all pages."""
    found: list[Blob] = []
    marker = ""
    for _page in range(_MOST_PAGES):
        more = {"marker": marker} if marker else {}
        url = container.url(restype="container", comp="list", prefix=prefix, **more)
        audience = "" if container.leave else "storage"
        ask = Ask("GET", url, audience=audience, headers={"x-ms-version": _VERSION}, text=True)  # type: ignore[arg-type]
        page, marker = parsed((await wire.ask(workspace, ask)).text)
        found += page
        if not marker:
            break
    return found


def parsed(text: str) -> tuple[list[Blob], str]:
    """Return the blobs of a page, folders of hierarchical accounts left out, and the marker of the next one."""
    try:
        root = Xml.fromstring(text.lstrip("\ufeff"))  # noqa: S314 - the person's own storage account; expat bounds entities
    except Xml.ParseError as error:
        raise CloudFault("The storage account's list can't be read.", kind="service", details=str(error)) from error
    found = [_blob(each) for each in root.iter("Blob") if not _is_folder(each)]
    return found, root.findtext("NextMarker") or ""


def _blob(item: Xml.Element) -> Blob:
    size = item.findtext("Properties/Content-Length") or ""
    name = item.find("Name")
    text = "" if name is None else name.text or ""
    if name is not None and name.get("Encoded") == "true":  # it has characters that XML can't have
        text = unquote(text)
    return Blob(text, int(size) if size.isdecimal() else 0, item.findtext("Properties/Content-MD5") or None)


def _is_folder(item: Xml.Element) -> bool:
    kind = item.findtext("Properties/ResourceType") or ""
    mark = item.findtext("Metadata/hdi_isfolder") or ""
    return kind == "directory" or mark.lower() == "true"


def is_same(path: Path, blob: Blob) -> bool:
    """Whether a file is here already, as far as size and MD5 tell; without MD5 it is fetched anew."""
    if blob.md5 is None or not path.is_file() or path.stat().st_size != blob.size:
        return False
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "md5").digest()).decode() == blob.md5
