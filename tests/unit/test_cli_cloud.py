"""The verbs of the cloud over a told one: what they ask for, print and end with."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_app import __main__ as front_door
from desktop_app.api import (
    Asset,
    Compute,
    ComputeSpec,
    Deployment,
    Endpoint,
    Headroom,
    OutsideError,
    Progress,
    Quota,
    SignInPrompt,
    SignInReport,
    SignInStep,
    SizeOffer,
    UserError,
    Waiting,
    Workspace,
)
from desktop_app.cli import in_cloud
from desktop_app.services.cloud_lists import CloudLists
from tests.helpers.fake_cloud import VISION, FakeCloud

CLUSTER = Compute(
    "gpu-cluster", "AmlCompute", "Resizing", "STANDARD_NC4AS_T4_V3", "westus", True, 0, 4, 120, 2, 3,
    {"running": 1, "idle": 1, "preparing": 0}, ("It goes away.",),
)  # fmt: skip
WAITING = Waiting("azureml://s-1/research/vision/digits-7f3k9q", "digits-7f3k9q", "vision", "digits",
                  datetime(2026, 11, 21, 12, tzinfo=UTC), "No network.", 3, 2048, 2)  # fmt: skip


class OfflineError(OutsideError):
    """As the backend says it: with a kind."""

    kind = "offline"


@dataclass
class Verbs:
    """Runs verbs over a told cloud."""

    cloud: FakeCloud
    capsys: pytest.CaptureFixture[str]
    made: list[str] = field(default_factory=list)

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, output and errors."""
        code = front_door.main(words)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str) -> Any:
        """Return the one document of a verb that succeeds."""
        code, out, err = self(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    async def create(self, name: str, _progress: Progress) -> None:
        """Make a toolchain."""
        self.made.append(name)


@pytest.fixture
def verbs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Verbs:
    """The verbs of a person with one workspace."""
    made = Verbs(FakeCloud(), capsys)
    lists = CloudLists(made.cloud, tmp_path / "lists")
    workbench = SimpleNamespace(cloud=made.cloud, lists=lists, toolchains=SimpleNamespace(create=made.create))
    monkeypatch.setattr(in_cloud, "opened", lambda _: workbench)
    return made


def last(verbs: Verbs) -> tuple[Any, ...]:
    """Return what was asked last."""
    return verbs.cloud.asked[-1][1]


def test_a_verb_that_asks_has_the_client_made_and_the_cloud_closed(verbs: Verbs) -> None:
    verbs("compute", "list")
    assert verbs.made == ["azureml"]
    assert verbs.cloud.is_closed
    verbs.made.clear()
    verbs("workspace", "list")
    verbs("outbox", "list")
    assert verbs.made == []


def test_a_fault_closes_the_cloud_too(verbs: Verbs) -> None:
    verbs.cloud.faults["computes"] = OutsideError("The network is gone.", hint="Check it.")
    assert verbs("compute", "list") == (3, "", "error: The network is gone. Check it.\n")
    assert verbs.cloud.is_closed
    code, out, _err = verbs("compute", "list", "--json")
    assert (code, json.loads(out)["error"]["message"]) == (3, "The network is gone.")


@pytest.mark.parametrize(
    ("words", "key", "asked"),
    [
        (("compute", "list"), "computes", "computes"), (("models", "list"), "models", "assets"),
        (("data", "list"), "data", "assets"), (("environments", "list", "--registered"), "environments", "assets"),
        (("environments", "list", "--registry"), "environments", "assets"),
    ],
)  # fmt: skip
def test_offline_a_list_is_what_the_workspace_said_last(
    verbs: Verbs, words: tuple[str, ...], key: str, asked: str
) -> None:
    verbs.cloud.found_computes = [CLUSTER]
    verbs.cloud.found_assets = [Asset("model", "digits", "1")]
    verbs.cloud.faults[asked] = OfflineError("Azure can't be reached.")
    assert verbs(*words)[0] == 3, "nothing is known yet"
    del verbs.cloud.faults[asked]
    now = verbs.json(*words)
    assert now["as_of"] is None
    verbs.cloud.faults[asked] = OfflineError("Azure can't be reached.")
    code, out, err = verbs(*words, "--json")
    assert code == 0
    assert json.loads(out)[key] == now[key]
    assert datetime.fromisoformat(json.loads(out)["as_of"]).tzinfo is not None
    assert err.startswith("warning: Azure can't be reached. This is what vision said at 20")
    assert len(verbs(*words)[1].splitlines()) == 2


def test_all_versions_of_one_are_asked_for_only(verbs: Verbs) -> None:
    verbs.json("models", "list")
    verbs.cloud.faults["assets"] = OfflineError("Azure can't be reached.")
    assert verbs("models", "list", "digits")[0] == 3


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_who_ends_a_verb_is_told_what_goes_on_and_how_to_look(
    verbs: Verbs, signum: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ended(_workspace: Workspace, name: str, progress: Progress) -> None:
        try:
            signal.raise_signal(signum)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            progress(f"Deleting {name} goes on in Azure.", None)
            raise

    monkeypatch.setattr(verbs.cloud, "delete_compute", ended)
    before = signal.getsignal(signum)
    found, out, err = verbs("compute", "delete", "gpu-cluster")
    assert (found, out) == (code, "")
    told = "Deleting gpu-cluster goes on in Azure. `rankzero compute list` shows how far it is."
    assert err.splitlines()[-1].endswith(told)
    assert verbs.cloud.is_closed
    assert signal.getsignal(signum) is before


def test_a_clock_that_is_off_is_told_where_the_workspace_is_looked_at(verbs: Verbs) -> None:
    verbs.cloud.clock = "This computer's clock is 60 minutes ahead of Azure's."
    for words in (("show",), ("add", "config.json"), ("sign-in",)):
        assert f"warning: {verbs.cloud.clock}" in verbs("workspace", *words)[2].splitlines()
    assert verbs.cloud.clock not in verbs("workspace", "list")[2]


def test_which_workspace_is_meant(verbs: Verbs) -> None:
    other = Workspace("speech", "s-2", "g")
    verbs.cloud.known.append(other)
    verbs("compute", "list")
    verbs("compute", "list", "--workspace", "Speech")
    verbs("compute", "list", "--workspace", other.key)
    assert verbs.cloud.asked == [("computes", ("vision",)), ("computes", ("speech",)), ("computes", ("speech",))]
    assert "Did you mean “vision”?" in verbs("compute", "list", "--workspace", "visoin")[2]
    verbs.cloud.known.append(replace(VISION, group="again"))
    assert "Several workspaces are called “vision”" in verbs("compute", "list", "--workspace", "vision")[2]
    verbs.cloud.in_use = None
    assert "No workspace is in use." in verbs("compute", "list")[2]
    verbs.cloud.known.clear()
    verbs.made.clear()
    assert "rankzero workspace add config.json" in verbs("compute", "list")[2]
    assert verbs.made == []


def test_adding_a_workspace(verbs: Verbs) -> None:
    verbs.cloud.known.clear()
    shape = verbs.json("workspace", "add", "config.json", "--tenant", "t-1", "--sign-in", "azure-cli")["workspaces"][0]
    assert (shape["name"], shape["tenant"], shape["sign_in"]) == ("vision", "t-1", "azure-cli")
    assert ("check", ("vision",)) in verbs.cloud.asked
    typed = ("--subscription", "s", "--group", "g", "--name", "n", "--cloud", "AzureChinaCloud", "--no-check")
    assert verbs.json("workspace", "add", *typed)["workspaces"][0]["cloud"] == "AzureChinaCloud"
    assert verbs("workspace", "add", "config.json", "--name", "n")[0] == 2


def test_one_that_can_not_be_asked_is_added_and_one_that_is_refused_is_not(verbs: Verbs) -> None:
    verbs.cloud.known.clear()
    verbs.cloud.faults["check"] = OfflineError("No network.")
    code, _out, err = verbs("workspace", "add")
    assert (code, len(verbs.cloud.known)) == (0, 1)
    assert "vision was added and not looked for: No network." in err
    verbs.cloud.faults["check"] = UserError("There is no such workspace.")
    assert verbs("workspace", "add")[0] == 1
    assert len(verbs.cloud.known) == 1


def test_signing_in(verbs: Verbs) -> None:
    steps = (SignInStep("environment", False, "It is not set.", "Set it."), SignInStep("device-code", True, "Done."))
    verbs.cloud.prompt = SignInPrompt("https://microsoft.com/devicelogin", "ABC")
    verbs.cloud.report = SignInReport("ada@example.com", "t-1", "the keyring", steps)
    code, out, err = verbs("workspace", "sign-in", "--method", "device-code")
    assert (code, out) == (0, "Signed in as ada@example.com. The token is kept in the keyring.\n")
    assert "Open https://microsoft.com/devicelogin and type the code ABC." in err
    assert "✗ environment: It is not set. Set it." in err
    assert ("sign_in", ("vision", "device-code")) in verbs.cloud.asked
    verbs.cloud.report = SignInReport(steps=steps[:1])
    assert verbs("workspace", "sign-in")[0] == 3
    assert verbs.json("workspace", "sign-out") == {"signed_out": VISION.key}


def test_computes_as_a_table(verbs: Verbs) -> None:
    verbs.cloud.found_computes = [CLUSTER, Compute("ci", "ComputeInstance", "Running", "STANDARD_DS3_V2")]
    _code, out, err = verbs("compute", "list")
    cluster, instance = out.splitlines()[1:]
    assert cluster.split("  ")[0] == "gpu-cluster"
    assert "2 → 3 of 0–4: 1 running, 1 idle" in cluster
    assert "AmlCompute, low priority" in cluster
    assert "–" in instance
    assert "gpu-cluster: It goes away." in err
    assert verbs.json("compute", "list")["computes"][0]["nodes"] == {"running": 1, "idle": 1, "preparing": 0}


def test_creating_a_cluster_with_the_articles_defaults(verbs: Verbs) -> None:
    verbs.cloud.room = Headroom("s", "f", 4, 4, 1, "1 node fits.")
    code, _out, err = verbs("compute", "create", "gpu-cluster")
    assert code == 0
    spec = next(arguments[1] for method, arguments in verbs.cloud.asked if method == "create_compute")
    assert spec == ComputeSpec("gpu-cluster", "Standard_NC4as_T4_v3", 0, 4, 120, False)
    assert err.splitlines() == [
        "Creating gpu-cluster",
        "warning: 1 node fits. The others of its 4 nodes won't start until there is quota.",
    ]
    verbs(
        "compute", "create", "x", "--size", "STANDARD_NC6", "--min", "1", "--max", "2", "--idle", "60", "--low-priority"
    )
    assert verbs.cloud.asked[-2][1][1] == ComputeSpec("x", "STANDARD_NC6", 1, 2, 60, True)


def test_scaling_leaves_what_is_not_given(verbs: Verbs) -> None:
    verbs("compute", "scale", "c", "--max", "7")
    assert verbs.cloud.asked[-1] == ("scale_compute", ("vision", "c", None, 7, None))
    assert verbs.json("compute", "delete", "c") == {"deleted": "c"}


def test_sizes_and_quota(verbs: Verbs) -> None:
    verbs.cloud.found_sizes = [
        SizeOffer("Standard_ND", "f", 96, 900, 8, "NVIDIA A100", True, True, 27.2, "USD", "current", as_of="2026-11"),
        SizeOffer("Standard_NC6", "f", 6, 56, 1, "K80", status="retired", retired_on="2023-08-31", successors=("T4",)),
        SizeOffer("Standard_D", "f", 4, 16),
    ]
    _code, out, err = verbs("compute", "sizes", "--gpu")
    assert "8 × NVIDIA A100  yes         27.20 USD  current" in out
    assert "retired 2023-08-31 → T4" in out
    assert "Standard_D " not in out
    assert "as of 2026-11" in err
    verbs.cloud.found_quotas = [Quota("A", 5, 3), Quota("B", 0, 0)]
    assert verbs.json("compute", "quota")["quotas"] == [
        {"family": "A", "used": 5, "limit": 3, "unit": "cores", "left": 0}
    ]
    assert len(verbs.json("compute", "quota", "--all")["quotas"]) == 2


@pytest.mark.parametrize(("verb", "kind"), [("models", "model"), ("data", "data")])
def test_assets(verbs: Verbs, verb: str, kind: str) -> None:
    assert "There are none yet in vision." in verbs(verb, "list")[2]
    verbs.cloud.found_assets = [
        Asset(kind, "digits", "3", "mlflow_model", "azureml://x/paths/a/b", run="run-1"),
        Asset(kind, "other", "1", path="azureml://x/paths/a/b"),
    ]
    lines = verbs(verb, "list", "digits")[1].splitlines()
    assert "run run-1" in lines[1]
    assert lines[2].endswith("a/b")
    assert verbs.cloud.asked[-1] == ("assets", ("vision", kind, "digits", ""))
    shape = verbs.json(verb, "register", "new", "RUN-1:outputs", "--tag", "a=b", "--tag", "c=d=e", "--version", "7")
    assert shape["models" if kind == "model" else "data"][0]["version"] == "7"
    sent: Any = verbs.cloud.asked[-1][1][1]
    assert (sent.path, dict(sent.tags)) == ("RUN-1:outputs", {"a": "b", "c": "d=e"})
    assert verbs(verb, "register", "new", "x", "--tag", "nothing")[0] == 2
    verbs(verb, "download", "digits:3", "there")
    asset, folder = last(verbs)
    assert (asset.name, asset.version, folder) == ("digits", "3", Path("there"))


def test_the_signature_of_datas_address_is_not_shown(verbs: Verbs) -> None:
    address = "https://acc.blob.core.windows.net/c/paths/a.csv?sv=1&sig=c2VjcmV0&se=2"
    verbs.cloud.found_assets = [Asset("data", "digits", "1", "uri_file", address)]
    for words in (("data", "list"), ("data", "list", "--json")):
        _code, out, err = verbs(*words)
        assert "digits" in out
        assert "c2VjcmV0" not in out + err


def test_environments_of_the_cloud(verbs: Verbs, tmp_path: Path) -> None:
    for words, asked in (
        (("--registry",), ("vision", "environment", "", "azureml")),
        (("--registry", "mine", "--versions", "e"), ("vision", "environment", "e", "mine")),
        (("--registered",), ("vision", "environment", "", "")),
    ):
        assert verbs("environments", "list", *words)[0] == 0
        assert verbs.cloud.asked[-1] == ("assets", asked)
    file = tmp_path / "environment.yml"
    file.write_text("name: mine\nimage: x\n")
    verbs("environments", "register", str(file))
    assert verbs.cloud.asked[-1][1][1].name == "mine"
    file.write_text("image: x\n")
    assert "names no environment" in verbs("environments", "register", str(file))[2]


def test_endpoints(verbs: Verbs, tmp_path: Path) -> None:
    verbs.cloud.found_endpoints = [
        Endpoint("e1", "Succeeded", "key", "https://e1/score", (Deployment("d", "Succeeded", "m:1", "DS3", 1, 100),)),
        Endpoint("e2", "Creating"),
    ]
    lines = verbs("endpoints", "list")[1].splitlines()
    assert "1 × DS3" in lines[1]
    assert "100 %" in lines[1]
    assert lines[2].startswith("e2")
    verbs("endpoints", "deploy", "e", "m:1")
    assert verbs.cloud.asked[-1] == ("deploy", ("e", "m:1", "Standard_DS3_v2", 1))
    verbs("endpoints", "deploy", "e", "m:1", "--count", "2")
    assert last(verbs) == ("e", "m:1", "Standard_DS3_v2", 2)
    assert verbs.json("endpoints", "traffic", "e", "a=90", "b=10")["endpoints"][0]["name"] == "e"
    assert last(verbs) == ("e", {"a": 90, "b": 10})
    assert verbs("endpoints", "traffic", "e", "a")[0] == 2
    verbs.cloud.answer = "[1]\x1b[2J"
    body = tmp_path / "body.json"
    body.write_text("\ufeff{}")
    assert verbs("endpoints", "call", "e", str(body))[1].startswith("[1]")
    assert last(verbs) == ("e", "{}")
    assert verbs.json("endpoints", "log", "e") == {"log": "[1]\x1b[2J"}
    assert "can't be read" in verbs("endpoints", "call", "e", str(tmp_path / "none.json"))[2]
    assert verbs("endpoints", "call", "e", str(body), "--data", "{}")[0] == 2
    assert verbs.json("endpoints", "delete", "e") == {"deleted": "e"}


def test_the_outbox(verbs: Verbs) -> None:
    assert "Nothing waits" in verbs("outbox", "list")[2]
    verbs.cloud.found_waiting = [WAITING, replace(WAITING, handle="azureml://s/g/w/other-7f3k9q", run="other-7f3k9q")]
    assert "3 files, 2.0 kB" in verbs("outbox", "list")[1]
    assert verbs.json("outbox", "list")["waiting"][0]["reason"] == "No network."
    assert "fits several" in verbs("outbox", "withdraw", "7f3k9q")[2]
    assert "Did you mean “digits-7f3k9q”?" in verbs("outbox", "send", "digts-7f3k9q")[2]
    assert verbs("outbox", "send")[1].split() == ["digits-7f3k9q", "other-7f3k9q"]
    verbs.cloud.faults["send"] = OutsideError("No network.")
    code, _out, err = verbs("outbox", "send")
    assert code == 3
    assert err.count("still waits") == 2
    assert verbs.json("outbox", "withdraw", "digits-7f3k9q") == {"withdrawn": "digits-7f3k9q", "settled": True}
    assert len(verbs.cloud.found_waiting) == 1


def test_what_was_taken_back_in_doubt_is_no_job_that_was_sent(verbs: Verbs) -> None:
    verbs.cloud.found_waiting = [replace(WAITING, withdrawn=True)]
    assert "Taken back. Azure ML is asked" in verbs("outbox", "list")[1]
    assert verbs("outbox", "send") == (0, "", "digits-7f3k9q is taken back.\n")
    assert verbs.json("outbox", "send") == {"sent": []}
