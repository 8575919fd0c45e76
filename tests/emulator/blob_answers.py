"""The storage accounts on *.blob.core.windows.net: which request is answered by what, and who may send it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.emulator import blob_auth, blob_listing, blob_reading, blob_writing, tokens
from tests.emulator.azurite_blobs import AzuriteBlobs
from tests.emulator.blob_errors import RefusalError, http_date, refused, request_id, xml
from tests.emulator.blob_signing import VERSION, delegation_key
from tests.emulator.blob_store import Container, Store
from tests.emulator.clock import utc
from tests.emulator.directory import SignIns
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service

Work = Callable[[Store, str, Call], Answer]


@dataclass(frozen=True, slots=True)
class Action:
    """Something the storage does, and the letters of a SAS that allow it (`service` SAS can't at all where False)."""

    work: Work
    needs: str
    service_sas: bool = True


async def answer(service: Service, call: Call) -> Answer:
    """Answer any request to a storage account."""
    if isinstance(service.blobs, AzuriteBlobs):
        return await service.blobs.forward(call)
    store, account = service.part(Store), call.host.partition(".")[0]
    call = replace(call, claims=_claims(service, call))
    try:
        action = _action(call)
        allowed = store.account(account).keys_allowed
        needs = action.needs if action.service_sas or "ss" in call.query else ""
        blob_auth.check(call, account, _for_new(store, account, call, needs), store.now(), keys_allowed=allowed)
        made = action.work(store, account, call)
    except RefusalError as refusal:
        made = refused(refusal, store.now(), call.method)
    return Answer(made.status, made.body, _common(call, store) | dict(made.headers), made.cut, made.rate)


def routes() -> Routes:
    """What is answered here."""
    table = Routes()
    for template in ("/", "/{container}", "/{container}/{name*}"):
        table.add("*", "blob", template, answer)
    return table


def _claims(service: Service, call: Call) -> dict[str, Any]:
    """Whom a bearer token is for; empty where there is none that the emulator's sign-in has sealed."""
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    if kind != "Bearer":
        return {}
    if service.options.any_token:
        return {"aud": blob_auth.AUDIENCE, "exp": math.inf}
    try:
        claims = tokens.opened(token)
    except tokens.TokenError:
        return {}
    revoked = service.part(SignIns).revoked
    old = revoked is not None and utc(claims["iat"]) < revoked
    return {**claims, "exp": 0} if old else claims


def _action(call: Call) -> Action:
    scope = "blob" if call.parts.get("name") else "container" if call.parts.get("container") else "account"
    method = "GET" if call.method == "HEAD" else call.method
    key = f"{scope} {method} {call.query.get('comp', '')}".strip()
    if key == "blob PUT" and "x-ms-copy-source" in call.headers:
        key = "blob COPY"
    if key not in ACTIONS:
        raise RefusalError("NotEmulated", f"{call.method} {call.path} with comp={call.query.get('comp')}")
    return ACTIONS[key]


def _for_new(store: Store, account: str, call: Call, needs: str) -> str:
    """`c` allows to make a blob, not to write over one."""
    known = store.account(account).containers.get(call.parts.get("container", ""))
    there = known is not None and call.parts.get("name", "") in known.blobs
    return needs.replace("c", "") if there and "w" in needs else needs


def _common(call: Call, store: Store) -> dict[str, str]:
    headers = {"Server": "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0", "Date": http_date(store.now())}
    headers |= {"x-ms-request-id": request_id(), "x-ms-version": _version(call)}
    client = call.headers.get("x-ms-client-request-id")
    return headers | ({"x-ms-client-request-id": client} if client else {})


def _version(call: Call) -> str:
    """What the client asks for; of a link alone, the link's."""
    return call.headers.get("x-ms-version") or call.query.get("sv") or VERSION


def _box(store: Store, account: str, call: Call) -> Container:
    box = store.account(account).containers.get(call.parts["container"])
    if box is None:
        raise RefusalError("ContainerNotFound")
    return box


def _list_blobs(store: Store, account: str, call: Call) -> Answer:
    return _xml(blob_listing.list_blobs(_box(store, account, call), call.query, f"https://{call.host}/"))


def _list_containers(store: Store, account: str, call: Call) -> Answer:
    return _xml(blob_listing.list_containers(store.account(account), call.query, f"https://{call.host}/"))


def _list_blocks(store: Store, account: str, call: Call) -> Answer:
    committed, waiting = blob_writing.block_sizes(_box(store, account, call), call.parts["name"])
    return _xml(blob_listing.list_blocks(committed, waiting, call.query.get("blocklisttype", "committed")))


def _delegate(_store: Store, account: str, call: Call) -> Answer:
    """Give whoever is signed in a key to sign links with."""
    if "oid" not in call.claims:
        raise RefusalError("AuthenticationFailed", "Only a bearer token can ask for a user delegation key.")
    try:
        asked = ElementTree.fromstring(call.body)
    except ElementTree.ParseError:
        raise RefusalError("InvalidXmlDocument") from None
    told = {"SignedOid": str(call.claims["oid"]), "SignedTid": str(call.claims.get("tid", ""))}
    told |= {"SignedStart": asked.findtext("Start") or "", "SignedExpiry": asked.findtext("Expiry") or ""}
    told |= {"SignedService": "b", "SignedVersion": call.headers.get("x-ms-version", VERSION)}
    names = ("skoid", "sktid", "skt", "ske", "sks", "skv")
    told["Value"] = delegation_key(account, dict(zip(names, told.values(), strict=True)))
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
    return _xml(xml(f"<UserDelegationKey>{inside}</UserDelegationKey>"))


def _make_container(store: Store, account: str, call: Call) -> Answer:
    if call.parts["container"] in store.account(account).containers:
        raise RefusalError("ContainerAlreadyExists")
    return Answer(201, NOTHING, _tags(store.container(account, call.parts["container"])))


def _show_container(store: Store, account: str, call: Call) -> Answer:
    box = _box(store, account, call)
    more = {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available", "x-ms-has-legal-hold": "false"}
    return Answer(200, NOTHING, _tags(box) | more | {"x-ms-has-immutability-policy": "false"})


def _drop_container(store: Store, account: str, call: Call) -> Answer:
    store.drop_container(account, _box(store, account, call))
    return Answer(202)


def _tags(box: Container) -> dict[str, str]:
    return {"ETag": f'"{box.etag}"', "Last-Modified": http_date(box.modified)}


def _xml(body: bytes) -> Answer:
    return Answer(200, body, {"Content-Type": "application/xml", "Transfer-Encoding": "chunked"})


ACTIONS = {
    "account GET list": Action(_list_containers, "l", service_sas=False),
    "account POST userdelegationkey": Action(_delegate, "", service_sas=False),
    "container GET": Action(_show_container, "r", service_sas=False),
    "container GET list": Action(_list_blobs, "l"),
    "container PUT": Action(_make_container, "cw", service_sas=False),
    "container DELETE": Action(_drop_container, "d", service_sas=False),
    "blob GET": Action(blob_reading.read, "r"),
    "blob GET blocklist": Action(_list_blocks, "r"),
    "blob PUT": Action(blob_writing.put, "cw"),
    "blob COPY": Action(blob_writing.put_from_url, "cw"),
    "blob PUT appendblock": Action(blob_writing.append_block, "aw"),
    "blob PUT block": Action(blob_writing.put_block, "cw"),
    "blob PUT blocklist": Action(blob_writing.put_block_list, "cw"),
    "blob PUT metadata": Action(blob_writing.set_metadata, "w"),
    "blob PUT properties": Action(blob_writing.set_properties, "w"),
    "blob DELETE": Action(blob_writing.delete, "d"),
}
