"""Signing in at the emulator with the real azure-identity, and what those are told who may not come in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.directory import CLIENT, OTHER_TENANT, READER, SECRET, TENANT
from tests.helpers.emulators import Emulator, Sdk, SdkError

_SCOPE = "https://management.azure.com/.default"
_NAMES = {"tenant": TENANT, "client_id": CLIENT, "secret": SECRET, "scope": _SCOPE}


@pytest.fixture(autouse=True)
def fresh_names(sdk: Sdk) -> None:
    sdk("import azure.identity as identity; result = None", **_NAMES)


def _claims(sdk: Sdk, code: str) -> dict[str, Any]:
    """The claims of the token that a credential gets."""
    found: dict[str, Any] = sdk(
        f"""
        import base64, json
        body = ({code}).get_token(scope).token.split(".")[1]
        result = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        """
    )
    return found


def test_an_application_signs_in_with_its_secret(sdk: Sdk) -> None:
    claims = _claims(sdk, "identity.ClientSecretCredential(tenant, client_id, secret)")
    assert claims["aud"] == "https://management.azure.com"
    assert (claims["tid"], claims["appid"], claims["idtyp"]) == (TENANT, CLIENT, "app")
    assert claims["exp"] - claims["iat"] == 86399


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        ("identity.ClientSecretCredential(tenant, client_id, 'wrong')", "AADSTS7000215"),
        ("identity.ClientSecretCredential(tenant, '0' * 8 + client_id[8:], secret)", "AADSTS700016"),
        ("identity.ClientSecretCredential(tenant[:-4] + 'dead', client_id, secret)", "double check your tenant name"),
    ],
    ids=["secret", "application", "tenant"],
)
def test_a_wrong_secret_application_or_tenant_is_refused_as_aad_does(sdk: Sdk, credential: str, code: str) -> None:
    with pytest.raises(SdkError, match=code) as refused:
        sdk(f"{credential}.get_token(scope)")
    assert refused.value.kind in ("ClientAuthenticationError", "ValueError")


def test_a_tenant_that_is_not_there_is_told_with_its_code(sdk: Sdk) -> None:
    answered = sdk(
        """
        import requests
        url = "https://login.microsoftonline.com/nowhere.example/v2.0/.well-known/openid-configuration"
        answer = requests.get(url)
        result = [answer.status_code, answer.json()["error"], answer.json()["error_codes"]]
        """
    )
    assert answered == [400, "invalid_tenant", [90002]]


def test_a_device_code_is_approved_elsewhere(emulator: Emulator, sdk: Sdk) -> None:
    sdk(
        """
        import threading
        told, got = [], []
        device = identity.DeviceCodeCredential(tenant_id=tenant, prompt_callback=lambda *said: told.append(said))
        thread = threading.Thread(target=lambda: got.append(device.get_token(scope)))
        thread.start()
        import time
        while not told: time.sleep(0.01)
        """
    )
    where, code, _ = sdk("told[0]")
    assert where == "https://microsoft.com/devicelogin"
    assert emulator.control("devicelogin", {"code": code})["decided"] == [code]
    assert sdk("thread.join(60); result = len(got)") == 1
    assert sdk("len(got[0].token) > 100")


def test_a_browser_is_sent_to_the_page_and_back(sdk: Sdk) -> None:
    claims = _claims(
        sdk,
        "[setattr(__import__('webbrowser'), 'open', lambda url, *a, **k: __import__('threading').Thread("
        "target=lambda: __import__('requests').get(url)).start() or True), "
        "identity.InteractiveBrowserCredential(tenant_id=tenant)][1]",
    )
    assert claims["upn"] == "ada@emulator.onmicrosoft.com"


def test_a_managed_identity_is_asked_for_at_the_control_plane(emulator: Emulator, sdk: Sdk) -> None:
    sdk(
        "import os; os.environ.update(IDENTITY_ENDPOINT=url, IDENTITY_HEADER='x')",
        url=f"{emulator.control_url}/identity",
    )
    claims = _claims(sdk, "identity.ManagedIdentityCredential()")
    assert (claims["aud"], claims["oid"][-2:]) == ("https://management.azure.com", "a3")
    sdk("del os.environ['IDENTITY_ENDPOINT']")


def test_a_token_of_another_tenant_is_from_the_wrong_issuer(emulator: Emulator, sdk: Sdk) -> None:
    code = "identity.ClientSecretCredential(other, client_id, secret)"
    sdk(f"abroad = MLClient.from_config({code}, path=config)", other=OTHER_TENANT, config=str(emulator.config))
    with pytest.raises(SdkError, match="InvalidAuthenticationTokenTenant") as refused:
        sdk("abroad.workspaces.get(abroad.workspace_name)")
    assert refused.value.status == 401


def test_a_reader_may_look_and_change_nothing(emulator: Emulator, sdk: Sdk) -> None:
    code = "identity.ClientSecretCredential(tenant, reader, secret)"
    sdk(f"looker = MLClient.from_config({code}, path=config)", reader=READER, config=str(emulator.config))
    assert sdk("[each.name for each in looker.compute.list()]") == []
    with pytest.raises(SdkError, match=r"Microsoft.MachineLearningServices/workspaces/computes/write") as refused:
        sdk("looker.compute.begin_create_or_update(entities.AmlCompute(name='c', size='Standard_DS2_v2')).result()")
    assert refused.value.status == 403


def test_tokens_end_and_are_renewed(emulator: Emulator, sdk: Sdk) -> None:
    sdk("fresh = MLClient.from_config(identity.ClientSecretCredential(tenant, client_id, secret), path=config)")
    sdk("fresh.workspaces.get(fresh.workspace_name)")
    emulator.control("tokens", {"expire": True})
    with pytest.raises(SdkError, match="ExpiredAuthenticationToken"):
        sdk("fresh.workspaces.get(fresh.workspace_name)")
    sdk("anew = MLClient.from_config(identity.ClientSecretCredential(tenant, client_id, secret), path=config)")
    assert sdk("anew.workspaces.get(anew.workspace_name).name")


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic eA=="])
def test_without_a_token_nobody_comes_in(sdk: Sdk, header: str | None) -> None:
    answered = sdk(
        """
        import requests
        url = f"https://management.azure.com/subscriptions/{ml.subscription_id}/resourceGroups/{ml.resource_group_name}"
        answer = requests.get(url, headers={"Authorization": header} if header else {})
        result = [answer.status_code, answer.json()["error"]["code"], answer.headers["WWW-Authenticate"][:30]]
        """,
        header=header,
    )
    code = "InvalidAuthenticationToken" if header and header.startswith("Bearer") else "AuthenticationFailed"
    assert answered == [401, code, 'Bearer authorization_uri="http']
