"""A person's sign-in outlives the process, by the real msal: kept in a keyring, renewed by itself, forgotten."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.directory import CLIENT, OTHER_TENANT, PERSON, READER, SECRET, TENANT
from tests.helpers.emulators import Emulator

GATEWAY = Path(__file__).parents[2] / "desktop_app" / "backends" / "azureml" / "gateway"
# A keyring that is a file; the program itself would not use one.
SCRIPT = """
import asyncio, json, runpy, sys, urllib.request
runpy.run_path({main!r}, run_name="gateway")["_package"]()
from rankzero_gateway.identity import Identity, account_of
from rankzero_gateway.keeping import Keeper
from rankzero_gateway.web import Web
from rankzero_gateway.faults import Fault

RING = {ring!r}

class Ring:
    def __init__(self, path):
        self.path = path
    def all(self):
        try: return json.load(open(self.path))
        except FileNotFoundError: return {{}}
    def get_password(self, service, name):
        return self.all().get(name)
    def set_password(self, service, name, password):
        assert len(password) <= 1280
        json.dump({{**self.all(), name: password}}, open(self.path, "w"))
    def delete_password(self, service, name):
        left = self.all()
        del left[name]
        json.dump(left, open(self.path, "w"))

account = json.loads({account!r})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
def approve(prompt):
    opener.open({control!r} + "/devicelogin", json.dumps({{"code": prompt["code"]}}).encode()).read()

async def main():
    identity = Identity(Web(), Keeper(Ring(RING), "a keyring"))
    scope = account["scopes"]["management"]
    found = await do(identity, scope)
    print(json.dumps([found, identity.holds_the_only_copy]))

async def do(identity, scope):
    try:
        {do}
    except Fault as fault:
        return [fault.kind, fault.message]

asyncio.run(main())
"""
SIGN_IN = 'return await identity.sign_in({"account": account, "method": "device-code"}, approve)'
TOKEN = "return len((await identity.token(account, scope))['token']) > 100"
RENEWED = "return len((await identity.token(account, scope, refused='any'))['token']) > 100"
SIGN_OUT = "return await identity.sign_out(account)"
Run = Callable[..., Any]
UNLOCKED = ("dbus-run-session", "gnome-keyring-daemon")


@pytest.fixture
def run(azureml_python: Path, emulator: Emulator, tmp_path: Path) -> Run:
    """Do something in a new process; return what came of it, and whether that process holds the only copy."""

    def start(do: str, **account: str) -> Any:
        asked = {
            "authority": "https://login.microsoftonline.com", "subscription": emulator.named["subscription_id"],
            "scopes": {"management": "https://management.azure.com/.default"}, "method": "browser", "name": "lab",
            **account,
        }  # fmt: skip
        code = SCRIPT.format(
            main=str(GATEWAY / "__main__.py"), account=json.dumps(asked), control=emulator.control_url,
            ring=str(tmp_path / "ring.json"), do=do,
        )  # fmt: skip
        done = subprocess.run(
            [str(azureml_python), "-I", "-W", "ignore", "-c", code], env={**os.environ, **emulator.environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return start


def test_who_signed_in_once_is_signed_in_in_the_next_process(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    report, holds = run(SIGN_IN)
    assert (report["account"], report["kept_in"], holds) == (PERSON.name, "a keyring", False)
    kept = (tmp_path / "ring.json").read_text()
    assert "AccessToken" not in kept
    assert "RefreshToken" in kept
    assert run(TOKEN) == [True, False]
    assert run(RENEWED) == [True, False]
    assert run(TOKEN, tenant=TENANT) == [True, False]  # by the tenant as well, where the workspace names it
    assert run(TOKEN, method="automatic") == [True, False]
    emulator.control("tokens", {"expire": True})
    (kind, message), _ = run(RENEWED)
    assert (kind, message) == ("signed-out", "The sign-in has ended: it was not used for too long.")


def test_another_subscription_of_the_tenant_needs_no_sign_in_of_its_own(run: Run) -> None:
    run(SIGN_IN)
    assert run(TOKEN, subscription="11111111-0000-4000-8000-000000000000", tenant=TENANT) == [True, False]
    (kind, _), _ = run(TOKEN, subscription="", tenant=OTHER_TENANT)
    assert kind == "signed-out"


def test_processes_that_are_there_at_once_lose_nothing_of_each_other(run: Run) -> None:
    """One that was signed in before renews; another has signed in for one more subscription meanwhile, and out."""
    also = "{**account, 'subscription': '22222222-0000-4000-8000-000000000000'}"
    both = f"""
        other = Identity(Web(), Keeper(Ring(RING), "a keyring"))
        await identity.sign_in({{"account": account, "method": "device-code"}}, approve)
        await other.sign_in({{"account": {also}, "method": "device-code"}}, approve)
        await identity.token(account, scope, refused=(await identity.token(account, scope))["token"])
        third = Identity(Web(), Keeper(Ring(RING), "a keyring"))
        found = [len((await third.token(each, scope))["token"]) > 100 for each in (account, {also})]
        await other.sign_out({{**account, "tenant": ""}})
        await identity.token(account, scope, refused=(await identity.token(account, scope))["token"])
        return found
        """
    assert run(both)[0] == [True, True]


def test_who_signs_out_is_forgotten(run: Run, tmp_path: Path) -> None:
    run(SIGN_IN)
    run(SIGN_OUT)
    assert json.loads((tmp_path / "ring.json").read_text()) == {}
    assert run(TOKEN) == [["signed-out", "Nobody is signed in by browser or device code."], False]


def test_who_signs_in_anew_is_another_one_though_requests_go_on(run: Run) -> None:
    """While somebody signs in, the watching of runs asks for tokens of who was signed in before."""
    secrets = [{"client_id": each, "client_secret": SECRET} for each in (CLIENT, READER)]
    anew = f"""
        first, second = ({{"account": account, "method": "service-principal", "given": each}} for each in {secrets})
        await identity.sign_in(first, None)
        placed = identity._placed
        async def meanwhile(asked):
            identity._placed = placed
            await identity.token(account, scope)
            return await placed(asked)
        identity._placed = meanwhile
        return (await identity.sign_in(second, None))["account"]
        """
    assert run(anew, method="service-principal")[0] == READER


def test_a_token_that_came_after_its_owner_signed_out_is_not_kept(run: Run) -> None:
    late = """
        await identity.sign_in({"account": account, "method": "device-code"}, approve)
        identity._forget_all()
        asked_for = identity._asked_for
        async def slowly(*asked, **named):
            found = await asked_for(*asked, **named)
            await identity.sign_out(account)
            return found
        identity._asked_for = slowly
        await identity.token(account, scope)
        identity._asked_for = asked_for
        return len((await identity.token(account, scope))["token"])
        """
    assert run(late)[0] == ["signed-out", "Nobody is signed in by browser or device code."]


def test_a_spoilt_keyring_means_to_sign_in_again(run: Run, tmp_path: Path) -> None:
    run(SIGN_IN)
    ring = json.loads((tmp_path / "ring.json").read_text())
    (tmp_path / "ring.json").write_text(json.dumps({name: each[:-5] for name, each in ring.items()}))
    assert run(TOKEN)[0][0] == "signed-out"
    assert run(SIGN_IN)[0]["account"] == PERSON.name
    assert run(TOKEN) == [True, False]


def test_a_secret_that_was_typed_is_kept(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    given = json.dumps({"client_id": emulator.environment["AZURE_CLIENT_ID"], "client_secret": "wrong"})
    asked = f'{{"account": account, "method": "service-principal", "given": {given}}}'
    sign_in = f"return await identity.sign_in({asked}, approve)"
    report, _ = run(sign_in)
    assert report["steps"][0]["said"] == "The secret of the service principal is wrong."
    ring = tmp_path / "ring.json"
    assert not ring.exists() or "wrong" not in ring.read_text()
    right = given.replace("wrong", emulator.environment["AZURE_CLIENT_SECRET"])
    assert run(sign_in.replace(given, right))[0]["kept_in"] == "a keyring"
    assert run(TOKEN, method="service-principal") == [True, False]
    run(SIGN_OUT, method="service-principal")
    assert json.loads((tmp_path / "ring.json").read_text()) == {}


@pytest.mark.skipif(not all(map(shutil.which, UNLOCKED)), reason="needs dbus-run-session and gnome-keyring-daemon")
def test_a_real_keyring(azureml_python: Path, emulator: Emulator, tmp_path: Path) -> None:
    """Two processes, one after the other, in a session with a Secret Service of its own."""
    account = {
        "authority": "https://login.microsoftonline.com",
        "scopes": {"management": "https://management.azure.com/.default"},
        "subscription": emulator.named["subscription_id"], "method": "device-code",
    }  # fmt: skip
    known = {"main": str(GATEWAY / "__main__.py"), "account": json.dumps(account), "control": emulator.control_url}
    scripts = []
    for number, do in enumerate((SIGN_IN, TOKEN, SIGN_OUT, TOKEN)):
        code = SCRIPT.format(**known, ring="", do=do).replace('Keeper(Ring(RING), "a keyring")', "Keeper.of_system()")
        scripts.append(tmp_path / f"{number}.py")
        scripts[-1].write_text(code)
    unlock = "printf pw | gnome-keyring-daemon --unlock --components=secrets --daemonize > /dev/null"
    lines = [unlock, *(f"{azureml_python} -I -W ignore {each}" for each in scripts)]
    environment = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", "; ".join(lines)], env={**environment, **emulator.environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [json.loads(each)[0] for each in done.stdout.splitlines()]
    assert said[0]["kept_in"] == "the system keyring (Secret Service)", done.stderr
    assert said[1:] == [True, None, ["signed-out", "Nobody is signed in by browser or device code."]]
