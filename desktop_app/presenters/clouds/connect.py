"""Connecting a workspace: what is typed and whether it can be right, the ways to sign in, and what each step said."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import SignInMethod, SignInReport, SignInStep, UserError, Workspace

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}")
NOT_PROVEN = "Azure ML · tried against an emulator, not yet proven against the real service."
FIELDS: Mapping[str, tuple[str, str]] = {
    "subscription": ("Subscription ID", "12345678-1234-1234-1234-123456789abc"),
    "group": ("Resource group", "research"),
    "name": ("Workspace", "ml-east"),
}
"""The fields by name, with their title and an example."""
GIVEN: Mapping[str, str] = {
    "tenant_id": "Tenant ID",
    "client_id": "Application (client) ID",
    "client_secret": "Client secret",
}
"""What an application signs in with, by the name that the backend takes it under."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sign in: what it is called, and for whom it is."""

    method: SignInMethod
    title: str
    says: str


WAYS = (
    Way(
        SignInMethod.AUTOMATIC, "Automatically: try what is set up here",
        "Looks, in this order, for somebody who signed in here before, variables of an application, an identity of "
        "this machine, and the Azure CLI. Nothing is opened and nothing is asked.",
    ),
    Way(
        SignInMethod.BROWSER, "In the browser",
        "Opens Microsoft's page on this computer; the account and the second factor are asked for there. "
        "Most people take this.",
    ),
    Way(
        SignInMethod.DEVICE_CODE, "With a code, on any device",
        "For a computer without a browser, as over SSH: a short code is shown here and typed on a phone or another "
        "computer.",
    ),
    Way(
        SignInMethod.AZURE_CLI, "As the Azure CLI",
        "Takes the account of `az login`, if the Azure CLI is installed and signed in on this computer.",
    ),
    Way(
        SignInMethod.SERVICE_PRINCIPAL, "As an application (service principal)",
        "For automatic work. What is left empty here is read from the environment: AZURE_TENANT_ID, AZURE_CLIENT_ID, "
        "AZURE_CLIENT_SECRET. A secret that is typed is kept in the system's keyring; without one it ends with the "
        "program.",
    ),
    Way(
        SignInMethod.MANAGED_IDENTITY, "As this virtual machine (managed identity)",
        "For a machine in Azure that was given an identity; no secret is needed.",
    ),
)  # fmt: skip


def way_of(method: SignInMethod) -> Way:
    """Return what is said of a way to sign in."""
    return next(each for each in WAYS if each.method is method)


def complaint(field: str, text: str) -> str:
    """Return what is wrong with a typed field; empty where nothing is."""
    value = text.strip()
    if not value:
        return "Needed. The portal shows it on the workspace's page."
    if field == "subscription" and not _UUID.fullmatch(value):
        return "A subscription's ID looks like 12345678-1234-1234-1234-123456789abc."
    if field == "group" and not _GROUP.fullmatch(value):
        return "A resource group has up to 90 letters, digits, and . _ - ( ), and does not end in a dot."
    if field == "name" and not _NAME.fullmatch(value):
        return "A workspace has 3 to 33 letters, digits, _ and -, and begins with a letter or digit."
    return ""


def workspace_of(values: Mapping[str, str], cloud: str, shown: Workspace | None, method: SignInMethod) -> Workspace:
    """Return the workspace that was typed; what the one that was `shown` first knows besides stays if it is that one.

    `values` are the fields, and `client_id` where an application was typed.
    """
    typed = Workspace(values["name"].strip(), values["subscription"].strip(), values["group"].strip(), cloud=cloud,
                      sign_in=method, client=values.get("client_id", "").strip())  # fmt: skip
    if shown is None or (shown.subscription, shown.cloud) != (typed.subscription, cloud):
        return typed  # a subscription's tenant is not another one's
    return dataclasses.replace(typed, tenant=shown.tenant, client=typed.client or shown.client)


@dataclass(frozen=True, slots=True)
class StepRow:
    """A line of the report: what was tried, how that went, and what to do about it."""

    title: str
    said: str
    hint: str
    icon: str
    role: str
    word: str


_LAST_WAY = "azure-cli"
"""The way that is tried last where no way was chosen."""
_TITLES = {
    "kept": "Signed in before",
    "environment": "Variables of the environment",
    "workload-identity": "Identity of this workload",
    **{each.method.value: each.title for each in WAYS},
}


def step_rows(steps: Sequence[SignInStep]) -> tuple[StepRow, ...]:
    """Return the report's lines, in the order in which things were tried."""
    return tuple(_row(each) for each in steps)


def _row(step: SignInStep) -> StepRow:
    title = _TITLES.get(step.method, step.method.replace("-", " ").capitalize())
    if step.succeeded:
        return StepRow(title, step.said, step.hint, "mdi6.check-circle-outline", "completed", "worked")
    return StepRow(title, step.said, step.hint, "mdi6.close-circle-outline", "failed", "did not work")


def asked_row(fault: UserError | None, workspace: Workspace) -> StepRow:
    """Return the last line of the report: whether the workspace itself answered."""
    title = f"Workspace {workspace.name}"
    if fault is None:
        where = f" in {workspace.location}" if workspace.location else ""
        return StepRow(title, f"It answers{where}.", "", "mdi6.check-circle-outline", "completed", "worked")
    return StepRow(title, fault.message, fault.hint, "mdi6.close-circle-outline", "failed", "did not work")


def nobody(report: SignInReport) -> tuple[str, str]:
    """Return what is said where no way worked: what happened, and what to do next."""
    last = report.steps[-1] if report.steps else None
    if last is not None and (len(report.steps) == 1 or last.method != _LAST_WAY):  # that one broke: a wrong secret,
        return last.said, last.hint or "Try again, or choose another way to sign in."  # or no network for any way
    return "Nobody is signed in.", "Each way that was tried says below what it lacks; or choose another way."


def lasting(report: SignInReport) -> str:
    """Return for how long somebody is signed in, where that is not for long."""
    is_short = report.kept_in.startswith("memory only")
    return "The sign-in ends with the program, as this system has no keyring." if is_short else ""


def signed_in(report: SignInReport) -> str:
    """Return who is signed in, and where that is kept."""
    kept = f" Kept in {report.kept_in}." if report.kept_in else ""
    return f"Signed in as {report.account}.{kept}"
