"""Where jobs may run: this machine and the workspaces, with how each one stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from desktop_app.api import UserError, Workspace
from desktop_app.services.cloud_lists import is_unreached

CLOUD = "azureml"
"""The backend that runs jobs in workspaces."""


class Standing(StrEnum):
    """How a workspace stands, as far as this window knows."""

    UNCHECKED = "not checked yet"
    CHECKING = "asking…"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    ELSEWHERE = "signed in to another tenant"
    OFFLINE = "offline"
    REFUSED = "refused"


_LOOKS = {
    Standing.UNCHECKED: ("mdi6.cloud-question-outline", "waiting"),
    Standing.CHECKING: ("mdi6.cloud-sync-outline", "preparing"),
    Standing.SIGNED_IN: ("mdi6.cloud-check-outline", "completed"),
    Standing.SIGNED_OUT: ("mdi6.cloud-lock-outline", "canceled"),
    Standing.ELSEWHERE: ("mdi6.cloud-key-outline", "canceled"),
    Standing.OFFLINE: ("mdi6.cloud-off-outline", "waiting"),
    Standing.REFUSED: ("mdi6.cloud-alert-outline", "failed"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a workspace: how it stands and, where it can't be asked, why."""

    standing: Standing = Standing.UNCHECKED
    fault: UserError | None = None

    @property
    def wants_sign_in(self) -> bool:
        """Whether signing in is what to do next."""
        return self.standing in (Standing.SIGNED_OUT, Standing.ELSEWHERE)


def looks(standing: Standing) -> tuple[str, str]:
    """Return the icon and the colour's role of a standing."""
    return _LOOKS[standing]


def after(fault: UserError | None) -> Known:
    """Return what an answer, or a fault, tells of the workspace that was asked."""
    if fault is None:
        return Known(Standing.SIGNED_IN)
    kind = str(getattr(fault, "kind", ""))
    if kind == "signed-out":
        is_elsewhere = getattr(fault, "code", "") == "InvalidAuthenticationTokenTenant"
        return Known(Standing.ELSEWHERE if is_elsewhere else Standing.SIGNED_OUT, fault)
    return Known(Standing.OFFLINE if is_unreached(fault) else Standing.REFUSED, fault)


def says_nothing(fault: UserError) -> bool:
    """Whether a fault is about what was asked for (a name that is not there), not about the workspace."""
    return str(getattr(fault, "kind", "")) in ("not-found", "conflict", "bad-request", "")


@dataclass(frozen=True, slots=True)
class Place:
    """A place where jobs may run. `key` is `local` or `azureml:SUBSCRIPTION/GROUP/NAME`."""

    key: str
    title: str
    note: str = ""
    icon: str = "mdi6.laptop"
    role: str = "muted"
    chosen: bool = False

    @property
    def text(self) -> str:
        """What the menu says: `ml-east – signed in`."""
        return f"{self.title} – {self.note}" if self.note else self.title


def place_key(workspace: Workspace) -> str:
    """Return the key of a workspace among the places."""
    return f"{CLOUD}:{workspace.key}"


def backend_of(key: str) -> str:
    """Return the backend that runs jobs at a place."""
    return key.partition(":")[0]


def places(
    backends: Sequence[tuple[str, str]], workspaces: Sequence[Workspace], known: Mapping[str, Known], chosen: str
) -> tuple[Place, ...]:
    """Return all places: backends that are one by themselves, then workspaces; two of one name say their group."""
    plain = [
        Place(name, title, icon="mdi6.laptop" if name == "local" else "mdi6.server", chosen=name == chosen)
        for name, title in backends
        if name != CLOUD
    ]
    return (*plain, *(_place(each, workspaces, known.get(each.key, Known()), chosen) for each in workspaces))


def _place(workspace: Workspace, others: Sequence[Workspace], known: Known, chosen: str) -> Place:
    picture, role = looks(known.standing)
    key = place_key(workspace)
    return Place(key, title_of(workspace, others), known.standing.value, picture, role, key == chosen)


def title_of(workspace: Workspace, others: Sequence[Workspace]) -> str:
    """Return a workspace's name, with its resource group where another one has the same name."""
    twins = sum(each.name == workspace.name for each in others) > 1
    return f"{workspace.name} ({workspace.group})" if twins else workspace.name


def offer_text(workspace: Workspace, folder: Path) -> str:
    """Return what the menu says of a `config.json` that was found: `Connect ml-east (config.json in digits)`."""
    return f"Connect {workspace.name} (config.json in {folder.name or folder})"
