"""Whatever is sent to the emulator: it answers with a refusal, never with a defect of its own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator import computes, datastores
from tests.emulator.asset_kinds import KINDS
from tests.emulator.assets import routes as asset_routes
from tests.emulator.bodies import BodyError, number, text, texts
from tests.emulator.cloud import new_service
from tests.emulator.directory import SignIns
from tests.emulator.options import Options
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.workspaces import routes as workspace_routes

_NAMES = (
    "properties tags description location computeType vmSize scaleSettings minNodeCount maxNodeCount condaFile build "
    "nodeIdleTimeBeforeScaleDown image isAnonymous isArchived credentials credentialsType containerName modelUri "
    "modelType flavors dataUri dataType codeUri friendlyName imageBuildCompute identity datastoreType secrets"
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 10)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "AmlCompute", "ComputeInstance", "Standard_DS3_v2", "PT2M", "a: [", "azureml://jobs/j/outputs/o"]
    )
    | st.text(max_size=5)
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(st.sampled_from(_NAMES.split()), inner, max_size=5)
    return named | st.lists(inner, max_size=2)


_BODIES = st.fixed_dictionaries({"properties": st.recursive(_LEAVES, _nested, max_leaves=12)}) | st.recursive(
    _LEAVES, _nested, max_leaves=8
)


async def _told(service: Service, table: Routes, method: str, url: str, body: bytes) -> Answer | None:
    """What a handler answers, with the operations it began ended; None for a body that it refuses."""
    workspace = next(iter(service.state.workspaces.values()))
    path, _, query = f"{workspace.path}{url}".partition("?")
    found = table.find(method, "arm", path)
    assert found is not None
    route, parts = found
    call = Call(
        method, "management.azure.com", path, parts, dict([query.split("=")]), {}, body, "arm", query, workspace
    )
    try:
        return await route.handler(service, call)
    except BodyError:
        return None
    finally:
        await service.close()


def _service(home: Path) -> Service:
    service = new_service(Options(home=home))
    service.add_part(SignIns())
    computes.prepare(service)
    for workspace in service.state.workspaces.values():
        datastores.make_system_ones(service, workspace)
    return service


_ASKED = [
    ("PUT", "/computes/c", ("/computes/c", "/computes")),
    ("PATCH", "/computes/there", ("/computes/there",)),
    ("PUT", "/datastores/d", ("/datastores/d", "/datastores")),
    ("POST", "/datastores/workspaceblobstore/listSecrets", ()),
    ("PATCH", "", ("",)),
    *(("PUT", f"/{each.collection}/n/versions/1", (f"/{each.collection}/n/versions",)) for each in KINDS),
    *(("PUT", f"/{each.collection}/n", (f"/{each.collection}", f"/{each.collection}/n")) for each in KINDS),
]


@settings(max_examples=50)
@given(_BODIES)
@pytest.mark.parametrize(("method", "url", "shown"), _ASKED, ids=[f"{method} {url}" for method, url, _ in _ASKED])
def test_any_body_is_answered_and_what_was_taken_can_be_shown(
    tmp_path_factory: pytest.TempPathFactory, method: str, url: str, shown: tuple[str, ...], body: Any
) -> None:
    service = _service(tmp_path_factory.mktemp("any"))
    table = Routes()
    for routes in (computes.routes, datastores.routes, asset_routes, workspace_routes):
        table.join(routes())
    asyncio.run(_story(service, table, (method, url, shown), json.dumps(body).encode()))


async def _story(service: Service, table: Routes, asked: tuple[str, str, tuple[str, ...]], body: bytes) -> None:
    cluster = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS3_v2"}}}
    await _told(service, table, "PUT", "/computes/there?api-version=1", json.dumps(cluster).encode())
    method, url, shown = asked
    answer = await _told(service, table, method, f"{url}?api-version=2025-01-01", body)
    if answer is None or answer.status >= 400:
        return
    assert answer.status in (200, 201, 202)
    b"".join(answer.pieces(1000))
    for each in shown:
        told = await _told(service, table, "GET", f"{each}?api-version=2025-01-01", b"")
        assert told is not None
        assert told.status == 200
        b"".join(told.pieces(1000))


@pytest.mark.parametrize("value", [-1, 1.5, "4", True, [], {}])
def test_a_count_is_a_whole_number(value: object) -> None:
    with pytest.raises(BodyError, match="minNodeCount must be a whole number"):
        number({"minNodeCount": value}, "minNodeCount")


def test_what_is_absent_or_null_is_the_default() -> None:
    assert (number({}, "n", 7), number({"n": None}, "n", 7), number({"n": 2.0}, "n")) == (7, 7, 2)
    assert (text({}, "t"), text({"t": None}, "t", "x"), texts({"tags": None}, "tags")) == ("", "x", {})
    with pytest.raises(BodyError, match="a must be text, not int"):
        texts({"tags": {"a": 1}}, "tags")
