"""Where a region's services are: the discovery document, which is read without signing in."""

from __future__ import annotations

from tests.emulator.answers import ok
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service


async def discover(service: Service, call: Call) -> Answer:
    """Name the hosts of the region that was asked; clients read `api` alone."""
    region = call.host.partition(".")[0]
    api, experiments = f"https://{call.host}", f"https://{region}.experiments.azureml.net"
    body = {
        "api": api,
        "catalog": "https://catalog.cortanaanalytics.com",
        "experimentation": experiments,
        "history": experiments,
        "hyperdrive": experiments,
        "labeling": experiments,
        "modelmanagement": f"https://{region}.modelmanagement.azureml.net",
        "pipelines": f"https://{region}.aether.ms",
        "studio": service.state.cloud.studio,
    }
    cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET"}
    return ok(body, headers=cors)


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "api", "/discovery", discover, anonymous=True)
    table.add("GET", "api", "/discovery{ws}", discover, anonymous=True)
    return table
