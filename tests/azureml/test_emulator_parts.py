"""Parts of the emulator by themselves: nodes over time, routes, pages, signed addresses, tokens, times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.emulator import operations, tokens
from tests.emulator.clock import stamp, ticks
from tests.emulator.cloud import new_service
from tests.emulator.directory import APPLICATIONS, CLIENT, TENANT, SignIns
from tests.emulator.hosts import plane_of
from tests.emulator.nodes import Nodes, seconds_of, used_cores
from tests.emulator.options import Options
from tests.emulator.paging import page_of, read_token
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.server import joined
from tests.emulator.service import RequestLog, Seen, Service
from tests.emulator.sizes import Quotas, all_sizes, family_of
from tests.emulator.state import Resource, Workspace


def _service(home: Path, **options: object) -> Service:
    service = new_service(Options(home=home, **options))  # type: ignore[arg-type]  # names of Options' fields
    service.add_part(Quotas())
    service.add_part(SignIns())
    return service


def _cluster(service: Service, size: str = "STANDARD_DS3_V2", least: int = 0, most: int = 4) -> Resource:
    """A cluster that stands, in the first workspace."""
    scale = {"minNodeCount": least, "maxNodeCount": most, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    inner = {"vmSize": size, "vmPriority": "Dedicated", "scaleSettings": scale}
    properties = {"computeType": "AmlCompute", "provisioningState": "Succeeded", "properties": inner}
    workspace, now = _workspace(service), service.clock.now()
    made = Resource(f"c{len(workspace.computes)}", now, now, properties, {}, {"nodes": Nodes()})
    workspace.computes[made.name] = made
    return made


def _workspace(service: Service) -> Workspace:
    return next(iter(service.state.workspaces.values()))


def _sent(answer: Answer) -> bytes:
    return b"".join(answer.pieces(1000))


def test_nodes_come_for_a_job_and_are_given_back_when_idle_for_long_enough(tmp_path: Path) -> None:
    service = _service(tmp_path)
    cluster, busy = _cluster(service), [0]
    service.node_users.append(lambda _workspace, _name: busy[0])
    nodes: Nodes = cluster.more["nodes"]

    def look(jobs: int, later: float) -> dict[str, int]:
        busy[0] = jobs
        service.clock.skew += timedelta(seconds=later)
        nodes.settle(service, _workspace(service), cluster)
        return {name.removesuffix("NodeCount"): count for name, count in nodes.counts.items() if count}

    assert look(0, 0) == {}
    assert look(2, 1) == {"running": 2}
    assert look(0, 60) == {"idle": 2}
    assert look(0, 119) == {"idle": 2}, "not yet idle for two minutes"
    assert look(0, 2) == {}
    assert look(9, 1) == {"running": 4}, "no more than its maximum"


def test_a_node_takes_its_time(tmp_path: Path) -> None:
    service = _service(tmp_path, delays={"node": 30.0})
    cluster = _cluster(service, least=2)
    nodes: Nodes = cluster.more["nodes"]
    nodes.settle(service, _workspace(service), cluster)
    assert nodes.counts["preparingNodeCount"] == 2
    service.clock.skew += timedelta(seconds=31)
    nodes.settle(service, _workspace(service), cluster)
    assert (nodes.counts["preparingNodeCount"], nodes.counts["idleNodeCount"]) == (0, 2)


def test_clusters_share_the_cores_of_their_family(tmp_path: Path) -> None:
    service = _service(tmp_path)
    service.part(Quotas).families[family_of("Standard_DS3_v2")] = 12
    clusters = [_cluster(service, least=2), _cluster(service, least=2)]
    for each in clusters:
        each.more["nodes"].settle(service, _workspace(service), each)
    first, second = (each.more["nodes"] for each in clusters)
    assert (first.current, second.current) == (2, 1), "four cores a node"
    assert second.errors[0]["error"]["code"] == "ClusterCoreQuotaReached"
    assert "Current in use: 8" in second.errors[0]["error"]["message"]
    assert used_cores(service, "westus") == {"standardDSv2Family": 12}


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(0, 300)), max_size=30), st.integers(0, 2), st.integers(2, 4))
def test_counts_are_never_negative_and_stay_within_the_limits(
    tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[int, float]], least: int, most: int
) -> None:
    service = _service(tmp_path_factory.mktemp("nodes"), delays={"node": 10.0})
    cluster, busy = _cluster(service, least=least, most=most), [0]
    service.node_users.append(lambda _workspace, _name: busy[0])
    nodes: Nodes = cluster.more["nodes"]
    for jobs, later in looks:
        busy[0] = jobs
        service.clock.skew += timedelta(seconds=later)
        nodes.settle(service, _workspace(service), cluster)
        counts = nodes.counts
        assert min(counts.values()) >= 0
        assert least <= nodes.target <= most
        assert counts["runningNodeCount"] + counts["idleNodeCount"] + counts["leavingNodeCount"] == nodes.current


@pytest.mark.parametrize(
    ("duration", "seconds"), [("PT2M", 120), ("PT1M40S", 100), ("P1DT1H", 90000), ("PT0.5S", 0.5), ("nonsense", 120)]
)
def test_durations_are_read(duration: str, seconds: float) -> None:
    assert seconds_of(duration) == seconds


def test_families_are_named_as_people_see_them() -> None:
    named = {name: family_of(name) for name in ("Standard_NC4as_T4_v3", "Standard_NC24rs_v3", "Standard_D4s_v3")}
    assert list(named.values()) == ["standardNCASv3_T4Family", "standardNCSv3Family", "standardDSv3Family"]
    assert family_of("Standard_NC24ads_A100_v4") == "standardNCADSA100v4Family"
    assert family_of("Standard_ND96amsr_A100_v4") == "standardNDAMSv4_A100Family"
    assert len(all_sizes()) > 300


async def _nothing(_service: Service, _call: Call) -> Answer:
    return Answer()


def test_routes_match_in_any_case_and_keep_the_case_of_names() -> None:
    table = Routes()
    table.add("GET", "arm", "{ws}/computes/{name}", _nothing)
    table.add("*", "blob", "/{container}/{name*}", _nothing)
    path = (
        "/SUBSCRIPTIONS/s/resourcegroups/G/providers/microsoft.machinelearningservices/workspaces/W/Computes/Big%20One"
    )
    found = table.find("HEAD", "arm", path)
    assert found is not None, "HEAD is answered as GET"
    assert found[1] == {"subscription": "s", "group": "G", "workspace": "W", "name": "Big One"}
    blob = table.find("PATCH", "blob", "/c/a/b/c.txt")
    assert blob is not None
    assert blob[1] == {"container": "c", "name": "a/b/c.txt"}
    assert table.find("PUT", "arm", path) is None
    assert table.find("GET", "arm", f"{path}/nodes") is None


def test_no_route_hides_another() -> None:
    """Where two templates match the same address the first answers; one that is written twice is a mistake."""
    seen: dict[tuple[str, str, str], str] = {}
    for route in joined():
        key = (route.method, route.plane, route.template.lower())
        assert key not in seen, f"{key} is answered twice"
        seen[key] = route.template


@pytest.mark.parametrize(
    ("host", "plane"),
    [
        ("management.azure.com", "arm"),
        ("WESTUS.api.azureml.ms", "api"),
        ("sta.blob.core.chinacloudapi.cn", "blob"),
        ("login.microsoftonline.us", "login"),
        ("e.westus.inference.ml.azure.com", "score"),
        ("management.azure.com.example.org", None),
        ("example.org", None),
    ],
)
def test_hosts_are_known_by_their_whole_name(host: str, plane: str | None) -> None:
    assert plane_of(host) == plane


@given(st.integers(0, 40), st.integers(1, 7))
def test_pages_hold_everything_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, count: int, size: int
) -> None:
    service = _service(tmp_path_factory.mktemp("pages"), page=size)
    query, found, pages = {"api-version": "1", "$orderBy": "createdtime desc"}, [], 0
    while True:
        call = Call("GET", "management.azure.com", "/things", query=query)
        page = page_of(service, call, range(count), lambda number: {"name": number})
        found += [each["name"] for each in page["value"]]
        pages += 1
        if "nextLink" not in page:
            break
        query = dict(parse_qsl(urlsplit(page["nextLink"]).query))
        assert query["$orderBy"] == "createdtime desc"
    assert found == list(range(count))
    assert pages == max(1, -(-count // size))


def test_a_token_of_a_page_that_is_none_begins_at_the_beginning() -> None:
    assert [read_token(each) for each in ("", "nonsense", "H4sIAAAA")] == [0, 0, 0]


@given(st.integers(0, 2900), st.sampled_from("abcXYZ019-_"))
def test_a_signed_address_with_any_letter_changed_is_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, letter: str
) -> None:
    service = _service(tmp_path_factory.mktemp("signed"))
    url = operations.signed(service, "/subscriptions/s/operations/1", {"api-version": "2023-08-01", "service": "new"})
    query = urlsplit(url).query
    changed = query[:place] + letter + query[place + 1 :]
    call = Call("GET", "management.azure.com", urlsplit(url).path, query_string=changed)
    assert operations.genuine(call) == (changed == query)


def test_a_tokens_end_and_signature_are_checked(tmp_path: Path) -> None:
    service = _service(tmp_path)
    made = tokens.issue(service, "https://management.azure.com", TENANT, APPLICATIONS[CLIENT], CLIENT)
    call = Call("GET", "management.azure.com", "/subscriptions", headers={"authorization": f"Bearer {made}"})
    assert tokens.claims_of(service, call)["appid"] == CLIENT
    forged = Call("GET", call.host, call.path, headers={"authorization": f"Bearer {made[:-4]}AAAA"})
    with pytest.raises(tokens.TokenError, match="invalid"):
        tokens.claims_of(service, forged)
    service.clock.skew = timedelta(days=2)
    with pytest.raises(tokens.TokenError, match="earlier than current UTC time"):
        tokens.claims_of(service, call)


def test_a_token_for_storage_opens_no_workspace(tmp_path: Path) -> None:
    service = _service(tmp_path)
    made = tokens.issue(service, "https://storage.azure.com", TENANT, APPLICATIONS[CLIENT], CLIENT)
    call = Call("GET", "management.azure.com", "/subscriptions", headers={"authorization": f"Bearer {made}"})
    refused = tokens.refusal(service, call)
    assert refused is not None
    assert refused.status == 401
    assert b"InvalidAuthenticationTokenAudience" in _sent(refused)


def test_times_are_written_as_the_service_does() -> None:
    assert stamp(datetime(2026, 3, 27, 4, 2, 13, 910600, tzinfo=UTC)) == "2026-03-27T04:02:13.9106+00:00"
    assert stamp(datetime(2026, 3, 27, 4, 2, 13, tzinfo=UTC)) == "2026-03-27T04:02:13+00:00"
    assert ticks(datetime(2024, 12, 18, 9, 4, 9, 649678, tzinfo=UTC)) == 638701094496496780


def test_the_log_forgets_the_oldest_and_keeps_the_numbers() -> None:
    log = RequestLog(most=3)
    for number in range(5):
        log.append(Seen(datetime(2026, 1, 1, tzinfo=UTC), "GET", "h", f"/{number}", "", 200))
    paths = {after: [each.path for each in log.after(after)] for after in (0, 3, 4, 9)}
    assert paths == {0: ["/2", "/3", "/4"], 3: ["/3", "/4"], 4: ["/4"], 9: []}


def test_the_three_kinds_of_bodies_are_told_apart() -> None:
    assert (_sent(Answer(body=None)), _sent(Answer(body=NOTHING))) == (b"null", b"")
    assert _sent(Answer(body=b"\x00")) == b"\x00"
