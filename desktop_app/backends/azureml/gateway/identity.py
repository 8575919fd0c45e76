"""Who is signed in: tokens by account, got in the way that was chosen, or in the first of all ways that works."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import faults, rights
from .accounts import Account, Getter, Prompt, Token, Unavailable
from .faults import Fault
from .keeping import Keeper
from .web import Authorize, Request, Web

if TYPE_CHECKING:
    from .people import People

_TENANT = re.compile(r"authorization(?:_uri)?=\"?https://[^/\"]+/([0-9a-fA-F-]{36})")
_AUTOMATIC = ("kept", "environment", "workload-identity", "managed-identity", "azure-cli")
_REFUSED = 3.0  # seconds for which who was refused is not tried again
_PEOPLE = ("kept", "browser", "device-code", "service-principal")
_TITLES = {
    "kept": "the sign-in that was kept", "environment": "the service principal in the environment variables",
    "workload-identity": "the pod's own identity", "managed-identity": "this machine's own identity",
    "azure-cli": "the Azure CLI", "browser": "the browser", "device-code": "a device code",
    "service-principal": "the service principal",
}  # fmt: skip


class Identity:
    """The tokens of all accounts that are asked for; each is had once and renewed before it ends."""

    def __init__(self, web: Web, keeper: Keeper | None = None) -> None:
        self._web = web
        self._people: People | None = None
        self._making = threading.Lock()
        self._keeper = keeper
        self._ways: dict[Account, tuple[str, Getter]] = {}
        self._tokens: dict[tuple[Account, str], Token] = {}
        self._locks: dict[tuple[Account, str], asyncio.Lock] = {}
        self._tenants: dict[str, str] = {}
        self._right: dict[str, str] = {}  # tenants of subscriptions, as told by who refused a token of another one
        self._refused: dict[tuple[Account, str], tuple[float, Fault]] = {}
        self._era = 0  # grows with each sign-in and sign-out: what was begun before holds no more

    @property
    def holds_the_only_copy(self) -> bool:
        """Whether ending this process would sign somebody out."""
        return self._people is not None and self._people.is_only_here

    def authorizer(self, asked: Mapping[str, Any], audience: str, url: str) -> Authorize:
        """Return what gets the Authorization header of a request; a token never goes over an open line."""
        if not url.lower().startswith("https://"):
            raise Fault("bad-request", f"{faults.without_query(url)} is not asked with a token: it is not https.")

        sent = ""

        async def authorize(refused: str) -> str:
            nonlocal sent
            self._learn(asked, rights.right_tenant(refused))
            sent = str((await self.token(asked, asked["scopes"][audience], refused=sent if refused else ""))["token"])
            return f"Bearer {sent}"

        return authorize

    async def token(self, asked: Mapping[str, Any], scope: str, *, refused: str = "") -> dict[str, Any]:
        """Return a token for a scope, not one that was refused. Raises Fault `signed-out` with what each way said."""
        account = account_of(asked)
        name = (account, scope)
        async with self._locks.setdefault(name, asyncio.Lock()):
            token, era = self._tokens.get(name), self._era
            if token is None or token.value == refused or not token.is_fresh:
                token = await self._asked_for(account, scope, renew=bool(refused))
                if era == self._era:  # else it may be of who has signed out meanwhile
                    self._tokens[name] = token
        return {"token": token.value, "expires_on": int(token.expires_on)}

    async def _asked_for(self, account: Account, scope: str, *, renew: bool) -> Token:
        """Get a token; who was refused a moment ago is refused again, as many requests may wait for the same one."""
        until, fault = self._refused.get((account, scope), (0.0, None))
        if fault is not None and time.monotonic() < until:
            raise fault
        try:
            return await self._fresh(account, scope, [], renew=renew)
        except Fault as refused:
            self._refused[account, scope] = (time.monotonic() + _REFUSED, refused)
            raise

    async def sign_in(self, asked: Mapping[str, Any], tell: Prompt) -> dict[str, Any]:
        """Sign in as asked, and report what each way answered; that nobody is signed in is no fault here."""
        account = account_of({**asked["account"], "method": asked["method"]})
        self._forget_all()
        steps: list[dict[str, Any]] = []
        token = None
        try:
            if account.method in _PEOPLE:
                await self._by_person(account, tell)
                self._forget_all()  # meanwhile who was signed in before was asked for
            if given := asked.get("given"):
                token = await self._by_given(account, given, steps)
            else:
                token = await self._fresh(account, account.management, steps)
            self._tokens[account, account.management] = token
        except Fault as fault:
            if not steps:
                steps.append(_step(account.method, fault))
        way = self._ways.get(account, ("",))[0] if token else ""
        return {**_who(token), "kept_in": self._kept_in(way, asked), "steps": steps}

    async def sign_out(self, asked: Mapping[str, Any]) -> None:
        """Forget the tokens of an account; who signed in elsewhere (`az login`) stays signed in there."""
        account = account_of(asked)
        self._forget_all()
        people = await asyncio.to_thread(self._kept)
        await asyncio.to_thread(people.forget, await self._placed(account))

    def _forget_all(self) -> None:
        self._era += 1
        for each in (self._ways, self._tokens, self._refused):
            each.clear()

    def _learn(self, asked: Mapping[str, Any], tenant: str) -> None:
        """Sign in to this tenant for a subscription, whatever tenant was kept for it."""
        if tenant and self._right.get(asked.get("subscription", "")) != tenant:
            self._right[asked.get("subscription", "")] = tenant
            self._forget_all()

    async def _by_person(self, account: Account, tell: Prompt) -> None:
        """Let a person sign in on a page."""
        account, people = await self._placed(account), await asyncio.to_thread(self._kept)
        if account.method == "browser":
            await people.by_browser(account, tell)
        elif account.method == "device-code":
            await people.by_device_code(account, tell)

    async def _by_given(self, account: Account, given: Mapping[str, str], steps: list[dict[str, Any]]) -> Token:
        """Sign in with what was typed, which is kept once it has proved to be right."""
        placed, people = await self._placed(account), await asyncio.to_thread(self._kept)
        former = await asyncio.to_thread(people.principal, placed)
        known = former if former.get("client_id") == given.get("client_id") else {}
        people.take_principal(placed, {**known, **{name: each for name, each in given.items() if each}})
        self._forget_all()
        try:
            token = await self._fresh(account, account.management, steps)
        except BaseException:
            people.take_principal(placed, former)
            raise
        await asyncio.to_thread(people.keep)
        return token

    async def _fresh(self, account: Account, scope: str, steps: list[dict[str, Any]], *, renew: bool = False) -> Token:
        """Get a token in the way that worked before, or in the first that works."""
        last: Fault | None = None
        era = self._era
        placed = await self._placed(account)
        if account in self._ways:
            name, getter = self._ways[account]
            if renew:  # what a library keeps of the token that was refused goes with its credential
                getter = await asyncio.to_thread(self._open, name, placed)
                self._keep_way(account, name, getter, era)
            return await asyncio.to_thread(getter, scope, renew=renew)
        for name in _AUTOMATIC if account.method == "automatic" else (account.method,):
            try:
                getter = await asyncio.to_thread(self._open, name, placed)
                token = await asyncio.to_thread(getter, scope, renew=renew)
            except Fault as fault:
                last = fault
                steps.append(_step(name, fault))
                if fault.code == "unavailable":
                    continue
                break
            self._keep_way(account, name, getter, era)
            steps.append({"method": name, "succeeded": True, "said": f"Signed in by {_TITLES[name]}.", "hint": ""})
            return token
        raise _nobody(account, steps, last)

    def _keep_way(self, account: Account, name: str, getter: Getter, era: int) -> None:
        if era == self._era:
            self._ways[account] = (name, getter)

    def _open(self, name: str, account: Account) -> Getter:
        """Return a way to get tokens; run beside the loop, as its library takes half a second to import."""
        from . import credentials

        if name == "service-principal" or (name == "kept" and self._kept().is_principal(account)):
            return credentials.principal(account, self._kept().principal(account))
        if name in ("kept", "browser", "device-code"):
            return self._kept().getter(account)
        found = {
            "environment": lambda of: credentials.principal(replace(of, client="")),
            "workload-identity": credentials.workload_identity,
            "managed-identity": credentials.managed_identity, "azure-cli": credentials.azure_cli,
        }.get(name)  # fmt: skip
        if found is None:
            raise Unavailable(f"There is no way to sign in called “{name}”.")
        return found(account)

    def _kept(self) -> People:
        with self._making:
            if self._people is None:
                from .people import People

                self._people = People(self._keeper or Keeper.of_system())
            return self._people

    def _kept_in(self, way: str, asked: Mapping[str, Any]) -> str:
        if way in _PEOPLE and (way != "service-principal" or asked.get("given")):
            return self._kept().place
        return "the environment variables" if way in {"service-principal", "environment"} else _TITLES.get(way, "")

    async def _placed(self, account: Account) -> Account:
        """Return the account with its tenant: the service names it to who asks for a subscription without a token."""
        if right := self._right.get(account.subscription):
            return replace(account, tenant=right)
        if account.tenant or not account.subscription:
            return account
        if account.subscription not in self._tenants:
            found = await _tenant(self._web, account)
            if found is None:
                return account
            self._tenants[account.subscription] = found
        return replace(account, tenant=self._tenants[account.subscription])


def account_of(asked: Mapping[str, Any]) -> Account:
    """Return the account that the program means."""
    return Account(
        authority=asked["authority"],
        tenant=asked.get("tenant", ""),
        method=asked.get("method", "automatic"),
        management=asked["scopes"]["management"],
        subscription=asked.get("subscription", ""),
        name=asked.get("name", ""),
        client=asked.get("client", ""),
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
    for each in steps:
        if each["method"] == "environment" and "not set" not in each["said"]:
            hint = f"{each['said']} {each['hint']}"  # who set some of the variables meant this way
    return Fault("signed-out", f"Nobody is signed in{whom}.", hint=hint, details=told, code="unavailable")


async def _tenant(web: Web, account: Account) -> str | None:
    """Return the tenant of a subscription, "" where the service does not say it, None where it can't be asked."""
    management = account.management.removesuffix("/.default")
    url = f"{management}/subscriptions/{account.subscription}?api-version=2022-12-01"
    try:
        response = await web.ask(Request("GET", url, patience=10.0, accept=frozenset({401, 404})))
    except Fault:
        return None
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
    account = next((str(claims[each]) for each in names if claims.get(each)), "someone")
    return {"account": account, "tenant": str(claims.get("tid", ""))}
