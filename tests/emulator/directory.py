"""Who may sign in: tenants, applications with their secrets and roles, one person; all made up, none of it secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

Role = Literal["Contributor", "Reader"]

TENANT: Final = "7e57ab1e-0000-4000-8000-000000000001"
OTHER_TENANT: Final = "7e57ab1e-0000-4000-8000-000000000009"
CLIENT: Final = "7e57ab1e-0000-4000-8000-000000000003"
READER: Final = "7e57ab1e-0000-4000-8000-000000000004"
SECRET: Final = "a-secret-of-the-emulator"  # opens nothing but the emulator
TENANT_NAMES: Final = {"common", "organizations", TENANT, "emulator.onmicrosoft.com"}


@dataclass(frozen=True, slots=True)
class Identity:
    """An application or a person. `object_id` is what access is granted to; an application has a secret."""

    name: str
    object_id: str
    role: Role
    client: str = ""
    secret: str = ""

    @property
    def is_person(self) -> bool:
        """Whether this signs in by browser or device code."""
        return not self.client


PERSON: Final = Identity("ada@emulator.onmicrosoft.com", "7e57ab1e-0000-4000-8000-0000000000a1", "Contributor")
APPLICATIONS: Final = {
    each.client: each
    for each in (
        Identity("trainer", "7e57ab1e-0000-4000-8000-0000000000a3", "Contributor", CLIENT, SECRET),
        Identity("onlooker", "7e57ab1e-0000-4000-8000-0000000000a4", "Reader", READER, SECRET),
    )
}


def tenant_of(name: str) -> str | None:
    """Return a tenant's id by its id or name; None where there is no such tenant."""
    if name.lower() in TENANT_NAMES:
        return TENANT
    return OTHER_TENANT if name.lower() == OTHER_TENANT else None


def identity_of(object_id: str) -> Identity:
    """Return who has an object id."""
    return next((each for each in APPLICATIONS.values() if each.object_id == object_id), PERSON)


@dataclass(slots=True)
class DeviceCode:
    """A device that waits for a person to type `user_code` elsewhere."""

    device_code: str
    user_code: str
    expires: datetime
    scope: str
    state: Literal["pending", "approved", "declined"] = "pending"


@dataclass(slots=True)
class SignIns:
    """How long tokens live, and who is half-way through signing in. Tokens from before `revoked` are refused."""

    lifetime: timedelta = timedelta(seconds=86399)
    revoked: datetime | None = None
    devices: dict[str, DeviceCode] = field(default_factory=dict)
    browsers: dict[str, dict[str, str]] = field(default_factory=dict)
    approve_at_once: bool = False
