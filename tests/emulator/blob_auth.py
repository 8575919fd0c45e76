"""Who may do what at the storage: shared keys, SAS and bearer tokens are really checked."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tests.emulator.blob_errors import RefusalError, http_date
from tests.emulator.blob_signing import (
    account_key,
    account_text,
    delegation_key,
    delegation_text,
    parse_when,
    service_text,
    shared_key_text,
    sign,
)
from tests.emulator.routing import Call

ISSUER = "https://login.microsoftonline.com/{tenant}/oauth2/authorize"
AUDIENCE = "https://storage.azure.com"
OLDEST = timedelta(minutes=15)


def check(call: Call, account: str, needs: str, now: datetime, *, keys_allowed: bool = True) -> None:
    """Refuse a request that is not signed, wrongly signed, too old, or not permitted to do what it asks.

    `needs` are the letters of a SAS one of which allows the request; empty: a SAS can't allow it at all.
    """
    authorization = call.headers.get("authorization", "")
    kind, _, value = authorization.partition(" ")
    if kind == "Bearer":
        return _check_bearer(call, now)
    if not keys_allowed and (kind == "SharedKey" or ("sig" in call.query and "skoid" not in call.query)):
        raise RefusalError("KeyBasedAuthenticationNotPermitted")
    if kind == "SharedKey":
        return _check_shared_key(call, account, value, now)
    if authorization:
        raise _failed(f"The authorization scheme {kind} is not supported.")
    if "sig" in call.query:
        return _check_sas(call, account, needs, now)
    raise RefusalError("PublicAccessNotPermitted")


def _check_shared_key(call: Call, account: str, value: str, now: datetime) -> None:
    signer, _, signature = value.partition(":")
    date = call.headers.get("x-ms-date") or call.headers.get("date", "")
    try:
        sent = parsedate_to_datetime(date)
    except ValueError:
        raise _failed("The Date header in the request is incorrect.") from None
    if abs(now - sent.astimezone(UTC)) > OLDEST:
        raise _failed(f"Request date header too old: '{date}'")
    text = shared_key_text(call.method, call.path, call.query, call.headers, account)
    if signer != account or not _same(signature, sign(account_key(account), text)):
        shown = text.replace("\n", "\\n")
        raise _failed(
            f"The MAC signature found in the HTTP request '{signature}' is not the same as any computed signature. "
            f"Server used following string to sign: '{shown}'."
        )


def _check_sas(call: Call, account: str, needs: str, now: datetime) -> None:
    query = call.query
    whole_account = "ss" in query or "srt" in query
    text = account_text(query, account) if whole_account else _service_text(call, account)
    key = delegation_key(account, query) if "skoid" in query else account_key(account)
    if not _same(query["sig"], sign(key, text)):
        raise _failed(f"Signature did not match. String to sign used was {text}")
    _check_time(query, now)
    if whole_account:
        _check_reach(call)
    if not set(needs) & set(query.get("sp", "")):
        raise RefusalError("AuthorizationPermissionMismatch")


def _service_text(call: Call, account: str) -> str:
    if call.query.get("sr") not in ("b", "c"):
        raise _failed("sr is mandatory. Cannot be empty")
    written = delegation_text if "skoid" in call.query else service_text
    return written(call.query, account, call.parts.get("container", ""), call.parts.get("name", ""))


def _check_time(query: Mapping[str, str], now: datetime) -> None:
    expiry, start = parse_when(query.get("se", "")), parse_when(query.get("st", ""))
    if expiry is None:
        raise _failed("se is mandatory. Cannot be empty")
    if start is None and now >= expiry:
        told = f"[{http_date(expiry)}] must be after signed start time [{http_date(now)}]"
        raise _failed(f"Signed expiry time {told}")
    if start is not None and not start <= now < expiry:
        times = f"Start [{http_date(start)}] - Expiry [{http_date(expiry)}] - Current [{http_date(now)}]"
        raise _failed(f"Signature not valid in the specified time frame: {times}")


def _check_reach(call: Call) -> None:
    """An account SAS names services and kinds of resources beside what may be done."""
    if "b" not in call.query.get("ss", ""):
        raise RefusalError("AuthorizationServiceMismatch")
    kind = "o" if call.parts.get("name") else "c" if call.parts.get("container") else "s"
    if kind not in call.query.get("srt", ""):
        raise RefusalError("AuthorizationResourceTypeMismatch")


def _check_bearer(call: Call, now: datetime) -> None:
    """The server has checked the token's signature; left are its age and for whom it was made."""
    claims = call.claims
    if not claims:
        raise _unknown_token("Signature validation failed. The token's signature is not of a known key.")
    if now.timestamp() >= float(claims.get("exp", 0)):
        raise _unknown_token("Lifetime validation failed. The token is expired.")
    audience = str(claims.get("aud", "")).rstrip("/")
    if audience != AUDIENCE and ".blob.core." not in audience:
        raise _unknown_token("Audience validation failed. Audience did not match.")


def _failed(detail: str) -> RefusalError:
    return RefusalError("AuthenticationFailed", detail)


def _unknown_token(detail: str) -> RefusalError:
    where = f"Bearer authorization_uri={ISSUER.format(tenant='common')} resource_id=https://storage.azure.com"
    return RefusalError("InvalidAuthenticationInfo", detail, {"WWW-Authenticate": where})


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
