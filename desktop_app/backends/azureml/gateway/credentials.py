"""The ways to prove who one is, by azure-identity, each a function that gets a token; imported when one is wanted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from azure.core.exceptions import AzureError
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from . import broken, refusals
from .accounts import Account, Getter, Token, Unavailable
from .faults import Fault

_METADATA = "http://169.254.169.254/metadata/instance?api-version=2021-02-01"
_CLI_PATIENCE = 60  # seconds; `az` takes up to ten to start
_ELSEWHERE = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST")


def principal(account: Account, given: Mapping[str, str] | None = None) -> Getter:
    """Return the service principal that was `given`; what was left empty of it, variables say."""
    values = _filled(account, given or {})
    client, tenant = values["client_id"], values["tenant_id"]
    if not client:
        raise Unavailable(
            "No service principal is named: AZURE_CLIENT_ID is not set.",
            "Sign in as one, or set AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET before the program starts.",
        )
    if not tenant:
        raise Unavailable(f"The service principal {client} has no tenant.", "Set AZURE_TENANT_ID.")
    options = {"authority": _host(account.authority), "disable_instance_discovery": True}
    if values.get("client_secret"):
        return _of(lambda: ClientSecretCredential(tenant, client, values["client_secret"], **options))
    if path := values.get("client_certificate_path"):
        return _of(lambda: _by_certificate(tenant, client, path, values.get("client_certificate_password"), options))
    raise Unavailable(
        f"The service principal {client} has neither secret nor certificate.",
        f"{'Type its secret, or set' if given else 'Set'} AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.",
    )


def _filled(account: Account, given: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, filled up from variables. Raises Unavailable for one whose secret nobody has any more."""
    values = {name: os.environ.get(f"AZURE_{name.upper()}", "") for name in (
        "client_id", "tenant_id", "client_secret", "client_certificate_path", "client_certificate_password",
    )}  # fmt: skip
    typed = given.get("client_id") or account.client
    if typed and typed != values["client_id"]:
        if not given:
            said = f"The secret of the application {typed} is not known any more."
            raise Unavailable(said, "Sign in again: a secret that was typed lasts in a keyring alone.")
        if values["client_id"]:  # the variables are another application's
            values = dict.fromkeys(values, "")
        values["tenant_id"] = account.tenant or values["tenant_id"]
    values["tenant_id"] = values["tenant_id"] or account.tenant
    return {**values, **{name: each for name, each in given.items() if each}}


def _by_certificate(tenant: str, client: str, path: str, password: str | None, options: Mapping[str, Any]) -> Any:
    try:
        return CertificateCredential(tenant, client, path, password=password or None, **options)
    except (OSError, ValueError) as error:
        if "Invalid tenant ID" in str(error):
            raise
        raise Fault(
            "signed-out", f"The certificate {path} can't be used: {error}", hint="Name another file."
        ) from error


def workload_identity(account: Account) -> Getter:
    """Return the identity of a Kubernetes pod."""
    if not os.environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        raise Unavailable("This is no Kubernetes pod with an identity of its own (AZURE_FEDERATED_TOKEN_FILE).")
    try:
        made = WorkloadIdentityCredential(authority=_host(account.authority), disable_instance_discovery=True)
    except ValueError as error:
        hint = "Set AZURE_CLIENT_ID and AZURE_TENANT_ID as well."
        raise Unavailable("The identity of this Kubernetes pod is not set up whole.", hint) from error
    return _of(lambda: made)


def managed_identity(_account: Account) -> Getter:
    """Return the identity of this Azure machine."""
    if not any(os.environ.get(each) for each in _ELSEWHERE) and not _is_azure():
        hint = "Managed identities exist on Azure's own machines alone: choose another way."
        raise Unavailable("This computer is no Azure machine, so it has no managed identity.", hint)
    client = os.environ.get("AZURE_CLIENT_ID") if not os.environ.get("AZURE_CLIENT_SECRET") else None
    return _of(lambda: ManagedIdentityCredential(client_id=client) if client else ManagedIdentityCredential())


def azure_cli(account: Account) -> Getter:
    """Return who is signed in with `az login`."""
    if shutil.which("az") is None:
        hint = "Install it from https://aka.ms/install-azure-cli and run `az login`, or sign in by browser."
        raise Unavailable("The Azure CLI is not installed.", hint)
    return _of(lambda: AzureCliCredential(tenant_id=account.tenant, process_timeout=_CLI_PATIENCE))


def _is_azure() -> bool:
    """Whether this machine has Azure's metadata service; elsewhere nobody answers at that address."""
    try:
        with httpx.Client(trust_env=False, timeout=1.0) as client:
            return bool(client.get(_METADATA, headers={"Metadata": "true"}).status_code == 200)
    except httpx.HTTPError:
        return False


def _of(make: Callable[[], Any]) -> Getter:
    """Return what gets tokens of a credential. Raises Fault where it can't be made: for a tenant that is none."""
    try:
        credential = make()
    except ValueError as error:
        raise refusals.of_text(str(error)) from error

    def get(scope: str, *, renew: bool = False) -> Token:
        try:
            found = credential.get_token(scope)
        except (AzureError, OSError, ValueError) as error:
            raise _fault_of(error) from error
        return Token(found.token, float(found.expires_on))

    return get


def _fault_of(error: Exception) -> Fault:
    """Return the fault behind what a credential raised: msal asks with requests, whose errors are OSErrors."""
    if broken.is_network(error):  # azure-identity wraps these in a failed sign-in
        return broken.of_library(error)
    if isinstance(error, CredentialUnavailableError):
        return refusals.unavailable(str(error.message))
    return refusals.of_text(str(error))  # a ValueError is msal's word for a tenant that is not there


def _host(authority: str) -> str:
    return authority.removeprefix("https://").rstrip("/")
