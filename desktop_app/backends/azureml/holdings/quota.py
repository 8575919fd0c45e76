"""What a region offers and what is left of it: VM sizes, cores by family, and whether nodes fit into them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from desktop_app.api import Headroom, Quota, SizeOffer, UserError, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.resources import in_region, record
from desktop_app.core.rules.facts import Facts, Size

VERSION = "2025-12-01"
"""As azure-ai-ml 1.35.2 names it for vmSizes and usages."""
LOW = ", low priority"
TOTAL = "All sizes together"
_NAME = re.compile(
    r"(?:Total|(?P<family>.+? Family)) Cluster (?P<kind>Dedicated|LowPriority)(?: Regional)? vCPUs", re.IGNORECASE
)
"""Source: the example of Usages_List in Azure's REST specifications; no recording shows an answer."""


async def sizes(asking: Asking, workspace: Workspace) -> Sequence[SizeOffer]:
    """Return the sizes that clusters may have in the workspace's region, by name."""
    given = await in_region(asking, workspace, "vmSizes", VERSION)
    return sorted(offers(given, asking.facts), key=lambda each: each.name.lower())


async def quotas(asking: Asking, workspace: Workspace) -> Sequence[Quota]:
    """Return used and allowed cores by family, those in use first."""
    return usages(await in_region(asking, workspace, "usages", VERSION))


async def headroom(
    asking: Asking, workspace: Workspace, vm_size: str, nodes: int, low_priority: bool = False
) -> Headroom:
    """Work out whether so many nodes fit. Raises UserError for a size that is not to be had."""
    known, limits = await asyncio.gather(sizes(asking, workspace), quotas(asking, workspace))
    return room(offer_of(vm_size, known, asking.facts, workspace), nodes, low_priority, limits)


def offers(given: Iterable[Any], facts: Facts) -> list[SizeOffer]:
    """Return the service's sizes that clusters may have, with what the catalogue knows beside."""
    found = [record(each) for each in given]
    return [_offer(each, facts) for each in found if each.get("name") and _is_for_clusters(each)]


def _is_for_clusters(item: Mapping[str, Any]) -> bool:
    kinds = item.get("supportedComputeTypes")
    return not kinds or "amlcompute" in [str(each).lower() for each in kinds]


def _offer(item: Mapping[str, Any], facts: Facts) -> SizeOffer:
    known = facts.size(str(item["name"])) or Size(str(item["name"]))
    price, currency = _price(record(item.get("estimatedVMPrices")))
    return SizeOffer(
        name=known.name,
        family=str(item.get("family") or ""),
        vcpus=int(item.get("vCPUs") or 0),
        memory_gib=float(item.get("memoryGB") or 0),
        gpus=int(item.get("gpus") or 0),
        gpu_model=known.gpu_model,
        infiniband=known.infiniband,
        low_priority=bool(item.get("lowPriorityCapable")),
        price=price,
        currency=currency,
        status=known.status if facts.size(known.name) else "",
        retired_on=known.retired_on,
        successors=known.successors,
        as_of=facts.sizes_as_of(),
    )


def _price(prices: Mapping[str, Any]) -> tuple[float | None, str]:
    for each in map(record, prices.get("values") or ()):
        if each.get("osType") == "Linux" and each.get("vmTier") == "Standard":
            cost = each.get("retailPrice")
            return (float(cost), str(prices.get("billingCurrency") or "")) if isinstance(cost, int | float) else _NONE
    return _NONE


_NONE: tuple[None, str] = (None, "")


def usages(given: Iterable[Mapping[str, Any]]) -> list[Quota]:
    """Return the quotas among the service's usages: totals first, then families, those in use before the others.

    The list also says what each workspace and cluster uses, which is in the family's number already, and names
    families that have no limit of their own (-1, as for low priority): both are left out.
    """
    found = [quota for each in given if (quota := _quota(each)) is not None]
    return sorted(found, key=lambda each: (not each.family.startswith(TOTAL), not each.used, each.family))


def _quota(item: Mapping[str, Any]) -> Quota | None:
    used, limit, name = item.get("currentValue"), item.get("limit"), record(item.get("name"))
    found = _NAME.fullmatch(str(name.get("localizedValue") or name.get("value") or ""))
    if found is None or not isinstance(limit, int) or limit < 0 or "/workspaces/" in str(item.get("id") or ""):
        return None
    low = LOW if found["kind"].lower() == "lowpriority" else ""
    return Quota(f"{found['family'] or TOTAL}{low}", int(used or 0), limit)


def offer_of(name: str, known: Sequence[SizeOffer], facts: Facts, workspace: Workspace) -> SizeOffer:
    """Return the region's offer of a size. Raises UserError that names what to take instead."""
    for each in known:
        if each.name.lower() == name.lower():
            return each
    size = facts.size(name)
    if size is not None and size.status == "retired":
        raise UserError(f"{size.name} is retired{_since(size, facts)}.", hint=_instead(size, known))
    region = f"the region {workspace.location}" if workspace.location else f"the region of {workspace.name}"
    if size is not None:
        raise UserError(f"{size.name} is not to be had in {region}.", hint=_instead(size, known))
    near = get_close_matches(name.lower(), [each.name.lower() for each in known], 1, 0.6)
    meant = next((each.name for each in known if near and each.name.lower() == near[0]), "")
    hint = f"Did you mean {meant}?" if meant else "Take one of those that the region offers."
    raise UserError(f"T{region[1:]} has no VM size “{name}”.", hint=hint)


def _since(size: Size, facts: Facts) -> str:
    return (f" since {size.retired_on}" if size.retired_on else "") + f" (as of {facts.sizes_as_of()})"


def _instead(size: Size, known: Sequence[SizeOffer]) -> str:
    here = {each.name.lower(): each.name for each in known}
    first = next((here[each.lower()] for each in size.successors if each.lower() in here), "")
    return f"Take {first} instead." if first else "Take one of those that the region offers."


def room(offer: SizeOffer, nodes: int, low_priority: bool, known: Sequence[Quota]) -> Headroom:
    """Return how many nodes of a size fit into its family's cores and into the region's, and what is short."""
    tightest = min(_fitting(offer, low_priority, known), key=lambda each: each.left, default=None)
    if tightest is None or not offer.vcpus:
        return Headroom(offer.name, offer.family, offer.vcpus, nodes, nodes)
    possible = tightest.left // offer.vcpus
    says = "" if possible >= nodes else _short(offer, nodes, possible, tightest)
    return Headroom(offer.name, tightest.family, offer.vcpus, nodes, possible, says)


def _fitting(offer: SizeOffer, low_priority: bool, known: Sequence[Quota]) -> list[Quota]:
    total = f"{TOTAL}{LOW}" if low_priority else TOTAL
    return [each for each in known if each.family == total or _is_of(offer, low_priority, each.family)]


def _is_of(offer: SizeOffer, low_priority: bool, family: str) -> bool:
    """Whether a family's quota is that of a size: `Standard NCSv3 Family` is what sizes call standardNCSv3Family."""
    return family.endswith(LOW) == low_priority and _plain(family.removesuffix(LOW)) == _plain(offer.family)


def _plain(family: str) -> str:
    return re.sub(r"[\s_]", "", family).lower()


def _short(offer: SizeOffer, nodes: int, possible: int, quota: Quota) -> str:
    wanted = f"{nodes} × {offer.name} {'takes' if nodes == 1 else 'take'} {nodes * offer.vcpus} cores"
    there = f"{quota.left} of {quota.limit} are left in “{quota.family}”"
    fit = "no node fits" if not possible else "1 node fits" if possible == 1 else f"{possible} nodes fit"
    return f"{wanted}, and {there}: {fit}."
