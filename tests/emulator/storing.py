"""Where the emulator's blobs are kept: in files of its own, or in Azurite where that was asked for."""

from __future__ import annotations

from tests.emulator.azurite import Azurite
from tests.emulator.azurite_blobs import AzuriteBlobs
from tests.emulator.blobs import BuiltInBlobs
from tests.emulator.directory import PERSON
from tests.emulator.service import Service


def prepare(service: Service) -> None:
    """Make the chosen store known to those who answer for the storage accounts."""
    if service.options.azurite:
        accounts = [workspace.account for workspace in service.state.workspaces.values()]
        kept = AzuriteBlobs(Azurite(service.options.home, accounts), service.blobs.links)
        service.blobs = kept
        service.at_end.append(kept.close)
    elif isinstance(service.blobs, BuiltInBlobs):
        service.add_part(service.blobs.store)
        if service.options.secrets == "none":
            service.blobs.links.signer = (PERSON.object_id, service.state.tenant)
            service.blobs.store.keys_allowed = False
