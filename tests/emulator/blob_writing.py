"""What changes a blob: put, append, blocks and their lists, copy, metadata, properties, delete."""

import hashlib
import shutil
import uuid
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

from tests.emulator import blob_auth
from tests.emulator.blob_errors import RefusalError, http_date
from tests.emulator.blob_reading import conditions, found
from tests.emulator.blob_store import APPEND, BLOCK, AbsentError, Blob, Container, Store
from tests.emulator.crc64 import crc64_header
from tests.emulator.routing import NOTHING, Answer, Call

_CHECKED_AT_MOST = 64 << 10  # the check sum costs 0.1 s a megabyte in Python: of larger bodies it is left out
_BLOCK_AT_MOST = 100 << 20
Sizes = Sequence[tuple[str, int]]
_KEPT = ("Content-Encoding", "Content-Language", "Cache-Control", "Content-Disposition")


def put(store: Store, account: str, call: Call) -> Answer:
    """PUT a blob: a block blob with its bytes, or an append blob without any."""
    box, kind = _container(store, account, call), call.headers.get("x-ms-blob-type", "")
    old = box.blobs.get(call.parts["name"])
    conditions(call, old)
    if kind not in (BLOCK, APPEND):
        raise RefusalError("NotEmulated" if kind else "MissingRequiredHeader")
    md5 = _checked(call)
    path = store.new_file(box, call.body)
    more = _properties(call) | {"metadata": _metadata(call)}
    blob = store.settle(box, call.parts["name"], path, kind, **more, **({"md5": md5} if kind == BLOCK else {}))
    box.blocks.pop(blob.name, None)
    return Answer(201, NOTHING, _written(blob) | {"Content-MD5": md5} | _crc(call.body))


def put_from_url(store: Store, account: str, call: Call) -> Answer:
    """PUT with x-ms-copy-source: Copy Blob, and with a blob type Put Blob From URL."""
    box, source = _container(store, account, call), _source(store, account, call)
    conditions(call, box.blobs.get(call.parts["name"]))
    path = store.new_file(box)
    shutil.copyfile(source.path, path)
    metadata = _metadata(call) or source.metadata
    kept = {"content_type": source.content_type, "headers": source.headers, "md5": source.md5, "blocks": source.blocks}
    address = call.headers["x-ms-copy-source"].partition("?")[0]
    blob = store.settle(box, call.parts["name"], path, source.kind, metadata=metadata, copied_from=address, **kept)
    copied = {"x-ms-copy-id": str(uuid.uuid4()), "x-ms-copy-status": "success"}
    return Answer(201 if "x-ms-blob-type" in call.headers else 202, NOTHING, _written(blob) | copied)


def append_block(store: Store, account: str, call: Call) -> Answer:
    """PUT ?comp=appendblock."""
    blob, md5 = found(store, account, call), _checked(call)
    conditions(call, blob)
    if blob.kind != APPEND:
        raise RefusalError("InvalidBlobType")
    position = call.headers.get("x-ms-blob-condition-appendpos", str(blob.size))
    if not position.isdecimal():
        raise RefusalError("InvalidHeaderValue")
    if int(position) != blob.size:
        raise RefusalError("AppendPositionConditionNotMet")
    changed = store.append(account, call.parts["container"], blob.name, call.body)
    told = {"x-ms-blob-append-offset": str(blob.size), "x-ms-blob-committed-block-count": str(changed.blocks)}
    return Answer(201, NOTHING, _written(changed) | told | {"Content-MD5": md5} | _crc(call.body))


def put_block(store: Store, account: str, call: Call) -> Answer:
    """PUT ?comp=block: the bytes wait for the list that names them."""
    box, block, md5 = _container(store, account, call), call.query.get("blockid", ""), _checked(call)
    waiting = box.blocks.setdefault(call.parts["name"], {})
    if not block or any(len(other) != len(block) for other in waiting):
        raise RefusalError("InvalidQueryParameterValue")
    if len(call.body) > _BLOCK_AT_MOST:
        raise RefusalError("RequestBodyTooLarge")
    if block in waiting:
        waiting[block].write_bytes(call.body)
    else:
        waiting[block] = store.new_file(box, call.body)
    encrypted = {"x-ms-request-server-encrypted": "true", "Content-MD5": md5}
    return Answer(201, NOTHING, encrypted | _crc(call.body))


def put_block_list(store: Store, account: str, call: Call) -> Answer:
    """PUT ?comp=blocklist: the blob becomes these blocks, in this order."""
    box, name = _container(store, account, call), call.parts["name"]
    old = box.blobs.get(name)
    conditions(call, old)
    waiting = box.blocks.get(name, {})
    path, sizes = store.new_file(box), []
    with path.open("wb") as target:
        for tag, block in _listed(call.body):
            data = _block(tag, block, waiting, old)
            sizes.append((block, len(data)))
            target.write(data)
    for spent in box.blocks.pop(name, {}).values():
        spent.unlink(missing_ok=True)
    more = _properties(call) | {"metadata": _metadata(call), "blocks_listed": tuple(sizes)}
    blob = store.settle(box, name, path, BLOCK, md5=call.headers.get("x-ms-blob-content-md5"), **more)
    return Answer(201, NOTHING, _written(blob) | _crc(call.body))


def set_metadata(store: Store, account: str, call: Call) -> Answer:
    """PUT ?comp=metadata: all of it is replaced."""
    blob = found(store, account, call)
    conditions(call, blob)
    changed = store.change(_container(store, account, call), blob, metadata=_metadata(call))
    return Answer(200, NOTHING, _written(changed))


def set_properties(store: Store, account: str, call: Call) -> Answer:
    """PUT ?comp=properties: the type, encoding and so on; what is not given is cleared."""
    blob = found(store, account, call)
    conditions(call, blob)
    md5 = call.headers.get("x-ms-blob-content-md5")
    changed = store.change(_container(store, account, call), blob, md5=md5, **_properties(call))
    return Answer(200, NOTHING, _written(changed))


def delete(store: Store, account: str, call: Call) -> Answer:
    """DELETE a blob."""
    conditions(call, found(store, account, call))
    store.remove(account, call.parts["container"], call.parts["name"])
    return Answer(202, NOTHING, {"x-ms-delete-type-permanent": "true"})


def block_sizes(box: Container, name: str) -> tuple[Sizes, Sizes]:
    """The committed and the waiting blocks of a blob, with their sizes."""
    blob = box.blobs.get(name)
    waiting = [(block, path.stat().st_size) for block, path in box.blocks.get(name, {}).items()]
    if blob is None and not waiting:
        raise RefusalError("BlobNotFound")
    return (blob.blocks_listed if blob else ()), waiting


def _container(store: Store, account: str, call: Call) -> Container:
    known = store.accounts.get(account)
    if known is None or call.parts["container"] not in known.containers:
        raise RefusalError("ContainerNotFound")
    return known.containers[call.parts["container"]]


def _source(store: Store, account: str, call: Call) -> Blob:
    """The blob to be copied: of this account, or of any with a SAS that is good."""
    address = urlsplit(call.headers["x-ms-copy-source"])
    container, _, name = unquote(address.path).lstrip("/").partition("/")
    query, owner = dict(parse_qsl(address.query, keep_blank_values=True)), (address.hostname or "").partition(".")[0]
    if "sig" in query or owner != account:
        asked = Call("GET", address.hostname or "", address.path, {"container": container, "name": name}, query)
        blob_auth.check(asked, owner, "r", store.now())
    try:
        return store.find(owner, container, name)
    except AbsentError:
        raise RefusalError("CannotVerifyCopySource") from None


def _checked(call: Call) -> str:
    """The body's MD5; refused where the client computed another."""
    digest, sent = hashlib.md5(call.body).digest(), call.headers.get("content-md5")
    if sent is not None:
        try:
            given = b64decode(sent, validate=True)
        except ValueError:
            raise RefusalError("InvalidMd5") from None
        if given != digest:
            raise RefusalError("Md5Mismatch" if len(given) == len(digest) else "InvalidMd5")
    return b64encode(digest).decode()


def _properties(call: Call) -> dict[str, object]:
    def given(name: str) -> str:
        return call.headers.get(f"x-ms-blob-{name.lower()}") or call.headers.get(name.lower(), "")

    kind = given("Content-Type") or "application/octet-stream"
    kept = {name: given(name) for name in _KEPT}
    return {"content_type": kind, "headers": {name: value for name, value in kept.items() if value}}


def _metadata(call: Call) -> dict[str, str]:
    start = "x-ms-meta-"
    return {name.removeprefix(start): value for name, value in call.headers.items() if name.startswith(start)}


def _listed(body: bytes) -> list[tuple[str, str]]:
    try:
        return [(element.tag, element.text or "") for element in ElementTree.fromstring(body)]
    except ElementTree.ParseError:
        raise RefusalError("InvalidXmlDocument") from None


def _block(tag: str, block: str, waiting: Mapping[str, Path], old: Blob | None) -> bytes:
    """A block's bytes: `Latest` is the waiting one, else the one that is in the blob already."""
    if tag in ("Latest", "Uncommitted") and block in waiting:
        return waiting[block].read_bytes()
    if tag in ("Latest", "Committed") and old is not None:
        start = 0
        for name, size in old.blocks_listed:
            if name == block:
                return _read(old.path, start, size)
            start += size
    raise RefusalError("InvalidBlockList")


def _read(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)


def _written(blob: Blob) -> dict[str, str]:
    told = {"ETag": f'"{blob.etag}"', "Last-Modified": http_date(blob.modified)}
    return told | {"x-ms-request-server-encrypted": "true"}


def _crc(body: bytes) -> dict[str, str]:
    return {"x-ms-content-crc64": crc64_header(body)} if len(body) <= _CHECKED_AT_MOST else {}
