"""Listings of containers, blobs and blocks, as XML in the service's own order and form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from tests.emulator.blob_errors import RefusalError, http_date, xml
from tests.emulator.blob_store import APPEND, Account, Blob, Container

MOST = 5000
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
Sizes = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a listing holds, and the name at which the next begins."""

    blobs: tuple[Blob, ...]
    prefixes: tuple[str, ...]
    following: str


def list_blobs(box: Container, query: Mapping[str, str], address: str) -> bytes:
    """GET container ?comp=list: flat, or by folder where a delimiter is given."""
    page = page_of(box, query)
    include = query.get("include", "").split(",")
    asked = [("Prefix", "prefix"), ("Marker", "marker"), ("MaxResults", "maxresults"), ("Delimiter", "delimiter")]
    head = "".join(f"<{tag}>{escape(query[key])}</{tag}>" for tag, key in asked if query.get(key))
    inside = [_blob(blob, "metadata" in include) for blob in page.blobs]
    inside += [f"<BlobPrefix>{_name(prefix)}</BlobPrefix>" for prefix in page.prefixes]
    named = f"ServiceEndpoint={quoteattr(address)} ContainerName={quoteattr(box.name)}"
    blobs = f"<Blobs>{''.join(inside)}</Blobs>" if inside else "<Blobs />"
    return xml(
        f"<EnumerationResults {named}>{head}{blobs}{_element('NextMarker', page.following)}</EnumerationResults>"
    )


def page_of(box: Container, query: Mapping[str, str]) -> Page:
    """The blobs and folders of one page; a folder counts as one."""
    most = _most(query)
    blobs: list[Blob] = []
    prefixes: list[str] = []
    for kind, name in _walk(box, query.get("prefix", ""), query.get("delimiter", ""), _after(query.get("marker", ""))):
        if len(blobs) + len(prefixes) == most:
            return Page(tuple(blobs), tuple(prefixes), _marker(name))
        if kind == "blob":
            blobs.append(box.blobs[name])
        else:
            prefixes.append(name)
    return Page(tuple(blobs), tuple(prefixes), "")


def list_containers(account: Account, query: Mapping[str, str], address: str) -> bytes:
    """GET / ?comp=list."""
    prefix = query.get("prefix", "")
    boxes = [account.containers[name] for name in sorted(account.containers) if name.startswith(prefix)]
    inside = "".join(f"<Container><Name>{escape(box.name)}</Name>{_state(box)}</Container>" for box in boxes)
    head = _element("Prefix", prefix) if prefix else ""
    named = f"ServiceEndpoint={quoteattr(address)}"
    body = f"{head}<Containers>{inside}</Containers><NextMarker />"
    return xml(f"<EnumerationResults {named}>{body}</EnumerationResults>")


def list_blocks(committed: Sizes, uncommitted: Sizes, kind: str) -> bytes:
    """GET blob ?comp=blocklist."""
    body = _blocks("CommittedBlocks", committed) if kind in ("committed", "all") else ""
    body += _blocks("UncommittedBlocks", uncommitted) if kind in ("uncommitted", "all") else ""
    return xml(f"<BlockList>{body}</BlockList>")


def _walk(box: Container, prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, str]]:
    """Blobs and folders in order; a folder is passed over in one step, whatever it holds."""
    at: str | None = after
    while at is not None:
        start, at = at, None
        for blob in box.starting_with(prefix, start):
            cut = blob.name.find(delimiter, len(prefix)) if delimiter else -1
            if cut < 0:
                yield "blob", blob.name
                continue
            folder = blob.name[: cut + len(delimiter)]
            yield "prefix", folder
            at = folder + "\U0010ffff"
            break


def _marker(name: str) -> str:
    """Markers are opaque to clients; the service's begin with `2!` and hide the name at which the next page begins."""
    return f"2!{len(name)}!{name.encode().hex()}"


def _after(marker: str) -> str:
    if not marker:
        return ""
    try:
        return bytes.fromhex(marker.split("!")[2]).decode()
    except (ValueError, IndexError):
        raise RefusalError("InvalidQueryParameterValue") from None


def _most(query: Mapping[str, str]) -> int:
    text = query.get("maxresults", str(MOST))
    if not text.isdigit() or int(text) == 0:
        raise RefusalError("InvalidQueryParameterValue")
    return min(int(text), MOST)


def _blob(blob: Blob, with_metadata: bool) -> str:
    shown = {"Creation-Time": http_date(blob.created), "Last-Modified": http_date(blob.modified), "Etag": blob.etag}
    shown |= {"Content-Length": str(blob.size), "Content-Type": blob.content_type}
    shown |= {name: blob.headers.get(name, "") for name in ("Content-Encoding", "Content-Language")}
    shown |= {
        "Content-CRC64": "",
        "Content-MD5": blob.md5 or "",
        "Cache-Control": blob.headers.get("Cache-Control", ""),
    }
    shown |= {"Content-Disposition": blob.headers.get("Content-Disposition", ""), "BlobType": blob.kind}
    if blob.kind != APPEND:
        shown |= {"AccessTier": "Hot", "AccessTierInferred": "true"}
    shown |= {"LeaseStatus": "unlocked", "LeaseState": "available", "ServerEncrypted": "true"}
    properties = "".join(_element(name, value) for name, value in shown.items())
    metadata = "".join(_element(name, value) for name, value in blob.metadata.items())
    told = (f"<Metadata>{metadata}</Metadata>" if metadata else "<Metadata />") if with_metadata else ""
    return f"<Blob>{_name(blob.name)}<Properties>{properties}</Properties>{told}<OrMetadata /></Blob>"


def _state(box: Container) -> str:
    shown = {"Last-Modified": http_date(box.modified), "Etag": f'"{box.etag}"', "LeaseStatus": "unlocked"}
    shown |= {"LeaseState": "available", "DefaultEncryptionScope": "$account-encryption-key"}
    shown |= {"DenyEncryptionScopeOverride": "false", "HasImmutabilityPolicy": "false", "HasLegalHold": "false"}
    return f"<Properties>{''.join(_element(name, value) for name, value in shown.items())}</Properties>"


def _blocks(tag: str, blocks: Sizes) -> str:
    inside = "".join(f"<Block><Name>{escape(name)}</Name><Size>{size}</Size></Block>" for name, size in blocks)
    return f"<{tag}>{inside}</{tag}>" if inside else f"<{tag} />"


def _name(name: str) -> str:
    """A name; one that XML can't hold is percent-encoded, as the service does since version 2021-02-12."""
    if _NO_XML.search(name):
        return f'<Name Encoded="true">{quote(name)}</Name>'
    return _element("Name", name)


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if text else f"<{tag} />"
