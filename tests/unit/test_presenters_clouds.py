"""What the window says of clouds, word for word where a person acts on it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import (
    Artifact,
    Asset,
    Compute,
    Headroom,
    Job,
    OutsideError,
    Quota,
    Resources,
    RunSnapshot,
    RunStatus,
    Severity,
    SignInMethod,
    SignInReport,
    SignInStep,
    SizeOffer,
    SubmissionPlan,
    Topology,
    UserError,
    Waiting,
    Workspace,
)
from desktop_app.presenters.clouds import assets, compute, connect, outbox, places, reviewing, run_files, workspaces
from desktop_app.presenters.clouds.places import Known, Standing
from desktop_app.services import readiness
from tests.helpers.snapshots import snapshot

SUBSCRIPTION = "12345678-1234-1234-1234-123456789abc"
EAST = Workspace("ml", SUBSCRIPTION, "research", location="eastus")
WEST = Workspace("ml", SUBSCRIPTION, "vision")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
SIZE = SizeOffer("Standard_NC24s_v3", "NCSv3", 24, 448, 4, "V100", price=12.24, currency="USD")


class ToldFault(OutsideError):  # noqa: N818 - as CloudFault
    def __init__(self, kind: str) -> None:
        super().__init__("No answer.", hint="Wait.")
        self.kind, self.code = kind, ""


# ----- places


@pytest.mark.parametrize(
    ("kind", "standing"),
    [
        ("offline", Standing.OFFLINE), ("timeout", Standing.OFFLINE), ("throttled", Standing.OFFLINE),
        ("signed-out", Standing.SIGNED_OUT), ("forbidden", Standing.REFUSED), ("clock", Standing.REFUSED),
    ],
)  # fmt: skip
def test_a_fault_says_how_a_workspace_stands(kind: str, standing: Standing) -> None:
    assert places.after(ToldFault(kind)).standing is standing
    assert places.after(None).standing is Standing.SIGNED_IN


def test_who_is_signed_in_to_another_tenant_is_not_signed_out() -> None:
    fault = ToldFault("signed-out")
    assert places.after(fault).wants_sign_in
    fault.code = "InvalidAuthenticationTokenTenant"
    assert places.after(fault).standing is Standing.ELSEWHERE
    assert places.after(fault).wants_sign_in
    assert not places.after(ToldFault("offline")).wants_sign_in


def test_a_fault_about_what_was_asked_for_says_nothing_of_the_workspace() -> None:
    assert places.says_nothing(ToldFault("not-found"))
    assert places.says_nothing(UserError("That is no name."))
    assert not places.says_nothing(ToldFault("offline"))


def test_two_workspaces_of_one_name_say_their_group() -> None:
    found = places.places([("local", "This machine"), ("azureml", "Azure ML")], [EAST, WEST], {}, "local")
    assert [each.text for each in found] == [
        "This machine", "ml (research) – not checked yet", "ml (vision) – not checked yet",
    ]  # fmt: skip
    assert [each.chosen for each in found] == [True, False, False]
    assert places.backend_of(found[1].key) == "azureml"


def test_every_standing_has_an_icon_a_word_and_a_colour() -> None:
    assert len({places.looks(each)[0] for each in Standing}) == len(Standing)
    assert all(each.value for each in Standing)
    assert places.offer_text(EAST, Path("/home/ada/digits")) == "Connect ml (config.json in digits)"


# ----- connecting


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("subscription", SUBSCRIPTION, "12345678"),
        ("group", "rg_1.(x)-y", "ends-in."),
        ("name", "ml-east_1", "-ml"),
        ("name", "abc", "ab"),
    ],
)
def test_a_field_is_checked_before_anything_is_asked(field: str, good: str, bad: str) -> None:
    assert connect.complaint(field, f" {good} ") == ""
    assert connect.complaint(field, bad)
    assert connect.complaint(field, " ").startswith("Needed")


@given(st.text(max_size=40), st.sampled_from(sorted(connect.FIELDS)))
def test_whatever_is_typed_is_answered(text: str, field: str) -> None:
    said = connect.complaint(field, text)
    assert said == "" or said.endswith((".", ")."))


def test_each_way_to_sign_in_has_words() -> None:
    assert {each.method for each in connect.WAYS} == set(SignInMethod)
    assert connect.WAYS[0].method is SignInMethod.AUTOMATIC, "who is not sure takes the first one"
    assert connect.way_of(SignInMethod.BROWSER).title == "In the browser"


def test_a_report_names_each_step() -> None:
    steps = (SignInStep("azure-cli", False, "Not installed.", "Install it."), SignInStep("kept", True, "Ada."))
    assert [(each.title, each.word) for each in connect.step_rows(steps)] == [
        ("As the Azure CLI", "did not work"), ("Signed in before", "worked"),
    ]  # fmt: skip
    assert connect.step_rows([SignInStep("new-way", False)])[0].title == "New way"
    assert connect.asked_row(None, EAST).said == "It answers in eastus."
    assert connect.asked_row(UserError("Gone.", hint="Look."), EAST).hint == "Look."
    assert connect.signed_in(SignInReport("ada", kept_in="the keyring")) == "Signed in as ada. Kept in the keyring."


def test_why_nobody_is_signed_in_comes_first() -> None:
    """A wrong secret, or no network: what is at fault is the headline, not what follows from it."""
    lacks = SignInStep("kept", False, "Nobody signed in before.", "Sign in.")
    wrong = SignInStep("service-principal", False, "The secret is wrong.", "Give its value.")
    offline = SignInStep("environment", False, "The proxy can't be reached.")
    cli = SignInStep("azure-cli", False, "Not installed.", "Install it.")
    assert connect.nobody(SignInReport(steps=(wrong,))) == ("The secret is wrong.", "Give its value.")
    assert connect.nobody(SignInReport(steps=(lacks, offline)))[0] == "The proxy can't be reached."
    assert connect.nobody(SignInReport(steps=(lacks, cli)))[0] == "Nobody is signed in."
    assert connect.nobody(SignInReport())[0] == "Nobody is signed in."


def test_a_sign_in_that_ends_with_the_program_is_told() -> None:
    assert connect.lasting(SignInReport("ada", kept_in="KWallet")) == ""
    assert "no keyring" in connect.lasting(SignInReport("ada", kept_in="memory only, as this system has no keyring"))


def test_what_is_known_of_a_workspace_besides_its_fields_stays() -> None:
    shown = dataclasses.replace(EAST, tenant="t", client="app")
    values = {"name": EAST.name, "subscription": EAST.subscription, "group": EAST.group}
    browser = SignInMethod.BROWSER
    found = connect.workspace_of(values, "AzureCloud", shown, browser)
    assert (found.tenant, found.client, found.sign_in) == ("t", "app", browser)
    assert connect.workspace_of({**values, "client_id": "new"}, "AzureCloud", shown, browser).client == "new"
    other = connect.workspace_of({**values, "subscription": "s-2"}, "AzureCloud", shown, browser)
    assert (other.tenant, other.client) == ("", "")


# ----- compute


def cluster(**changes: object) -> Compute:
    plain = Compute("gpu", "AmlCompute", "Succeeded", "STANDARD_NC24S_V3", maximum=4, idle_seconds=120)
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def test_a_cluster_at_rest_costs_nothing_and_says_so() -> None:
    (row,) = compute.rows([cluster()])
    assert row.cells == ("gpu", "Ready", "none", "Standard_NC24s_v3", "0 to 4", "2 min", "dedicated")


@pytest.mark.parametrize(
    ("changes", "nodes"),
    [
        ({"current": 3, "target": 3, "nodes": {"running": 2, "idle": 1, "leaving": 0}}, "2 running, 1 idle"),
        ({"current": 1, "target": 4, "nodes": {"preparing": 1}}, "1 preparing → 4"),
        ({"current": 2, "target": 2}, "2"),
        ({"current": 1, "target": 1, "nodes": {"unusableNode": 1}}, "1 unusable node"),
    ],
)
def test_nodes_are_counted_by_what_they_do(changes: dict[str, object], nodes: str) -> None:
    assert compute.nodes_text(cluster(**changes)) == nodes


@pytest.mark.parametrize(
    ("changes", "role"),
    [
        ({"state": "Failed"}, "failed"), ({"state": "Creating"}, "preparing"), ({"errors": ("No quota.",)}, "canceled"),
        ({"state": "Stopped"}, "waiting"), ({}, "completed"),
    ],
)  # fmt: skip
def test_a_state_has_its_colour_and_icon(changes: dict[str, object], role: str) -> None:
    (row,) = compute.rows([cluster(**changes)])
    assert row.role == role
    assert row.icon.startswith("mdi6.")


def test_a_new_cluster_is_checked() -> None:
    assert compute.name_complaint("gpu-cluster", []) == ""
    assert "already" in compute.name_complaint("GPU", ["gpu"])
    for bad in ("", "ab", "1gpu", "g_pu", "x" * 25, "gpu-cluster-2"):
        assert "letters" in compute.name_complaint(bad, []), bad
    assert compute.free_name([]) == "gpu-cluster"
    assert compute.free_name(["gpu-cluster", "GPU-cluster2"]) == "gpu-cluster3"
    assert compute.nodes_complaint(0, 4) == ""
    assert compute.nodes_complaint(5, 4)
    assert compute.nodes_complaint(0, 0)
    assert "cost" in compute.cost_note(2, 120)


def test_a_size_says_its_gpus_price_and_end() -> None:
    assert compute.size_text(SIZE) == "Standard_NC24s_v3 – 4 × V100, 24 cores"
    assert compute.size_note(SIZE, TODAY) == ("448 GiB of memory, no InfiniBand, about 12.24 USD an hour and node.")
    gone = dataclasses.replace(SIZE, retired_on="2025-09-30", successors=("Standard_NC40ads_H100_v5",))
    assert compute.retirement(gone, TODAY) == (
        "Standard_NC24s_v3 was retired on 2025-09-30. Take Standard_NC40ads_H100_v5 instead."
    )
    soon = dataclasses.replace(SIZE, retired_on="2027-03-31")
    assert compute.retirement(soon, TODAY) == "Standard_NC24s_v3 will be retired on 2027-03-31."
    plain = SizeOffer("Standard_DS3_v2", vcpus=4)
    assert compute.ordered([plain, gone, SIZE], TODAY) == [SIZE, gone, plain]
    large = dataclasses.replace(SIZE, name="Standard_A0", vcpus=SIZE.vcpus + 12)
    assert compute.ordered([large, SIZE], TODAY) == [SIZE, large], "the smaller one is offered first"


def test_quota_shows_the_fullest_first() -> None:
    many = [Quota(f"Family {number}", 0, 100) for number in range(20)]
    found = compute.bars([*many, Quota("Full", 24, 24), Quota("None", 0, 0)])
    assert (found[0].title, found[0].part, found[0].tight) == ("Full", 1.0, True)
    assert compute.more_bars([*many, Quota("Full", 24, 24)]) == 21 - len(found)
    assert compute.room_text(Headroom("S", "F", 6, 4, 4)) == ("success", "4 nodes fit into the quota: 24 cores of F.")
    assert compute.room_text(Headroom("S", "F", 12, 4, 2))[1] == "2 of 4 nodes fit into the quota of F."


def test_nodes_that_are_there_have_their_place_in_the_quota() -> None:
    fits, short = Headroom("S", "F", 4, 3, 3), Headroom("S", "F", 4, 3, 0, "No node fits.")
    assert compute.room_beside(1)(fits) == (
        "success", "1 node is there already. More of them: 3 nodes fit into the quota: 12 cores of F."
    )  # fmt: skip
    assert compute.room_beside(2)(short) == ("warning", "2 nodes are there already. More of them: No node fits.")
    assert compute.room_beside(0)(short) == ("warning", "No node fits.")


# ----- the outbox


def held(**changes: object) -> Waiting:
    plain = Waiting("azureml://s/g/w/r", "r", "w", "digits", NOW, files=3, size=14_000)
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def test_the_status_bar_says_what_waits() -> None:
    assert outbox.status_text([]) == ""
    assert outbox.status_text([held()]) == "1 job being sent"
    away, refused = held(tries=1, reason="No network.", next_try=NOW), held(tries=1, reason="There is no such compute.")
    assert outbox.status_text([away, held()]) == "Offline: 1 job waiting to be sent, 1 job being sent"
    assert outbox.status_text([refused]) == "1 job refused"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "now"), ({"reason": "You may not submit."}, "–"), ({"next_try": NOW + timedelta(seconds=40)}, "in 40 s"),
        ({"next_try": NOW + timedelta(seconds=300)}, "in 5 min"), ({"next_try": NOW - timedelta(seconds=1)}, "now"),
    ],
)  # fmt: skip
def test_the_next_try_is_said(changes: dict[str, object], said: str) -> None:
    assert outbox.next_try(held(**changes), NOW) == said
    assert outbox.cells(held(**changes), NOW)[2] == "3 files, 14 kB"


# ----- reviewing


def plan(backend: str = "azureml", nodes: int = 2, target: str = "azureml:gpu") -> SubmissionPlan:
    return SubmissionPlan(backend, Job(command="x", compute=target, resources=Resources()), "", Topology(nodes, 1), ())


def test_a_review_says_where_it_goes_and_where_else_it_could() -> None:
    here, other = reviewing.goings(plan("local"), "ml-east")
    assert (here.text, other and other.text) == ("&Run here", "&Submit to ml-east…")
    here, other = reviewing.goings(plan(), "ml-east")
    assert (here.text, other and other.backend) == ("&Submit to ml-east", "local")
    assert reviewing.goings(plan("local"), "")[1] is None


@pytest.mark.parametrize(
    ("found", "code", "severity"),
    [
        (None, "no-such-compute", Severity.WARNING),
        (cluster(state="Deleting"), "compute-state", Severity.ERROR),
        (cluster(maximum=1), "too-many-nodes", Severity.WARNING),
        (cluster(), "compute", Severity.INFO),
    ],
)
def test_the_compute_target_is_looked_at(found: Compute | None, code: str, severity: Severity) -> None:
    said = reviewing.on_compute(plan(), found, "ml-east")
    assert (said.code, said.severity) == (code, severity)


def test_idle_nodes_start_at_once() -> None:
    ready = cluster(current=2, target=2, nodes={"idle": 2})
    assert "starts at once" in reviewing.on_compute(plan(), ready, "ml").message
    assert readiness.find_compute(plan(target="azureml:GPU"), [ready]) is ready


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ({"running": 4}, "4 running, of 0 to 4; it waits until 2 nodes are free."),
        ({"running": 2, "idle": 1}, "nodes are started for it, which takes some minutes."),
        ({"running": 3, "idle": 1}, "it waits until a node is free."),
        ({"running": 2, "idle": 2}, "it starts at once."),
    ],
)
def test_where_no_more_nodes_are_allowed_it_waits_for_those_that_work(nodes: dict[str, int], said: str) -> None:
    there = sum(nodes.values())
    full = cluster(current=there, target=there, nodes=nodes, maximum=4)
    assert reviewing.on_compute(plan(), full, "ml").message.endswith(said)


def test_of_a_compute_instance_no_nodes_are_told() -> None:
    one = dataclasses.replace(cluster(), kind="ComputeInstance", state="Running")
    assert reviewing.on_compute(plan(nodes=1), one, "ml").message.endswith("; running.")


# ----- what a run made, workspaces, assets


def test_files_become_a_tree_with_sums() -> None:
    nodes = run_files.tree([
        Artifact("user_logs/a.txt", 1), Artifact("outputs/b/c.bin", 2), Artifact("outputs/a.txt", 3),
        Artifact("x", None),
    ])  # fmt: skip
    assert [(each.name, each.size) for each in nodes] == [("outputs", 5), ("user_logs", 1), ("x", None)]
    assert [each.name for each in run_files.children(nodes[0])] == ["b", "a.txt"]


@given(st.lists(st.text("ab/", min_size=1, max_size=8)))
def test_whatever_the_service_lists_makes_a_tree(paths: list[str]) -> None:
    run_files.tree([Artifact(each, 1) for each in paths])


def test_a_run_knows_its_workspace_and_its_model() -> None:
    run = dataclasses.replace(
        snapshot("r-1"), handle=f"azureml://{EAST.key}/digits-1", run="digits-1", backend="azureml"
    )
    assert run_files.workspace_key(run.handle) == EAST.key
    assert run_files.where(run) == "ml"
    assert run_files.is_cloud(run)
    assert run_files.new_model(run, "m", "outputs/m", "custom_model").path == "digits-1:outputs/m"
    assert run_files.suggested_name(dataclasses.replace(run, display_name="Digits, DDP!")) == "Digits-DDP"
    assert run_files.name_complaint("-x")


def test_the_list_of_workspaces_says_region_way_and_reason() -> None:
    china = dataclasses.replace(WEST, cloud="AzureChinaCloud", sign_in=SignInMethod.SERVICE_PRINCIPAL)
    known = {china.key: Known(Standing.REFUSED, UserError("No.", hint="Ask."))}
    first, second = workspaces.rows([EAST, china], known, {"AzureChinaCloud": "Azure in China"})
    assert first.cells == ("ml", "not checked yet", "research", "eastus", SUBSCRIPTION, "Automatically")
    assert second.cells[3:] == ("Azure in China", SUBSCRIPTION, "As an application")
    assert second.tip == "No. Ask."


def test_assets_are_newest_first_and_named_after_their_files() -> None:
    old, new = Asset("model", "a", "1", created=NOW - timedelta(days=1)), Asset("model", "b", "1", created=NOW)
    assert assets.order([Asset("model", "z", "1"), old, new]) == [new, old, Asset("model", "z", "1")]
    assert assets.name_for("/home/ada/resnet 50.pt") == "resnet-50"
    assert assets.name_for("https://example.org/data/") == "data"
    assert assets.type_for("data", "/x", is_folder=True) == "uri_folder"
    assert assets.type_for("data", "https://x/y.csv", is_folder=False) == "uri_file"


# ----- a run of a workspace


def cloud_run(status: RunStatus, **facts: object) -> RunSnapshot:
    made = dataclasses.replace(snapshot("r", status), handle=f"azureml://{EAST.key}/r", backend="azureml", created=NOW)
    return dataclasses.replace(made, **facts)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("run", "never"),
    [
        (cloud_run(RunStatus.NOT_STARTED), True),
        (cloud_run(RunStatus.CANCELED, started=None, ended=NOW), True),
        (cloud_run(RunStatus.CANCELED, started=None, ended=NOW + timedelta(seconds=5)), False),
        (cloud_run(RunStatus.QUEUED), False),
        (snapshot("local", RunStatus.NOT_STARTED), False),
    ],
)
def test_a_run_that_its_workspace_never_saw(run: RunSnapshot, never: bool) -> None:
    assert run_files.was_never_sent(run) == never


def test_a_run_that_is_seen_again_is_told_once() -> None:
    unknown, seen = cloud_run(RunStatus.UNKNOWN), cloud_run(RunStatus.RUNNING)
    assert run_files.seen_again(unknown, seen) == "ml answers again. The run is Running."
    assert run_files.seen_again(seen, seen) == ""
    assert run_files.seen_again(unknown, unknown) == ""
    assert run_files.seen_again(None, seen) == ""
    assert run_files.seen_again(dataclasses.replace(unknown, handle="azureml://other"), seen) == ""
