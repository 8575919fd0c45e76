"""The subscription and its resource group, for clients that look for workspaces; no recording shows these."""

from __future__ import annotations

from tests.emulator.answers import gateway_error, ok
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.state import Json


async def listed(service: Service, _call: Call) -> Answer:
    """List the subscriptions that the caller may see: one."""
    return ok({"value": [_shown(service)], "count": {"type": "Total", "value": 1}})


async def get(service: Service, call: Call) -> Answer:
    """Describe the subscription."""
    name = call.parts["subscription"]
    if name.lower() != service.state.subscription.lower():
        return gateway_error(404, "SubscriptionNotFound", f"The subscription '{name}' could not be found.")
    return ok(_shown(service))


async def groups(service: Service, call: Call) -> Answer:
    """List the resource groups."""
    names = dict.fromkeys([service.state.group, *(each.group for each in service.state.workspaces.values())])
    return ok({"value": [_group(service, call, name) for name in names]})


async def group(service: Service, call: Call) -> Answer:
    """Describe a resource group."""
    name = call.parts["group"]
    if name.lower() not in service.state.groups():
        return gateway_error(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
    return ok(_group(service, call, name))


def _shown(service: Service) -> Json:
    subscription = service.state.subscription
    return {
        "id": f"/subscriptions/{subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription,
        "tenantId": service.state.tenant,
        "displayName": "Emulator",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _group(service: Service, call: Call, name: str) -> Json:
    return {
        "id": f"/subscriptions/{call.parts['subscription']}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": service.options.location,
        "properties": {"provisioningState": "Succeeded"},
    }


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "arm", "/subscriptions", listed)
    table.add("GET", "arm", "/subscriptions/{subscription}", get)
    table.add("GET", "arm", "/subscriptions/{subscription}/resourceGroups", groups)
    table.add("GET", "arm", "/subscriptions/{subscription}/resourceGroups/{group}", group)
    return table
