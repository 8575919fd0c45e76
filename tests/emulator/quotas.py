"""What a subscription may use in a region: VM sizes, usages and quotas. No recording shows these; see sizes.py."""

from __future__ import annotations

from tests.emulator.answers import ok
from tests.emulator.bodies import asked_of, number, text
from tests.emulator.nodes import settle_all, used_cores
from tests.emulator.paging import page_of
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.sizes import CLUSTERS, LOW_PRIORITY, REGION_CORES, Quotas, Size, all_sizes
from tests.emulator.state import Json

_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"


async def sizes(_service: Service, _call: Call) -> Answer:
    """List the VM sizes that clusters may have."""
    return ok({"value": [_shown(each) for each in all_sizes().values()]})


def _shown(size: Size) -> Json:
    return {
        "name": size.name,
        "family": size.family,
        "vCPUs": size.vcpus,
        "gpus": int(size.gpus),
        "osVhdSizeMB": 1047552,
        "maxResourceVolumeMB": 0,
        "memoryGB": size.memory,
        "lowPriorityCapable": True,
        "premiumIO": True,
        "estimatedVMPrices": None,
        "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
    }


async def usages(service: Service, call: Call) -> Answer:
    """List what is used and allowed: clusters, cores in all, cores by family, each twice (dedicated, low priority)."""
    region, kept = call.parts["location"], service.part(Quotas)
    for workspace in service.state.workspaces.values():
        settle_all(service, workspace)
    used = used_cores(service, region)
    low = used.pop(LOW_PRIORITY, 0)
    clusters = sum(len(each.computes) for each in service.state.workspaces.values() if each.location == region)
    rows = [
        _usage(call, "Total Clusters", clusters, CLUSTERS),
        _usage(call, "Total Cluster Dedicated Regional vCPUs", sum(used.values()), REGION_CORES),
        _usage(call, "Total Cluster LowPriority Regional vCPUs", low, kept.low_priority),
    ]
    for family, limit in _limits(service):
        rows.append(_usage(call, f"{_spoken(family)} Cluster Dedicated vCPUs", used.get(family, 0), limit))
        rows.append(_usage(call, f"{_spoken(family)} Cluster LowPriority vCPUs", 0, -1))
    return ok(page_of(service, call, rows, lambda each: each))


async def quotas(service: Service, call: Call) -> Answer:
    """List allowed cores by family."""
    rows = [
        {
            "id": _id(call, family, "quotas"),
            "type": "Microsoft.MachineLearningServices/quotas",
            "amlWorkspaceLocation": call.parts["location"],
            "limit": limit,
            "unit": "Count",
            "name": {"value": family, "localizedValue": f"{_spoken(family)} Cluster Dedicated vCPUs"},
        }
        for family, limit in _limits(service)
    ]
    return ok(page_of(service, call, rows, lambda each: each))


async def set_quota(service: Service, call: Call) -> Answer:
    """Set allowed cores: {"family": "standardNCASv3_T4Family", "cores": 8}, or {"low_priority": 0}."""
    asked, kept = asked_of(call), service.part(Quotas)
    if "family" in asked:
        kept.families[text(asked, "family")] = number(asked, "cores")
    kept.low_priority = number(asked, "low_priority", kept.low_priority)
    return ok({"families": kept.families, "low_priority": kept.low_priority})


def _limits(service: Service) -> list[tuple[str, int]]:
    kept = service.part(Quotas)
    return [(family, kept.limit(family)) for family in sorted({each.family for each in all_sizes().values()})]


def _usage(call: Call, name: str, used: int, limit: int) -> Json:
    return {
        "id": _id(call, name.replace(" ", ""), "usages"),
        "type": "Microsoft.MachineLearningServices/usages",
        "amlWorkspaceLocation": call.parts["location"],
        "unit": "Count",
        "currentValue": used,
        "limit": limit,
        "name": {"value": name, "localizedValue": name},
    }


def _id(call: Call, family: str, kind: str) -> str:
    location = _LOCATION.format(**call.parts)
    return f"{location}/vmFamilies/{family}/{kind}"


def _spoken(family: str) -> str:
    """`standardNCSv3Family` as a list of usages names it."""
    return f"Standard {family.removeprefix('standard').removesuffix('Family')} Family"


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "arm", f"{_LOCATION}/vmSizes", sizes)
    table.add("GET", "arm", f"{_LOCATION}/usages", usages)
    table.add("GET", "arm", f"{_LOCATION}/quotas", quotas)
    table.add("POST", "control", "/quotas", set_quota)
    return table
