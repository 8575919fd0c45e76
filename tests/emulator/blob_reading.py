"""GET and HEAD of a blob: whole, in ranges, under conditions."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tests.emulator.blob_errors import RefusalError, http_date
from tests.emulator.blob_store import APPEND, AbsentError, Blob, Store
from tests.emulator.routing import NOTHING, Answer, Call, FilePart

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_MD5_AT_MOST = 4 << 20
_OVERRIDES = {"rscc": "Cache-Control", "rscd": "Content-Disposition", "rsce": "Content-Encoding"}
_OVERRIDES |= {"rscl": "Content-Language", "rsct": "Content-Type"}


def read(store: Store, account: str, call: Call) -> Answer:
    """Answer GET and HEAD of a blob."""
    blob = found(store, account, call)
    unchanged = conditions(call, blob)
    if unchanged:
        return Answer(304, NOTHING, {"x-ms-error-code": "ConditionNotMet", "ETag": f'"{blob.etag}"'})
    headers = described(blob, head=call.method == "HEAD") | _overridden(call)
    wanted = call.headers.get("x-ms-range") or call.headers.get("range", "")
    span = _RANGE.fullmatch(wanted)
    if call.method == "HEAD" or span is None:
        return _whole(store, blob, headers, call.method)
    return _part(store, blob, headers, span, with_md5=call.headers.get("x-ms-range-get-content-md5") == "true")


def found(store: Store, account: str, call: Call) -> Blob:
    """The blob that the call names; the service's refusal where it is not there."""
    try:
        return store.find(account, call.parts["container"], call.parts["name"])
    except AbsentError as error:
        raise RefusalError(error.what) from None


def conditions(call: Call, blob: Blob | None) -> bool:
    """Hold a request to its If-… headers: True where a reader has the blob already, refused where they are not met."""
    reads = call.method in ("GET", "HEAD")
    if_match, if_none = call.headers.get("if-match"), call.headers.get("if-none-match")
    if if_match and (blob is None or if_match not in ("*", f'"{blob.etag}"')):
        raise RefusalError("ConditionNotMet")
    if blob is None:
        return False
    if if_none and if_none in ("*", f'"{blob.etag}"') and not reads:
        raise RefusalError("BlobAlreadyExists" if if_none == "*" else "ConditionNotMet")
    since = call.headers.get("if-unmodified-since")
    if since and blob.modified.replace(microsecond=0) > _date(since):
        raise RefusalError("ConditionNotMet")
    return reads and (if_none == f'"{blob.etag}"' or _older(blob, call.headers.get("if-modified-since")))


def described(blob: Blob, *, head: bool) -> dict[str, str]:
    """The headers that tell of a blob."""
    headers = {"Content-Type": blob.content_type, "Last-Modified": http_date(blob.modified), "ETag": f'"{blob.etag}"'}
    headers |= {"Accept-Ranges": "bytes", "Content-Length": str(blob.size), **blob.headers}
    headers |= {f"x-ms-meta-{name}": value for name, value in blob.metadata.items()}
    headers |= {"x-ms-blob-type": blob.kind, "x-ms-creation-time": http_date(blob.created)}
    headers |= {"x-ms-lease-state": "available", "x-ms-lease-status": "unlocked", "x-ms-server-encrypted": "true"}
    if blob.md5:
        headers["Content-MD5"] = blob.md5
    if blob.kind == APPEND:
        headers["x-ms-blob-committed-block-count"] = str(blob.blocks)
    elif head:
        headers |= {"x-ms-access-tier": "Hot", "x-ms-access-tier-inferred": "true"}
    if blob.copied_from:
        headers |= {"x-ms-copy-source": blob.copied_from, "x-ms-copy-status": "success"}
        headers |= {"x-ms-copy-progress": f"{blob.size}/{blob.size}"}
    return headers


def _whole(store: Store, blob: Blob, headers: Mapping[str, str], method: str) -> Answer:
    return Answer(200, NOTHING if method == "HEAD" else _bytes(store, blob, 0, blob.size), headers)


def _part(store: Store, blob: Blob, headers: dict[str, str], span: re.Match[str], *, with_md5: bool) -> Answer:
    start = int(span[1])
    end = min(int(span[2]) if span[2] else blob.size - 1, blob.size - 1)
    if start >= blob.size or end < start:
        raise RefusalError("InvalidRange", headers={"Content-Range": f"bytes */{blob.size}"})
    size = end - start + 1
    whole = headers.pop("Content-MD5", None)
    headers |= {"Content-Length": str(size), "Content-Range": f"bytes {start}-{end}/{blob.size}"}
    if whole:
        headers["x-ms-blob-content-md5"] = whole
    if with_md5:
        headers["Content-MD5"] = _md5(store, blob, start, size)
    return Answer(206, _bytes(store, blob, start, size), headers)


def _bytes(store: Store, blob: Blob, start: int, size: int) -> object:
    """Small parts at once, for the blob may be replaced until they are sent; of big ones only where they lie."""
    return store.read(blob, start, size) if size <= _MD5_AT_MOST else FilePart(blob.path, start, size)


def _md5(store: Store, blob: Blob, start: int, size: int) -> str:
    if size > _MD5_AT_MOST:
        raise RefusalError("InvalidHeaderValue")
    return b64encode(hashlib.md5(store.read(blob, start, size)).digest()).decode()


def _older(blob: Blob, since: str | None) -> bool:
    return since is not None and blob.modified.replace(microsecond=0) <= _date(since)


def _date(text: str) -> datetime:
    try:
        read = parsedate_to_datetime(text)
    except ValueError:
        raise RefusalError("InvalidHeaderValue") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _overridden(call: Call) -> dict[str, str]:
    return {header: call.query[key] for key, header in _OVERRIDES.items() if key in call.query}
