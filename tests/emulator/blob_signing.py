"""Signatures of the storage service, made and compared: account keys, shared-key headers, service and account SAS."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlencode

VERSION = "2023-11-03"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a SAS allows (letters as in `sp`) and how long."""

    permissions: str
    expiry: datetime
    start: datetime | None = None


def account_key(account: str) -> str:
    """64 bytes, base64, made from the account's name: a restarted emulator knows the links it gave out before."""
    return b64encode(hashlib.sha512(b"emulated storage account " + account.encode()).digest()).decode()


def sign(key: str, text: str) -> str:
    """HMAC-SHA256 of `text`, base64."""
    return b64encode(hmac.digest(b64decode(key), text.encode(), "sha256")).decode()


def service_sas(key: str, account: str, container: str, name: str, grant: Grant) -> str:
    """A service SAS for one blob, or for the container where `name` is empty."""
    query = {"sv": VERSION, "sr": "b" if name else "c", "st": _when(grant.start), "se": _when(grant.expiry)}
    query |= {"sp": grant.permissions, "spr": "https"}
    query = {name: value for name, value in query.items() if value}
    query["sig"] = sign(key, service_text(query, account, container, name))
    return urlencode(query, quote_via=quote, safe="")


def delegation_sas(account: str, container: str, name: str, grant: Grant, who: tuple[str, str]) -> str:
    """A SAS signed with the key of a person or identity (object id, tenant), as accounts without keys hand them out."""
    times = {"skt": _when(grant.start), "ske": _when(grant.expiry)}
    query = {"sv": VERSION, "sr": "b" if name else "c", "st": _when(grant.start), "se": _when(grant.expiry)}
    query |= {"skoid": who[0], "sktid": who[1], **times, "sks": "b", "skv": VERSION}
    query |= {"sp": grant.permissions, "spr": "https"}
    query["sig"] = sign(delegation_key(account, query), delegation_text(query, account, container, name))
    return urlencode(query, quote_via=quote, safe="")


def delegation_key(account: str, query: Mapping[str, str]) -> str:
    """The key that stands behind `skoid` from `skt` to `ske`; made from them, so that none has to be kept."""
    told = "/".join(query.get(key, "") for key in ("skoid", "sktid", "skt", "ske", "sks", "skv"))
    return b64encode(hashlib.sha512(f"delegated {account}/{told}".encode()).digest()).decode()


def delegation_text(query: Mapping[str, str], account: str, container: str, name: str) -> str:
    """What a user delegation SAS signs: since 2025-07-05 with its receiver, since 2026-04-06 with parts of requests."""
    resource = f"/blob/{account}/{container}" + (f"/{name}" if query.get("sr") != "c" else "")
    version = query.get("sv", "")
    keys = ["skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid"]
    keys += ["skdutid", "sduoid"] if version >= "2025-07-05" else []
    keys += ["sip", "spr", "sv", "sr", "snapshot", "ses"]
    keys += ["srh", "srq"] if version >= "2026-04-06" else []
    keys += ["rscc", "rscd", "rsce", "rscl", "rsct"]
    parts = [query.get(key, "") for key in ("sp", "st", "se")]
    return "\n".join([*parts, resource, *(query.get(key, "") for key in keys)])


def account_sas(key: str, account: str, grant: Grant, resources: str = "sco") -> str:
    """An account SAS for the blob service."""
    query = {"sv": VERSION, "ss": "b", "srt": resources, "sp": grant.permissions}
    query |= {"st": _when(grant.start), "se": _when(grant.expiry), "spr": "https"}
    query = {name: value for name, value in query.items() if value}
    query["sig"] = sign(key, account_text(query, account))
    return urlencode(query, quote_via=quote, safe="")


def service_text(query: Mapping[str, str], account: str, container: str, name: str) -> str:
    """What a service SAS signs; since 2018-11-09 with resource and snapshot, since 2020-12-06 with encryption scope."""
    version = query.get("sv", "")
    resource = f"/blob/{account}/{container}" + (f"/{name}" if query.get("sr") != "c" else "")
    parts = [query.get("sp", ""), query.get("st", ""), query.get("se", ""), resource]
    parts += [query.get(key, "") for key in ("si", "sip", "spr", "sv")]
    if version >= "2018-11-09":
        parts += [query.get("sr", ""), query.get("snapshot", "")]
    if version >= "2020-12-06":
        parts.append(query.get("ses", ""))
    return "\n".join(parts + [query.get(key, "") for key in ("rscc", "rscd", "rsce", "rscl", "rsct")])


def account_text(query: Mapping[str, str], account: str) -> str:
    """What an account SAS signs."""
    keys = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    keys += ["ses"] if query.get("sv", "") >= "2020-12-06" else []
    return "\n".join([account, *(query.get(key, "") for key in keys), ""])


def shared_key_text(
    method: str, raw_path: str, query: Mapping[str, str], headers: Mapping[str, str], account: str
) -> str:
    """What the Authorization header SharedKey signs; `raw_path` as it was sent, headers with lower-case names."""
    length = headers.get("content-length", "")
    plain = ["content-encoding", "content-language", "", "content-md5", "content-type", "date"]
    plain += ["if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"]
    values = [headers.get(name, "") if name else ("" if length == "0" else length) for name in plain]
    if "x-ms-date" in headers:
        values[5] = ""
    own = sorted((name, " ".join(value.split())) for name, value in headers.items() if name.startswith("x-ms-"))
    resource = f"/{account}{raw_path}" + "".join(
        f"\n{key.lower()}:{query[key]}" for key in sorted(query, key=str.lower)
    )
    return "\n".join([method, *values, *(f"{name}:{value}" for name, value in own), resource])


def _pairs(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{name}:{value}" for name, value in pairs]


def parse_when(text: str) -> datetime | None:
    """A time of a SAS (st, se): date, minutes, seconds or fractions; None where it is none of these."""
    try:
        when = datetime.fromisoformat(unquote(text))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""
