"""Quota and VM sizes: as Azure's REST specifications show them, joined with the catalogue, and what fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Quota, SizeOffer, UserError
from desktop_app.backends.azureml.holdings import quota
from desktop_app.services.catalogues import facts
from tests.helpers.told_cloud import asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, told

ROOT = "Microsoft.MachineLearningServices"
DSV2 = "Standard DSv2 Family Cluster Dedicated vCPUs"


def usage(name: str, used: int, limit: int, id_: str = "/subscriptions/s/usages") -> dict[str, Any]:
    """Return a usage in the specifications' form."""
    return {
        "id": id_, "type": f"{ROOT}/vmFamily/usages", "currentValue": used, "limit": limit, "unit": "Count",
        "name": {"value": name, "localizedValue": name},
    }  # fmt: skip


SPECIFIED = [
    usage("Clusters", 7, 100),
    usage("Total Cluster Dedicated Regional vCPUs", 14, 24),
    usage("Standard D Family Cluster Dedicated vCPUs", 0, 48),
    usage(DSV2, 2, 24),
    usage(DSV2, 2, 24, "/subscriptions/s/resourceGroups/rg/providers/x/workspaces/w/usages/y"),
    usage(DSV2, 2, 24, "/subscriptions/s/resourceGroups/rg/providers/x/workspaces/w/computes/c/usages/y"),
    usage("Total Cluster LowPriority Regional vCPUs", 18, 50),
    usage("Standard D Family Cluster LowPriority vCPUs", 0, -1),
]
SIZE = {
    "name": "STANDARD_DS3_V2", "family": "standardDSv2Family", "vCPUs": 4, "gpus": 0, "memoryGB": 14.0,
    "lowPriorityCapable": True, "supportedComputeTypes": ["AmlCompute", "MIR"],
    "estimatedVMPrices": {"billingCurrency": "USD", "unitOfMeasure": "OneHour", "values": [
        {"retailPrice": 0.5, "osType": "Windows", "vmTier": "Standard"},
        {"retailPrice": 0.06, "osType": "Linux", "vmTier": "LowPriority"},
        {"retailPrice": 0.29, "osType": "Linux", "vmTier": "Standard"},
    ]},
}  # fmt: skip


def test_usages_become_quotas_each_once_and_without_those_of_workspaces() -> None:
    assert quota.usages(SPECIFIED) == [
        Quota("All sizes together", 14, 24),
        Quota("All sizes together, low priority", 18, 50),
        Quota("Standard DSv2 Family", 2, 24),
        Quota("Standard D Family", 0, 48),
    ]


def test_a_size_is_joined_with_what_the_catalogue_knows() -> None:
    (offer,) = quota.offers([SIZE], facts())
    assert (offer.vcpus, offer.memory_gib, offer.price, offer.currency) == (4, 14.0, 0.29, "USD")
    assert offer.name == "Standard_DS3_v2"
    gpu = {"name": "Standard_ND96asr_v4", "vCPUs": 96, "gpus": 8}
    (offer,) = quota.offers([gpu], facts())
    assert offer.infiniband
    assert "A100" in offer.gpu_model
    assert offer.as_of


@pytest.mark.parametrize("item", [{}, {"name": "x", "supportedComputeTypes": ["MIR"]}, None])
def test_what_clusters_can_not_have_is_left_out(item: Any) -> None:
    assert quota.offers([item], facts()) == []


def test_a_size_that_nobody_knows_yet_is_offered_all_the_same() -> None:
    (offer,) = quota.offers([{"name": "Standard_New_v9", "vCPUs": 8, "family": "standardNewv9Family"}], facts())
    assert (offer.name, offer.status, offer.price) == ("Standard_New_v9", "", None)


OFFER = SizeOffer("Standard_DS3_v2", "standardDSv2Family", vcpus=4)


@pytest.mark.parametrize(
    ("nodes", "possible", "says"),
    [
        (1, 2, ""),
        (2, 2, ""),
        (4, 2, "4 × Standard_DS3_v2 take 16 cores, and 10 of 24 are left in “All sizes together”: 2 nodes fit."),
    ],
)
def test_the_tightest_limit_decides(nodes: int, possible: int, says: str) -> None:
    room = quota.room(OFFER, nodes, False, quota.usages(SPECIFIED))
    assert (room.possible, room.says, room.fits) == (possible, says, nodes <= possible)


def test_low_priority_has_a_limit_of_its_own() -> None:
    assert quota.room(OFFER, 1, True, quota.usages(SPECIFIED)).possible == 8


def test_where_nothing_is_known_everything_fits() -> None:
    assert quota.room(OFFER, 50, False, []).fits
    assert quota.room(SizeOffer("x"), 50, False, quota.usages(SPECIFIED)).fits


@given(st.integers(1, 200), st.integers(0, 400), st.integers(0, 400), st.integers(1, 64))
def test_what_is_possible_is_what_is_left(nodes: int, used: int, limit: int, cores: int) -> None:
    known = [Quota("Standard DSv2 Family", used, limit)]
    room = quota.room(SizeOffer("s", "standardDSv2Family", vcpus=cores), nodes, False, known)
    assert room.possible * cores <= max(0, limit - used) < (room.possible + 1) * cores
    assert bool(room.says) == (not room.fits)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("STANDARD_NC6", "Standard_NC6 is retired since 2023-08-31", "Take Standard_NC4as_T4_v3 instead."),
        ("Standard_DS3_v22", "The region westus has no VM size", "Did you mean Standard_DS3_v2?"),
        ("Standard_ND96asr_v4", "Standard_ND96asr_v4 is not to be had in the region westus", "Take one of those"),
        ("huge", "has no VM size “huge”", "Take one of those"),
    ],
)
def test_a_size_that_is_not_to_be_had(name: str, message: str, hint: str) -> None:
    known = [OFFER, SizeOffer("Standard_NC4as_T4_v3")]
    with pytest.raises(UserError, match=message) as caught:
        quota.offer_of(name, known, facts(), WORKSPACE)
    assert caught.value.hint.startswith(hint)


async def test_both_are_asked_of_the_workspaces_region(tmp_path: Path) -> None:
    wire = ToldWire()
    wire.on("GET", "/locations/westus/vmSizes", told({"value": [SIZE]}))
    wire.on(
        "GET", "/locations/westus/usages", told({"value": SPECIFIED[:3], "nextLink": "https://management.azure.com/n"})
    )
    wire.on("GET", "https://management.azure.com/n", told({"value": SPECIFIED[3:]}))
    asking = asking_of(wire, tmp_path)
    assert (await quota.headroom(asking, WORKSPACE, "standard_ds3_v2", 3)).possible == 2
    assert all(f"/subscriptions/{WORKSPACE.subscription}/providers/" in each for each in wire.urls("/locations/"))
