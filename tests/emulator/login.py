"""Sign-in as Microsoft Entra ID does it: discovery, client secrets, device codes, the browser's way, renewal."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

from tests.emulator import tokens
from tests.emulator.answers import ok
from tests.emulator.bodies import asked_of
from tests.emulator.directory import (
    APPLICATIONS,
    CLIENT,
    PERSON,
    DeviceCode,
    Identity,
    SignIns,
    identity_of,
    tenant_of,
)
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_NO_STORE = {"Cache-Control": "no-store, no-cache"}

Form = Mapping[str, str]


async def openid_configuration(service: Service, call: Call) -> Answer:
    """Describe a tenant's endpoints."""
    name = call.parts["tenant"]
    tenant = tenant_of(name)
    if tenant is None:
        return _no_tenant(service, name)
    base = f"https://{call.host}/{tenant if name not in ('common', 'organizations') else name}"
    shown = "{tenantid}" if name in ("common", "organizations") else tenant
    body = {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"https://{call.host}/{shown}/v2.0",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
        "tenant_region_scope": "WW",
        "cloud_instance_name": call.host.removeprefix("login."),
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    }
    return ok(body, headers={"Cache-Control": "max-age=86400, private"})


async def instances(_service: Service, call: Call) -> Answer:
    """Say that this host is one of Microsoft's own."""
    cloud = {"preferred_network": call.host, "preferred_cache": "login.windows.net", "aliases": [call.host]}
    endpoint = f"https://{call.host}/common/v2.0/.well-known/openid-configuration"
    return ok({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [cloud]})


async def token(service: Service, call: Call) -> Answer:
    """Give out a token for a secret, a device code, a browser's code or a refresh token."""
    form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
    tenant = tenant_of(call.parts["tenant"])
    if tenant is None:
        return _no_tenant(service, call.parts["tenant"])
    if "scope" not in form and "resource" not in form and form.get("grant_type") == "client_credentials":
        wanted = "AADSTS900144: The request body must contain the following parameter: 'scope'."
        return _refused(service, 400, "invalid_request", 900144, wanted)
    grant = _GRANTS.get(form.get("grant_type", ""))
    if grant is None:
        return _refused(
            service,
            400,
            "unsupported_grant_type",
            70003,
            f"AADSTS70003: The app requested an unsupported grant type '{form.get('grant_type')}'.",
        )
    return grant(service, tenant, form)


def _by_secret(service: Service, tenant: str, form: Form) -> Answer:
    client = form.get("client_id", "")
    who = APPLICATIONS.get(client)
    if who is None:
        said = (
            f"AADSTS700016: Application with identifier '{client}' was not found in the directory 'Emulator'. This can "
            "happen if the application has not been installed by the administrator of the tenant or consented to by "
            "any user in the tenant. You may have sent your authentication request to the wrong tenant."
        )
        return _refused(service, 400, "unauthorized_client", 700016, said)
    if form.get("client_secret") != who.secret:
        said = (
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client "
            f"secret value, not the client secret ID, for a secret added to app '{client}'."
        )
        return _refused(service, 401, "invalid_client", 7000215, said)
    return _granted(service, tenant, form, who)


def _by_device(service: Service, tenant: str, form: Form) -> Answer:
    device = service.part(SignIns).devices.get(form.get("device_code", ""))
    if device is None or device.expires <= service.clock.now():
        said = "AADSTS70020: The provided value for the input parameter 'device_code' is not valid. Device code expired"
        return _refused(service, 400, "expired_token" if device else "bad_verification_code", 70020, said)
    if device.state == "declined":
        said = "AADSTS70018: The user declined to sign in on the device."
        return _refused(service, 400, "authorization_declined", 70018, said)
    if device.state == "pending":
        said = "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling."
        return _refused(service, 400, "authorization_pending", 70016, said)
    del service.part(SignIns).devices[device.device_code]
    return _granted(service, tenant, {**form, "scope": device.scope}, PERSON)


def _by_code(service: Service, tenant: str, form: Form) -> Answer:
    asked = service.part(SignIns).browsers.pop(form.get("code", ""), None)
    if asked is None:
        said = "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity."
        return _refused(service, 400, "invalid_grant", 70008, said)
    return _granted(service, tenant, {"scope": asked["scope"], **form, "nonce": asked["nonce"]}, PERSON)


def _by_refresh(service: Service, tenant: str, form: Form) -> Answer:
    try:
        claims = tokens.opened(form.get("refresh_token", ""))
    except tokens.TokenError:
        claims = {}
    revoked = service.part(SignIns).revoked
    if claims.get("use") != "refresh" or (revoked and claims["xms_issued"] < revoked.timestamp()):
        said = "AADSTS700082: The refresh token has expired due to inactivity."
        return _refused(service, 400, "invalid_grant", 700082, said)
    return _granted(service, tenant, form, identity_of(claims["oid"]))


_GRANTS: dict[str, Callable[[Service, str, Form], Answer]] = {
    "client_credentials": _by_secret,
    _DEVICE_GRANT: _by_device,
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
}


def _granted(service: Service, tenant: str, form: Form, who: Identity) -> Answer:
    scope = form.get("scope", "")
    wanted = [each for each in scope.split() if "://" in each]
    audience = form.get("resource") or (
        wanted[0].rsplit("/", 1)[0] if wanted else f"https://{service.state.cloud.management}"
    )
    client = form.get("client_id", "")
    seconds = int(service.part(SignIns).lifetime.total_seconds())
    body: dict[str, object] = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds}
    body |= {"refresh_in": seconds // 2} if seconds >= 7200 else {}
    body["access_token"] = tokens.issue(service, audience, tenant, who, client)
    if who.is_person:
        body |= _of_person(service, tenant, form, client)
    return ok(body, headers=_NO_STORE)


def _of_person(service: Service, tenant: str, form: Form, client: str) -> dict[str, object]:
    """What only a person's sign-in carries: who it is, and a token to renew it with."""
    now = service.clock.now()
    known = {"oid": PERSON.object_id, "tid": tenant}
    claims = {"aud": client, "iss": f"https://{service.state.cloud.authority}/{tenant}/v2.0", "sub": PERSON.object_id}
    claims |= {"name": "Ada", "preferred_username": PERSON.name, "ver": "2.0", **known}
    claims |= {"nonce": form["nonce"]} if form.get("nonce") else {}
    identity = tokens.sealed(claims | tokens.lifetime_claims(now, timedelta(hours=1)))
    renewal = tokens.sealed(
        {"use": "refresh", "xms_issued": now.timestamp(), **known, **tokens.lifetime_claims(now, timedelta(days=90))}
    )
    info = json.dumps({"uid": PERSON.object_id, "utid": tenant}).encode()
    return {
        "scope": form.get("scope", ""),
        "id_token": identity,
        "refresh_token": renewal,
        "client_info": base64.urlsafe_b64encode(info).decode().rstrip("="),
        "foci": "1",
    }


async def device_code(service: Service, call: Call) -> Answer:
    """Begin a sign-in that a person ends on another device; here that is the control plane's `/devicelogin`."""
    if tenant_of(call.parts["tenant"]) is None:
        return _no_tenant(service, call.parts["tenant"])
    form = dict(parse_qsl(call.body.decode()))
    sign_ins, lifetime = service.part(SignIns), 900
    expires = service.clock.now() + timedelta(seconds=lifetime)
    code = secrets.token_hex(5)[:9].upper()
    made = DeviceCode(secrets.token_urlsafe(48), code, expires, form.get("scope", ""))
    made.state = "approved" if sign_ins.approve_at_once else "pending"
    sign_ins.devices[made.device_code] = made
    where = "https://microsoft.com/devicelogin"
    said = f"To sign in, use a web browser to open the page {where} and enter the code {code} to authenticate."
    return ok(
        {
            "user_code": code,
            "device_code": made.device_code,
            "verification_uri": where,
            "expires_in": lifetime,
            "interval": service.options.delay("device", 5),
            "message": said,
        },
        headers=_NO_STORE,
    )


async def decide_device(service: Service, call: Call) -> Answer:
    """Let a person's device in (POST {"code": ..., "approve": true}), or all that wait and will come ("*")."""
    asked, sign_ins = asked_of(call), service.part(SignIns)
    code, verdict = asked.get("code", "*"), asked.get("approve", True)
    if code == "*":
        sign_ins.approve_at_once = bool(verdict)
    chosen = [each for each in sign_ins.devices.values() if code in ("*", each.user_code)]
    for each in chosen:
        each.state = "approved" if verdict else "declined"
    return ok({"decided": [each.user_code for each in chosen]})


async def authorize(service: Service, call: Call) -> Answer:
    """Be the page at which a person signs in: this one lets Ada in at once and sends the browser back."""
    if tenant_of(call.parts["tenant"]) is None:
        return _no_tenant(service, call.parts["tenant"])
    code = secrets.token_urlsafe(48)
    asked = {"scope": call.query.get("scope", ""), "nonce": call.query.get("nonce", "")}
    service.part(SignIns).browsers[code] = asked
    back = {"code": code, "state": call.query.get("state", ""), "session_state": str(uuid.uuid4())}
    joint = "&" if "?" in call.query.get("redirect_uri", "") else "?"
    return Answer(302, headers={"Location": f"{call.query.get('redirect_uri', '')}{joint}{urlencode(back)}"})


async def managed_identity(service: Service, call: Call) -> Answer:
    """Be the place at which a machine in Azure asks for a token, in App Service's way (IDENTITY_ENDPOINT)."""
    if not call.headers.get("x-identity-header"):
        said = "Required metadata header not specified"
        return Answer(400, {"error": "invalid_request", "error_description": said})
    resource = call.query.get("resource", f"https://{service.state.cloud.management}").rstrip("/")
    who, lifetime = APPLICATIONS[CLIENT], service.part(SignIns).lifetime
    made = tokens.issue(service, resource, service.state.tenant, who, CLIENT)
    expires = str(int((service.clock.now() + lifetime).timestamp()))
    body = {"access_token": made, "expires_on": expires, "resource": resource, "token_type": "Bearer"}
    return ok({**body, "client_id": CLIENT})


async def keys(_service: Service, _call: Call) -> Answer:
    """Show no keys: nobody but the emulator checks its tokens."""
    return ok({"keys": []})


def _no_tenant(service: Service, name: str) -> Answer:
    said = (
        f"AADSTS90002: Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing "
        "into the correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant."
    )
    return _refused(service, 400, "invalid_tenant", 90002, said)


def _refused(service: Service, status: int, error: str, code: int, said: str) -> Answer:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    when = f"{service.clock.now():%Y-%m-%d %H:%M:%SZ}"
    body = {
        "error": error,
        "error_description": f"{said} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {when}",
        "error_codes": [code],
        "timestamp": when,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://{service.state.cloud.authority}/error?code={code}",
    }
    return Answer(status, body, _NO_STORE)


def prepare(service: Service) -> None:
    """Keep who is signing in."""
    service.add_part(SignIns())


def routes() -> Routes:
    """Return what login.microsoftonline.com answers, and how the control plane plays the person."""
    table = Routes()
    table.add("GET", "login", "/common/discovery/instance", instances)
    table.add("GET", "login", "/{tenant}/v2.0/.well-known/openid-configuration", openid_configuration)
    table.add("GET", "login", "/{tenant}/discovery/v2.0/keys", keys)
    table.add("POST", "login", "/{tenant}/oauth2/v2.0/token", token)
    table.add("POST", "login", "/{tenant}/oauth2/token", token)
    table.add("POST", "login", "/{tenant}/oauth2/v2.0/devicecode", device_code)
    table.add("GET", "login", "/{tenant}/oauth2/v2.0/authorize", authorize)
    table.add("POST", "control", "/devicelogin", decide_device)
    table.add("GET", "control", "/identity", managed_identity)
    return table
