"""What the emulator has none of, told as the service tells it: lists are empty, and what is asked for is absent.

Writing is not answered at all, so that nobody believes that a schedule or a component was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.emulator.answers import mfe_error, ok
from tests.emulator.routing import Answer, Call, Handler, Routes
from tests.emulator.service import Service

_Say = Callable[[Call], tuple[str, str | None]]
"""Words the message and the inner code of a 404."""


def _component(call: Call) -> tuple[str, str | None]:
    return f"Not found component {call.parts['name']}.", "ComponentNotFound"


def _endpoint(call: Call) -> tuple[str, str | None]:
    said = (
        f"An endpoint with the name '{call.parts['name']}' does not exist in the workspace '{call.workspace.name}'. "
        "Please check the endpoint name and also ensure the current user has access to it."
    )
    return said, "EndpointNotFound"


def _schedule(call: Call) -> tuple[str, str | None]:
    return f"Resource Trigger {call.parts['name']} not found", None


def _other(call: Call) -> tuple[str, str | None]:
    return f"{call.parts['name']} not found.", None


_KINDS: Mapping[str, _Say] = {
    "components": _component,
    "batchEndpoints": _endpoint,
    "schedules": _schedule,
    "connections": _other,
    "privateEndpointConnections": _other,
    "serverlessEndpoints": _other,
    "featuresets": _other,
    "featurestoreEntities": _other,
}
_LISTS = (
    "{ws}/features",
    "{ws}/outboundNetworkDependenciesEndpoints",
    "{ws}/components/{name}/versions",
    "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/registries",
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/registries",
    "/providers/Microsoft.MachineLearningServices/operations",
)


async def none_of_it(_service: Service, _call: Call) -> Answer:
    """Return an empty list."""
    return ok({"value": []})


def _absent(say: _Say) -> Handler:
    async def answer(service: Service, call: Call) -> Answer:
        said, code = say(call)
        inner = None if code is None else {"code": code, "innerError": None}
        return mfe_error(service, 404, said, inner={"code": "NotFound", "innerError": inner})

    return answer


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    for template in _LISTS:
        table.add("GET", "arm", template, none_of_it)
    for kind, say in _KINDS.items():
        table.add("GET", "arm", f"{{ws}}/{kind}", none_of_it)
        table.add("GET", "arm", f"{{ws}}/{kind}/{{name}}", _absent(say))
    return table
