"""Who is signed in: tokens by account, got in the way that was chosen, or in the first of all ways that works."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from . import credentials, faults
from .credentials import Account, Getter, Token, Unavailable
from .faults import Fault
from .keeping import Keeper
from .people import People, Prompt
from .web import Request, Web

_TENANT = re.compile(r"authorization(?:_uri)?=\"?https://[^/\"]+/([0-9a-fA-F-]{36})")
_TITLES = {
    "kept": "the sign-in that was kept", "environment": "the service principal of the environment",
    "workload-identity": "the pod's identity", "managed-identity": "the managed identity of this machine",
    "azure-cli": "the Azure CLI", "browser": "the browser", "device-code": "a device code",
    "service-principal": "the service principal",
}  # fmt: skip
_MEMORY = "memory only, as nothing has to be kept: it is had anew from"


class Identity:
    """The tokens of all accounts that are asked for; each is had once and renewed before it ends."""

    def __init__(self, keeper: Keeper | None = None) -> None:
        self._people: People | None = None
        self._keeper = keeper
        self._ways: dict[tuple[str, ...], tuple[str, Getter]] = {}
        self._tokens: dict[tuple[Any, ...], Token] = {}
        self._locks: dict[tuple[Any, ...], asyncio.Lock] = {}
        self._given: dict[tuple[str, ...], Mapping[str, str]] = {}

    @property
    def holds_the_only_copy(self) -> bool:
        """Whether ending this process would sign somebody out."""
        return bool(self._given) or (self._people is not None and self._people.is_only_here)

    def authorizer(self, asked: Mapping[str, Any], audience: str, url: str) -> Callable[[bool], Awaitable[str]]:
        """Return what gets the Authorization header of a request; a token never goes over an open line."""
        if not url.lower().startswith("https://"):
            raise Fault("bad-request", f"{faults.without_query(url)} is not asked with a token: it is not https.")

        async def authorize(refused: bool) -> str:
            found = await self.token(asked, asked["scopes"][audience], renew=refused)
            return f"Bearer {found['token']}"

        return authorize

    async def token(self, asked: Mapping[str, Any], scope: str, *, renew: bool = False) -> dict[str, Any]:
        """Return a token for a scope. Raises Fault `signed-out` with what each way answered."""
        account = _account(asked)
        name = (*account.key, scope)
        async with self._locks.setdefault(name, asyncio.Lock()):
            token = self._tokens.get(name)
            if token is None or renew or not token.is_fresh():
                self._tokens[name] = token = await self._fresh(account, scope)
        return {"token": token.value, "expires_on": int(token.expires_on)}

    async def sign_in(self, web: Web, asked: Mapping[str, Any], tell: Prompt) -> dict[str, Any]:
        """Sign in as asked, and report what each way answered; that nobody is signed in is no fault here."""
        account = _account({**asked["account"], "method": asked["method"]})
        if not account.tenant:
            account = _account({**asked["account"], "method": asked["method"], "tenant": await _tenant(web, account)})
        if asked.get("given"):
            self._given[account.key] = asked["given"]
        self._ways.pop(account.key, None)
        steps: list[dict[str, Any]] = []
        token = None
        try:
            if account.method in ("browser", "device-code"):
                await self._interactive(account, tell)
            token = await self._fresh(account, account.management, steps)
            self._tokens[(*account.key, account.management)] = token
        except Fault as fault:
            if not steps:
                steps.append(_step(account.method, fault))
        way = self._ways.get(account.key, ("", None))[0]
        return {**_who(token), "kept_in": self._kept_in(way) if token else "", "steps": steps}

    async def sign_out(self, asked: Mapping[str, Any]) -> None:
        """Forget the tokens of an account; who signed in elsewhere (`az login`) stays signed in there."""
        account = _account(asked)
        for each in [name for name in self._tokens if name[:3] == account.key]:
            del self._tokens[each]
        self._ways.pop(account.key, None)
        self._given.pop(account.key, None)
        await asyncio.to_thread(self._kept().forget, account)

    async def _interactive(self, account: Account, tell: Prompt) -> None:
        people = await asyncio.to_thread(self._kept)
        await (people.by_browser if account.method == "browser" else people.by_device_code)(account, tell)

    async def _fresh(self, account: Account, scope: str, steps: list[dict[str, Any]] | None = None) -> Token:
        """Get a token in the way that worked before, or in the first that works."""
        known = self._ways.get(account.key)
        if known is not None:
            return await asyncio.to_thread(known[1], scope)
        steps = [] if steps is None else steps
        last: Fault | None = None
        for name in self._chain(account.method):
            try:
                getter = await asyncio.to_thread(self._open, name, account)
                token = await asyncio.to_thread(getter, scope)
            except Fault as fault:
                last = fault
                steps.append(_step(name, fault))
                if fault.code == "unavailable":
                    continue
                break
            self._ways[account.key] = (name, getter)
            steps.append({"method": name, "succeeded": True, "said": f"Signed in by {_TITLES[name]}.", "hint": ""})
            return token
        raise _nobody(account, steps, last)

    def _chain(self, method: str) -> tuple[str, ...]:
        if method == "automatic":
            return ("kept", "environment", "workload-identity", "managed-identity", "azure-cli")
        return (method,)

    def _open(self, name: str, account: Account) -> Getter:
        if name in ("kept", "browser", "device-code"):
            return self._kept().getter(account)
        if name in ("environment", "service-principal"):
            return credentials.environment(account, self._given.get(account.key))
        opened = {
            "workload-identity": credentials.workload_identity, "managed-identity": credentials.managed_identity,
            "azure-cli": credentials.azure_cli,
        }.get(name)  # fmt: skip
        if opened is None:
            raise Unavailable(f"There is no way to sign in called “{name}”.")
        return opened(account)

    def _kept(self) -> People:
        if self._people is None:
            self._people = People(self._keeper or Keeper.of_system())
        return self._people

    def _kept_in(self, way: str) -> str:
        return self._kept().place if way in ("kept", "browser", "device-code") else f"{_MEMORY} {_TITLES.get(way, way)}"


def _account(asked: Mapping[str, Any]) -> Account:
    return Account(
        authority=asked["authority"],
        tenant=asked.get("tenant", ""),
        method=asked.get("method", "automatic"),
        management=asked["scopes"]["management"],
        subscription=asked.get("subscription", ""),
        name=asked.get("name", ""),
    )


def _step(name: str, fault: Fault) -> dict[str, Any]:
    return {"method": name, "succeeded": False, "said": faults.redact(fault.message), "hint": fault.hint}


def _nobody(account: Account, steps: list[dict[str, Any]], last: Fault | None) -> Fault:
    """Return why there is no token: the last way's words where it is the only one or was broken, else that none did."""
    if last is not None and (len(steps) == 1 or last.code != "unavailable"):
        return last
    told = "\n".join(f"{each['method']}: {each['said']} {each['hint']}".strip() for each in steps)
    whom = f" to {account.name}" if account.name else ""
    hint = "Sign in by browser or device code, or run `az login`."
    return Fault("signed-out", f"Nobody is signed in{whom}.", hint=hint, details=told, code="unavailable")


async def _tenant(web: Web, account: Account) -> str:
    """Return the tenant of the subscription: the service names it to who asks without a token; "" where it does not."""
    if not account.subscription:
        return ""
    management = account.management.removesuffix("/.default")
    url = f"{management}/subscriptions/{account.subscription}?api-version=2022-12-01"
    try:
        response = await web.ask(Request("GET", url, patience=10.0, accept=frozenset({401})))
    except Fault:
        return ""
    match = _TENANT.search(response.headers.get("www-authenticate", ""))
    return match[1] if match else ""


def _who(token: Token | None) -> dict[str, str]:
    """Return whom a token names; a token is not checked here, the service does that."""
    if token is None:
        return {"account": "", "tenant": ""}
    try:
        part = token.value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError):
        return {"account": "someone", "tenant": ""}
    names = ("upn", "unique_name", "preferred_username", "email", "app_displayname", "appid", "oid")
    return {"account": next((str(claims[each]) for each in names if claims.get(each)), "someone"),
            "tenant": str(claims.get("tid", ""))}  # fmt: skip
