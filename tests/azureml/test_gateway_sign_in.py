"""Signing in through the child against the emulator, in every way that can be had here; and who is not let in."""

from __future__ import annotations

import asyncio
import os
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from desktop_app.api import SignInMethod, SignInPrompt, SignInReport, Workspace
from desktop_app.backends.azureml.client.gateway_process import Gateway
from desktop_app.backends.azureml.client.routes import resource_id
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply
from tests.emulator.directory import CLIENT, OTHER_TENANT, PERSON, READER, SECRET, TENANT
from tests.helpers.emulators import Emulator
from tests.helpers.gateways import gateway_of

_VARIABLES = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


@pytest.fixture
def surroundings(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """The emulator's network and a PATH without the Azure CLI, but nobody signed in."""
    for name, value in emulator.environment.items():
        if name not in _VARIABLES:
            monkeypatch.setenv(name, value)
    for name in (*_VARIABLES, "NO_PROXY", "no_proxy", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    yield monkeypatch
    emulator.control("clock", {"skew": 0})


@pytest.fixture
async def gateway(azureml_python: Path, surroundings: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    async with gateway_of(azureml_python) as made:
        yield made


@pytest.fixture
def workspace(emulator: Emulator) -> Workspace:
    named = emulator.named
    return Workspace(named["workspace_name"], named["subscription_id"], named["resource_group"])


def principal(
    surroundings: pytest.MonkeyPatch, client: str = CLIENT, secret: str = SECRET, tenant: str = TENANT
) -> None:
    for name, value in zip(_VARIABLES, (tenant, client, secret), strict=True):
        surroundings.setenv(name, value)


async def get(gateway: Gateway, workspace: Workspace) -> Reply:
    url = f"https://management.azure.com{resource_id(workspace)}?api-version=2024-10-01-preview"
    return await gateway.ask(workspace, Ask("GET", url))


async def sign_in(gateway: Gateway, workspace: Workspace, method: str, **given: str) -> SignInReport:
    return await gateway.sign_in(workspace, method, lambda _prompt: None, given)


def said(report: SignInReport) -> dict[str, str]:
    return {each.method: each.said for each in report.steps}


async def test_the_environment_signs_in_by_itself(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    principal(surroundings)
    assert (await get(gateway, workspace)).json["name"] == workspace.name
    report = await sign_in(gateway, workspace, "automatic")
    assert (report.account, report.tenant) == (CLIENT, TENANT)
    assert report.kept_in == "the environment variables"
    assert [(each.method, each.succeeded) for each in report.steps] == [("kept", False), ("environment", True)]


async def test_certificates_are_the_same_for_all_that_asks(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    """Requests and sign-in are made by two libraries, one of which does not know SSL_CERT_FILE."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        surroundings.delenv(name, raising=False)
    surroundings.setenv("SSL_CERT_FILE", str(emulator.ca))
    principal(surroundings)
    assert (await get(gateway, workspace)).status == 200


async def test_nobody_is_told_step_by_step(gateway: Gateway, workspace: Workspace) -> None:
    report = await sign_in(gateway, workspace, "automatic")
    assert (report.account, report.kept_in) == ("", "")
    assert [each.method for each in report.steps] == [
        "kept", "environment", "workload-identity", "managed-identity", "azure-cli",
    ]  # fmt: skip
    assert not any(each.succeeded for each in report.steps)
    assert said(report)["azure-cli"] == "The Azure CLI is not installed."
    assert said(report)["managed-identity"] == "This computer is no Azure machine, so it has no managed identity."
    with pytest.raises(CloudFault) as caught:
        await get(gateway, workspace)
    assert (caught.value.kind, caught.value.message) == ("signed-out", f"Nobody is signed in to {workspace.name}.")
    assert "The Azure CLI is not installed." in caught.value.details


@pytest.mark.parametrize(
    ("client", "secret", "tenant", "sentence"),
    [
        (CLIENT, "wrong-secret", TENANT, "The secret of the service principal is wrong."),
        ("0" * 8 + CLIENT[8:], SECRET, TENANT, "The tenant does not know this service principal."),
        (CLIENT, SECRET, TENANT[:-4] + "dead", "There is no such tenant."),
        (CLIENT, "", TENANT, f"The service principal {CLIENT} has neither secret nor certificate."),
    ],
)
async def test_a_wrong_principal_is_told_in_one_sentence(  # noqa: PLR0917
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch,
    client: str, secret: str, tenant: str, sentence: str,
) -> None:  # fmt: skip
    principal(surroundings, client, secret, tenant)
    report = await sign_in(gateway, workspace, "service-principal")
    assert said(report) == {"service-principal": sentence}
    assert report.steps[0].hint
    with pytest.raises(CloudFault) as caught:
        await get(gateway, replace(workspace, sign_in=SignInMethod.SERVICE_PRINCIPAL))
    assert (caught.value.kind, caught.value.message) == ("signed-out", sentence)
    assert "wrong-secret" not in f"{caught.value!r}{caught.value.details}"


async def test_a_wrong_secret_is_not_passed_over_for_the_next_way(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    principal(surroundings, secret="wrong")
    report = await sign_in(gateway, workspace, "automatic")
    assert [each.method for each in report.steps] == ["kept", "environment"]


async def test_variables_of_which_one_is_missing_are_said_whatever_is_asked(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    principal(surroundings)
    surroundings.delenv("AZURE_CLIENT_SECRET")
    with pytest.raises(CloudFault, match="Nobody is signed in") as caught:
        await get(gateway, workspace)
    assert "has neither secret nor certificate. Set AZURE_CLIENT_SECRET" in caught.value.hint


@pytest.mark.parametrize("tenant", ["my tenant", "https://login.microsoftonline.com/x"])
async def test_a_tenant_that_can_be_none_is_told(gateway: Gateway, workspace: Workspace, tenant: str) -> None:
    used = replace(workspace, tenant=tenant)
    report = await sign_in(gateway, used, "service-principal", client_id=CLIENT, client_secret=SECRET)
    assert [each.said for each in report.steps] == ["There is no such tenant."]


async def test_a_pod_that_is_not_set_up_whole_is_passed_over(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    surroundings.setenv("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token")
    report = await sign_in(gateway, workspace, "automatic")
    told = {each.method: each.said for each in report.steps}
    assert told["workload-identity"] == "The identity of this Kubernetes pod is not set up whole."
    assert "azure-cli" in told


async def test_a_principal_that_was_typed_is_kept_where_it_can_be(gateway: Gateway, workspace: Workspace) -> None:
    report = await sign_in(gateway, workspace, "service-principal", client_id=CLIENT, client_secret=SECRET)
    assert report.account == CLIENT
    assert report.kept_in.startswith("memory only")
    used = replace(workspace, sign_in=SignInMethod.SERVICE_PRINCIPAL)
    assert (await get(gateway, used)).status == 200
    await gateway.sign_out(used)
    with pytest.raises(CloudFault, match="No service principal is named"):
        await get(gateway, used)


async def test_a_device_code(gateway: Gateway, workspace: Workspace, emulator: Emulator) -> None:
    """The person is told where to type what; the tenant is the one that the service names."""
    prompts: list[SignInPrompt] = []

    def type_it(prompt: SignInPrompt) -> None:
        prompts.append(prompt)
        emulator.control("devicelogin", {"code": prompt.code})

    report = await gateway.sign_in(workspace, "device-code", type_it)
    assert [each.url for each in prompts] == ["https://microsoft.com/devicelogin"]
    assert (report.account, report.tenant) == (PERSON.name, TENANT)
    assert report.kept_in.startswith("memory only")
    assert (await get(gateway, workspace)).status == 200  # the automatic chain finds who signed in
    assert said(await sign_in(gateway, workspace, "automatic")) == {"kept": "Signed in by the sign-in that was kept."}
    await gateway.sign_out(workspace)
    with pytest.raises(CloudFault, match="Nobody is signed in"):
        await get(gateway, workspace)


async def test_a_device_code_that_is_declined(gateway: Gateway, workspace: Workspace, emulator: Emulator) -> None:
    report = await gateway.sign_in(
        workspace, "device-code", lambda each: emulator.control("devicelogin", {"code": each.code, "approve": False})
    )
    assert said(report) == {"device-code": "The sign-in was declined in the browser."}


async def test_a_device_code_that_nobody_waits_for(gateway: Gateway, workspace: Workspace) -> None:
    told = asyncio.Event()
    task = asyncio.create_task(gateway.sign_in(workspace, "device-code", lambda _prompt: told.set()))
    await told.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_browser(gateway: Gateway, workspace: Workspace, emulator: Emulator) -> None:
    """The page sends the browser back to a port of this computer; what else comes by there is not taken."""
    visits: list[asyncio.Task[bytes]] = []

    async def visit_after_a_stranger(url: str) -> bytes:
        back = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        await asyncio.to_thread(browse, emulator, f"{back}?code=stolen&state=guessed")
        return await asyncio.to_thread(browse, emulator, url)

    def visit(prompt: SignInPrompt) -> None:
        visits.append(asyncio.create_task(visit_after_a_stranger(prompt.url)))

    report = await gateway.sign_in(workspace, "browser", visit)
    assert report.account == PERSON.name
    assert b"You can close this page." in await visits[0]
    assert (await get(gateway, replace(workspace, sign_in=SignInMethod.BROWSER))).status == 200


async def test_a_token_that_is_refused_is_renewed_once(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    principal(surroundings)
    await get(gateway, workspace)
    await asyncio.sleep(1.1)  # tokens count in seconds
    emulator.control("tokens", {"expire": True})
    before = len(emulator.log())
    assert (await get(gateway, workspace)).status == 200
    assert [each["status"] for each in emulator.log()[before:] if each["host"] == "management.azure.com"] == [401, 200]


async def test_who_may_only_read_is_told_what_to_ask_for(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    principal(surroundings, client=READER)
    assert (await get(gateway, workspace)).status == 200
    url = f"https://management.azure.com{resource_id(workspace)}/jobs/x?api-version=2025-01-01-preview"
    with pytest.raises(CloudFault) as caught:
        await gateway.ask(workspace, Ask("PUT", url, {"properties": {}}))
    assert caught.value.kind == "forbidden"
    assert caught.value.message.startswith("Your role in this workspace does not allow to submit jobs")
    assert "AzureML Data Scientist" in caught.value.hint


async def test_a_wrong_tenant_is_told_with_the_right_one(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    principal(surroundings, tenant=OTHER_TENANT)
    with pytest.raises(CloudFault) as caught:
        await get(gateway, workspace)
    assert caught.value.kind == "signed-out"
    assert f"signed in to the tenant {OTHER_TENANT}, but the subscription belongs to {TENANT}" in caught.value.message


async def test_variables_of_another_tenant_do_not_lead_who_signs_in_astray(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    """Nor does that tenant where it was kept with the workspace: who refuses its token names the right one."""
    principal(surroundings, tenant=OTHER_TENANT)
    for tenant in ("", OTHER_TENANT):
        with pytest.raises(CloudFault, match="belongs to") as caught:
            await get(gateway, replace(workspace, tenant=tenant))
        assert "AZURE_TENANT_ID names the wrong one" in caught.value.hint
        used = replace(workspace, tenant=tenant, sign_in=SignInMethod.DEVICE_CODE)
        report = await gateway.sign_in(
            used, "device-code", lambda each: emulator.control("devicelogin", {"code": each.code})
        )
        assert (report.account, report.tenant) == (PERSON.name, TENANT)
        assert (await get(gateway, used)).status == 200
        assert (await get(gateway, replace(used, sign_in=SignInMethod.AUTOMATIC))).status == 200
        await gateway.sign_out(used)


async def test_a_secret_that_nobody_has_any_more_is_asked_for_again(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    """As after a restart without a keyring; variables of another application are not taken in its place."""
    principal(surroundings, client=READER)
    used = replace(workspace, client=CLIENT, sign_in=SignInMethod.SERVICE_PRINCIPAL)
    with pytest.raises(CloudFault, match=f"secret of the application {CLIENT} is not known any more") as caught:
        await get(gateway, used)
    assert caught.value.hint.startswith("Sign in again")
    report = await sign_in(gateway, used, "service-principal", client_id=CLIENT)
    assert report.steps[0].hint.startswith("Type its secret")
    for given in ({"client_id": CLIENT, "client_secret": SECRET}, {"client_id": CLIENT}):
        report = await sign_in(gateway, used, "service-principal", **given)
        assert (report.account, report.tenant) == (CLIENT, TENANT)
        assert (await get(gateway, used)).status == 200


async def test_a_token_of_the_wrong_tenant_gives_way_to_one_of_the_right(
    gateway: Gateway, workspace: Workspace, emulator: Emulator
) -> None:
    """As where the wrong tenant was kept with a workspace: nobody has to sign in again."""
    used = replace(workspace, tenant=OTHER_TENANT, sign_in=SignInMethod.DEVICE_CODE)
    report = await gateway.sign_in(
        used, "device-code", lambda each: emulator.control("devicelogin", {"code": each.code})
    )
    assert report.tenant == OTHER_TENANT
    assert (await get(gateway, used)).status == 200


async def test_what_was_typed_wins_over_variables_from_then_on(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    principal(surroundings, tenant=OTHER_TENANT)
    for tenant in ("", OTHER_TENANT):
        used = replace(workspace, tenant=tenant)
        typed = {"client_id": CLIENT, "client_secret": SECRET, "tenant_id": TENANT}
        assert (await sign_in(gateway, used, "service-principal", **typed)).tenant == TENANT
        for method in (SignInMethod.SERVICE_PRINCIPAL, SignInMethod.AUTOMATIC):
            assert (await get(gateway, replace(used, sign_in=method))).status == 200
        await gateway.sign_out(used)


@pytest.mark.parametrize(("skew", "words"), [(3660, "61 minutes behind"), (-3660, "61 minutes ahead of")])
async def test_a_clock_that_is_off_is_told_in_minutes(  # noqa: PLR0917
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch, emulator: Emulator, skew: int, words: str
) -> None:
    principal(surroundings, tenant=OTHER_TENANT)  # refused for another reason; the clock is what can be mended
    emulator.control("clock", {"skew": skew})
    with pytest.raises(CloudFault) as caught:
        await get(gateway, workspace)
    assert caught.value.kind == "clock"
    assert caught.value.message.startswith(f"This computer's clock is {words} Azure's.")


@pytest.mark.skipif(os.name == "nt", reason="the CLI is played by a shell script")
async def test_the_azure_cli(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    az(tmp_path, f'echo "$@" >> {tmp_path}/asked; echo \'{{"accessToken": "e30.e30.x", "expires_on": 9999999999}}\'')
    report = await sign_in(gateway, workspace, "azure-cli")
    assert (report.kept_in, said(report)) == ("the Azure CLI", {"azure-cli": "Signed in by the Azure CLI."})
    assert f"--tenant {TENANT}" in (tmp_path / "asked").read_text()
    az(tmp_path, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1")
    report = await sign_in(gateway, workspace, "azure-cli")
    assert [(each.said, each.hint) for each in report.steps] == [
        ("Nobody is signed in with the Azure CLI.", "Run `az login`.")
    ]


@pytest.mark.skipif(os.name == "nt", reason="the CLI is played by a shell script")
async def test_many_requests_of_nobody_ask_each_way_once(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    az(tmp_path, f"echo asked >> {tmp_path}/asked; echo \"ERROR: Please run 'az login'\" >&2; exit 1")
    found = await asyncio.gather(*(get(gateway, workspace) for _ in range(30)), return_exceptions=True)
    assert {each.kind for each in found if isinstance(each, CloudFault)} == {"signed-out"}
    assert (tmp_path / "asked").read_text() == "asked\n"
    principal(surroundings)  # the child's environment is its own: it is signed out until it is told otherwise
    assert not (await sign_in(gateway, workspace, "automatic")).account


async def test_no_network_while_signing_in_is_told(
    gateway: Gateway, workspace: Workspace, surroundings: pytest.MonkeyPatch
) -> None:
    principal(surroundings)
    surroundings.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    surroundings.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(CloudFault) as caught:
        await get(gateway, workspace)
    assert (caught.value.kind, caught.value.message) == ("offline", "The proxy 127.0.0.1:9 can't be reached.")


def az(folder: Path, script: str) -> None:
    """Install a command line tool."""
    path = folder / "bin" / "az"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def browse(emulator: Emulator, url: str) -> bytes:
    """Be a browser, which goes where it is sent: first through the proxy, then to this computer itself."""
    context = ssl.create_default_context(cafile=str(emulator.ca))
    proxied = urllib.request.ProxyHandler({"https": emulator.proxy})
    opener = urllib.request.build_opener(proxied, urllib.request.HTTPSHandler(context=context))
    assert urlsplit(url).hostname in ("login.microsoftonline.com", "localhost")
    with opener.open(url, timeout=30) as answer:
        body: bytes = answer.read()
    return body
