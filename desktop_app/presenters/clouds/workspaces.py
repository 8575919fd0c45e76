"""The list of workspaces: what each is, how it stands, and how its people sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import Workspace
from desktop_app.presenters.clouds.connect import way_of
from desktop_app.presenters.clouds.places import Known, looks

HEADERS = ("Workspace", "State", "Resource group", "Region", "Subscription", "Sign in")


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace in the list: its cells in the order of `HEADERS`."""

    workspace: Workspace
    cells: tuple[str, ...]
    icon: str
    role: str
    tip: str = ""


def rows(
    workspaces: Sequence[Workspace], known: Mapping[str, Known], clouds: Mapping[str, str]
) -> tuple[WorkspaceRow, ...]:
    """Return the list; `clouds` are the clouds' titles by name."""
    return tuple(_row(each, known.get(each.key, Known()), clouds) for each in workspaces)


def _row(workspace: Workspace, known: Known, clouds: Mapping[str, str]) -> WorkspaceRow:
    picture, role = looks(known.standing)
    cloud = "" if workspace.cloud == "AzureCloud" else clouds.get(workspace.cloud, workspace.cloud)
    region = ", ".join(each for each in (workspace.location, cloud) if each) or "–"
    cells = (
        workspace.name, known.standing.value, workspace.group, region, workspace.subscription,
        way_of(workspace.sign_in).title.partition(" (")[0].partition(":")[0],
    )  # fmt: skip
    return WorkspaceRow(workspace, cells, picture, role, reason(known))


def reason(known: Known) -> str:
    """Return why a workspace can't be asked, and what to do; empty where it can."""
    return f"{known.fault.message} {known.fault.hint}".strip() if known.fault is not None else ""
