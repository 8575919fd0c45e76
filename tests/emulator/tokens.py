"""Access tokens: JWT-shaped, signed by the emulator, expiring; and what ARM answers to one that it won't take."""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from tests.emulator.answers import gateway_error
from tests.emulator.clock import utc
from tests.emulator.directory import PERSON, Identity, SignIns, identity_of
from tests.emulator.routing import Answer, Call
from tests.emulator.service import Service

_KEY = b"signs nothing outside the emulator"
_MANAGEMENT = (
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
    "https://management.azure.com/",
    "https://management.azure.com",
)
_MACHINE_LEARNING = "https://ml.azure"


class TokenError(Exception):
    """A token that isn't good; `code` is ARM's word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def issue(service: Service, audience: str, tenant: str, who: Identity, client: str) -> str:
    """Return an access token for an audience (`https://management.azure.com`)."""
    now = service.clock.now()
    claims: dict[str, Any] = {"aud": audience, "iss": f"https://sts.windows.net/{tenant}/"}
    claims |= lifetime_claims(now, service.part(SignIns).lifetime)
    claims |= {"appid": client, "oid": who.object_id, "sub": who.object_id, "tid": tenant, "ver": "1.0"}
    claims |= {"idtyp": "user", "upn": who.name, "scp": "user_impersonation"} if who.is_person else {"idtyp": "app"}
    claims |= {"uti": uuid.uuid4().hex[:22], "xms_issued": now.timestamp()}
    return sealed(claims)


def lifetime_claims(now: datetime, lifetime: timedelta) -> dict[str, int]:
    """Return from when until when a token is good; AAD lets it begin five minutes ago."""
    second = int(now.timestamp())
    return {"iat": second, "nbf": second - 300, "exp": second + int(lifetime.total_seconds())}


def sealed(claims: dict[str, Any]) -> str:
    """Return claims as a JWT."""
    head = _packed({"typ": "JWT", "alg": "RS256", "x5t": "emulator", "kid": "emulator"})
    text = f"{head}.{_packed(claims)}"
    return f"{text}.{_base64(_signature(text))}"


def opened(token: str) -> dict[str, Any]:
    """Return the claims of a token that the emulator sealed."""
    try:
        head, body, signature = token.split(".")
        genuine = hmac.compare_digest(_unpadded(signature), _signature(f"{head}.{body}"))
        claims: dict[str, Any] = json.loads(_unpadded(body))
    except ValueError:
        raise TokenError("InvalidAuthenticationToken", "The access token is invalid.") from None
    if not genuine:
        raise TokenError("InvalidAuthenticationToken", "The access token is invalid.")
    return claims


def claims_of(service: Service, call: Call) -> dict[str, Any]:
    """Return the claims of a request's bearer token; TokenError where it has none that is good at this time."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        missing = "Authentication failed. The 'Authorization' header is missing."
        raise TokenError("AuthenticationFailed", missing)
    if service.options.any_token:
        return {"oid": PERSON.object_id, "tid": service.state.tenant}
    claims = opened(token)
    now, sign_ins = service.clock.now(), service.part(SignIns)
    expiry = utc(claims["exp"])
    if expiry <= now or (sign_ins.revoked and utc(claims["xms_issued"]) < sign_ins.revoked):
        said = f"The access token expiry UTC time '{_american(expiry)}' is earlier than current UTC time"
        raise TokenError("ExpiredAuthenticationToken", f"{said} '{_american(now)}'.")
    return claims


def refusal(service: Service, call: Call) -> Answer | None:
    """Return what ARM and the data plane answer to a request whose caller they don't let in; None where they do."""
    try:
        claims = claims_of(service, call)
        _check(service, call, claims)
    except TokenError as error:
        challenge = f'Bearer authorization_uri="https://login.windows.net/{service.state.tenant}", '
        challenge += f'error="invalid_token", error_description="{error}"'
        return gateway_error(401, error.code, str(error), {"WWW-Authenticate": challenge})
    return _forbidden(call, claims)


def _check(service: Service, call: Call, claims: dict[str, Any]) -> None:
    audience = str(claims.get("aud", _MANAGEMENT[0]))
    own = f"https://{service.state.cloud.management}"
    allowed_ones = _MANAGEMENT if own in _MANAGEMENT else (f"{own}/", own)
    if audience not in allowed_ones and not audience.startswith(_MACHINE_LEARNING):
        allowed = ",".join(f"'{each}'" for each in allowed_ones)
        said = f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly "
        raise TokenError(
            "InvalidAuthenticationTokenAudience", f"{said}match with one of the allowed audiences {allowed}."
        )
    if claims["tid"] != service.state.tenant and call.path.lower().startswith("/subscriptions/"):
        raise TokenError("InvalidAuthenticationTokenTenant", _wrong_tenant(str(claims["tid"]), service.state.tenant))


def _wrong_tenant(theirs: str, ours: str) -> str:
    return (
        f"The access token is from the wrong issuer 'https://sts.windows.net/{theirs}/'. It must match the tenant "
        f"'https://sts.windows.net/{ours}/' associated with this subscription. Please use the authority (URL) "
        f"'https://login.windows.net/{ours}' to get the token. Note, if the subscription is transferred to another "
        "tenant there is no impact to the services, but information about new tenant could take time to propagate "
        "(up to an hour). If you just transferred your subscription and see this error message, please try back later."
    )


def _forbidden(call: Call, claims: dict[str, Any]) -> Answer | None:
    """A Reader may look at everything but secrets, and change nothing."""
    who = identity_of(claims["oid"])
    if who.role != "Reader" or call.method in ("GET", "HEAD") or call.plane != "arm":
        return None
    scope = call.path
    kind = "/".join(scope.split("/")[7::2]) or "workspaces"
    verb = {"DELETE": "delete", "POST": "action"}.get(call.method, "write")
    action = f"Microsoft.MachineLearningServices/{kind}/{verb}"
    return gateway_error(
        403,
        "AuthorizationFailed",
        f"The client '{who.client}' with object id '{who.object_id}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
    )


def _american(when: datetime) -> str:
    return f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S %p}"


def _signature(text: str) -> bytes:
    return hmac.digest(_KEY, text.encode(), "sha256")


def _packed(value: object) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
