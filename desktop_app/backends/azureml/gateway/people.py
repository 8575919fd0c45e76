"""Who signed in by browser or device code, and secrets that were typed: kept in the keyring; tokens are in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msal

from . import broken, refusals
from .accounts import Account, Getter, Prompt, Token, Unavailable
from .faults import Fault
from .keeping import Keeper
from .kept import Kept

CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The public application that azure-identity and the Azure CLI sign people in with (DEVELOPER_SIGN_ON_CLIENT_ID)."""
_CHOSEN, _PRINCIPAL, _LAST = "chosen", "principal", "last"
_PATIENCE = 30.0  # seconds for one request of a sign-in
_WAIT = 900.0  # seconds to sign in by browser
_DONE = b"<!doctype html><meta charset=utf-8><title>Rank Zero</title><p>You can close this page.</p>"


class People:
    """The sign-ins of people, in memory and in the keyring."""

    def __init__(self, keeper: Keeper) -> None:
        self._kept = Kept(keeper)

    @property
    def is_only_here(self) -> bool:
        """Whether ending this process would sign somebody out."""
        known = self._kept.values(_CHOSEN) or self._kept.values(_PRINCIPAL)
        return bool(known) and not self._kept.keeper.place

    @property
    def place(self) -> str:
        """Where sign-ins are kept, in words."""
        return self._kept.keeper.place or "memory only, as this system has no keyring: it ends with the program"

    def getter(self, account: Account) -> Getter:
        """Return the way to get tokens of who signed in for this tenant. Raises Unavailable where nobody did."""
        home = self._kept.get(_CHOSEN, _names(account))
        if home is None:
            raise Unavailable("Nobody is signed in by browser or device code.", self._advice())

        def get(scope: str, *, renew: bool = False) -> Token:
            with self._kept.lock:
                return self._silent(account, home, scope, renew=renew)

        return get

    def _advice(self) -> str:
        if self._kept.keeper.place:
            return "Sign in."
        lasting = "`az login` or a service principal lasts longer"
        return f"Sign in; this system has no keyring, so that ends with the program, and {lasting}."

    async def by_browser(self, account: Account, tell: Prompt) -> None:
        """Sign in on a page that the program opens; the answer comes back to a port of this computer."""
        answer: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        flow: dict[str, Any] = {}
        server = await asyncio.start_server(_listener(flow, answer), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            app = await _apart(self._app, account)
            flow |= await _apart(
                app.initiate_auth_code_flow, [_scope(account)], redirect_uri=f"http://localhost:{port}",
                prompt="select_account",
            )  # fmt: skip
            tell({"url": flow["auth_uri"], "message": "Sign in on the page that opens in your browser."})
            try:
                async with asyncio.timeout(_WAIT):
                    said = await answer
            except TimeoutError:
                raise Fault(
                    "signed-out", "Nobody signed in on the page within 15 minutes.", hint="Try again."
                ) from None
        self._take(account, await _apart(app.acquire_token_by_auth_code_flow, flow, said))
        await asyncio.to_thread(self._kept.share)

    async def by_device_code(self, account: Account, tell: Prompt) -> None:
        """Sign in on any device, by a code to type there."""
        app = await _apart(self._app, account)
        flow = await _apart(app.initiate_device_flow, [_scope(account)])
        if "user_code" not in flow:
            raise refusals.of_text(str(flow.get("error_description") or flow.get("error") or flow))
        tell({"url": flow["verification_uri"], "code": flow["user_code"], "message": flow.get("message", "")})
        try:
            found = await _apart(app.acquire_token_by_device_flow, flow)
        finally:
            flow["expires_at"] = 0  # ends the thread that asks whether the code was typed
        self._take(account, found)
        await asyncio.to_thread(self._kept.share)

    def principal(self, account: Account) -> dict[str, str]:
        """Return what was typed for a service principal; empty where nothing was."""
        return dict(self._kept.get(_PRINCIPAL, _names(account)) or {})

    def is_principal(self, account: Account) -> bool:
        """Whether a service principal was typed, and nobody has signed in by browser or device code since."""
        names = _names(account)
        return bool(self._kept.get(_PRINCIPAL, names)) and self._kept.get(_LAST, names) != _CHOSEN

    def take_principal(self, account: Account, given: Mapping[str, str]) -> None:
        """Use what was typed for a service principal, or nothing any more; `keep` keeps it."""
        self._kept.put(_PRINCIPAL, _names(account), dict(given) or None)
        self._kept.put(_LAST, _names(account), _PRINCIPAL if given else None)

    def keep(self) -> None:
        """Put what is known into the keyring."""
        self._kept.share()

    def forget(self, account: Account) -> None:
        """Forget who signed in for this tenant, here and in the keyring."""
        with self._kept.lock:
            homes = {self._kept.get(_CHOSEN, [each]) for each in _names(account)} - {None}
            self._kept.put(_CHOSEN, _names(account), None)
            self._kept.put(_PRINCIPAL, _names(account), None)
            self._kept.put(_LAST, _names(account), None)
            self._kept.drop(homes - set(self._kept.values(_CHOSEN)))
            self._kept.share()

    def _take(self, account: Account, found: Mapping[str, Any]) -> None:
        if "access_token" not in found:
            raise refusals.of_text(str(found.get("error_description") or found.get("error") or found))
        claims = found.get("id_token_claims") or {}
        who = {"local_account_id": claims.get("oid"), "realm": claims.get("tid")}
        homes = [each["home_account_id"] for each in self._kept.cache.search("Account", query=who)]
        if not homes:
            raise Fault("signed-out", "The sign-in named nobody.", hint="Try again.")
        self._kept.put(_CHOSEN, _names(account), homes[0])
        self._kept.put(_LAST, _names(account), _CHOSEN)

    def _silent(self, account: Account, home: str, scope: str, *, renew: bool) -> Token:
        app = _guarded(self._app, account)
        who = next((each for each in app.get_accounts() if each["home_account_id"] == home), None)
        found = _guarded(app.acquire_token_silent_with_error, [scope], who, force_refresh=renew) if who else None
        if not found:
            raise Unavailable("The sign-in that was kept is gone.", "Sign in again.")
        if "access_token" not in found:
            raise refusals.of_text(str(found.get("error_description") or found.get("error")))
        if found.get("token_source") != "cache":
            self._kept.share()
        return Token(found["access_token"], time.time() + float(found.get("expires_in", 0)))

    def _app(self, account: Account) -> Any:
        """Return the application; making it asks the authority where its pages are."""
        authority = f"{account.authority}/{account.tenant or 'organizations'}"
        return msal.PublicClientApplication(
            CLIENT, authority=authority, token_cache=self._kept.cache, instance_discovery=False, timeout=_PATIENCE
        )


def _listener(flow: Mapping[str, Any], answer: asyncio.Future[dict[str, str]]) -> Callable[..., Any]:
    """Return what serves the page to which the browser comes back; of others that come by, nothing is taken."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), _PATIENCE)
            target = line.decode("latin-1").split(" ")[1:2]
            said = dict(parse_qsl(urlsplit(target[0]).query)) if target else {}
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + _DONE)
            await writer.drain()
            if said.get("state") == flow.get("state", "") and not answer.done():
                answer.set_result(said)
        finally:
            writer.close()

    return listen


async def _apart(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return await asyncio.to_thread(_guarded, function, *arguments, **named)


def _guarded(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call what asks the authority; msal's own words for a wrong tenant and requests' for no network become faults."""
    try:
        return function(*arguments, **named)
    except Fault:
        raise
    except OSError as error:  # requests' errors are OSErrors
        raise broken.of_library(error) from error
    except ValueError as error:
        raise refusals.of_text(str(error)) from error


def _scope(account: Account) -> str:
    return account.management


def _names(account: Account) -> list[str]:
    """Return by what an account is known: its tenant, and the subscription, of which the tenant may not be known."""
    return [f"{account.authority} {each}" for each in (account.tenant, account.subscription) if each]
