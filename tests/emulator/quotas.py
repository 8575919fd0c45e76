"""What a subscription may use in a region: VM sizes, usages and quotas. No recording shows these; see sizes.py."""

from __future__ import annotations

from tests.emulator.answers import ok
from tests.emulator.paging import page_of
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.sizes import REGION_CORES, Quotas, Size, all_sizes, used_cores
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
    """List used and allowed cores by family."""
    region = call.parts["location"]
    used = used_cores(service.state, region)
    rows = [_usage(call, family, used.get(family, 0), limit) for family, limit in _limits(service)]
    total = sum(cores for family, cores in used.items() if family != "LowPriority")
    rows.append(_usage(call, "TotalDedicatedCores", total, REGION_CORES))
    low = used.get("LowPriority", 0)
    rows.append(_usage(call, "TotalLowPriorityCores", low, service.part(Quotas).low_priority))
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
            "name": {"value": family, "localizedValue": _localized(family)},
        }
        for family, limit in _limits(service)
    ]
    return ok(page_of(service, call, rows, lambda each: each))


async def set_quota(service: Service, call: Call) -> Answer:
    """Set allowed cores: {"family": "standardNCASTv3Family", "cores": 8}, or {"low_priority": 0}."""
    asked, kept = call.json or {}, service.part(Quotas)
    if "family" in asked:
        kept.families[asked["family"]] = int(asked["cores"])
    kept.low_priority = int(asked.get("low_priority", kept.low_priority))
    return ok({"families": kept.families, "low_priority": kept.low_priority})


def _limits(service: Service) -> list[tuple[str, int]]:
    kept = service.part(Quotas)
    return [(family, kept.limit(family)) for family in sorted({each.family for each in all_sizes().values()})]


def _usage(call: Call, family: str, used: int, limit: int) -> Json:
    return {
        "id": _id(call, family, "usages"),
        "type": "Microsoft.MachineLearningServices/usages",
        "amlWorkspaceLocation": call.parts["location"],
        "unit": "Count",
        "currentValue": used,
        "limit": limit,
        "name": {"value": family, "localizedValue": _localized(family)},
    }


def _id(call: Call, family: str, kind: str) -> str:
    location = _LOCATION.format(**call.parts)
    return f"{location}/vmFamilies/{family}/{kind}"


def _localized(family: str) -> str:
    if not family.endswith("Family"):
        return "Total Cluster " + ("Dedicated" if "Dedicated" in family else "LowPriority") + " Regional vCPUs"
    return f"Standard {family.removeprefix('standard').removesuffix('Family')} Family Cluster Dedicated vCPUs"


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "arm", f"{_LOCATION}/vmSizes", sizes)
    table.add("GET", "arm", f"{_LOCATION}/usages", usages)
    table.add("GET", "arm", f"{_LOCATION}/quotas", quotas)
    table.add("POST", "control", "/quotas", set_quota)
    return table
