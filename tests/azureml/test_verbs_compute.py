"""`rankzero compute`: a cluster is made, changed and deleted as the articles have it; what can't be is said before."""

from __future__ import annotations

import signal
from pathlib import Path

from desktop_app.places import Places
from tests.helpers.cloud_verbs import cloud_program
from tests.helpers.emulators import Emulator, running_emulator
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until


def test_a_cluster_lives_its_life(verbs: Program) -> None:
    made = verbs("compute", "create", "gpu-cluster", "--json")
    assert made.code == 0, made.err
    (cluster,) = made.json["computes"]
    usual = {"minimum": 0, "maximum": 4, "idle_seconds": 120, "state": "Succeeded", "low_priority": False}
    assert {name: cluster[name] for name in usual} == usual
    assert cluster["vm_size"].lower() == "standard_nc4as_t4_v3"
    assert made.err.splitlines()[-1] == "Creating gpu-cluster"
    changed = verbs("compute", "scale", "gpu-cluster", "--max", "8", "--idle", "300", "--json").json["computes"][0]
    assert (changed["minimum"], changed["maximum"], changed["idle_seconds"]) == (0, 8, 300)
    listed = verbs("compute", "list")
    assert "gpu-cluster  Succeeded  STANDARD_NC4AS_T4_V3  0 of 0–8  5 min" in listed.out
    assert verbs("compute", "delete", "gpu-cluster", "--json").json == {"deleted": "gpu-cluster"}
    assert verbs("compute", "list", "--json").json["computes"] == []


def test_low_priority(verbs: Program) -> None:
    made = verbs("compute", "create", "cheap", "--low-priority", "--min", "0", "--max", "2", "--json")
    assert made.code == 0, made.err
    assert made.json["computes"][0]["low_priority"] is True
    assert "low priority" in verbs("compute", "list").out
    verbs("compute", "delete", "cheap")


def test_what_can_be_known_before_is_said_before(verbs: Program, emulator: Emulator) -> None:
    before = len(emulator.log())
    for arguments, words in (
        (("1x",), "beginning with a letter"),
        (("train-1",), "not ending in a dash and digits"),
        (("gpu", "--min", "5"), "is above the most, 4"),
        (("gpu", "--max", "0"), "at least 1"),
        (("gpu", "--idle", "0"), "at least 1 second"),
    ):
        said = verbs("compute", "create", *arguments)
        assert said.code == 1, arguments
        assert words in said.err
    assert not [each for each in emulator.log()[before:] if each["method"] == "PUT"]


def test_a_size_that_is_misspelt(verbs: Program) -> None:
    said = verbs("compute", "create", "gpu", "--size", "Standard_NC4as_T4_v33")
    assert said.code == 1
    assert "Did you mean Standard_NC4as_T4_v3?" in said.err


def test_the_articles_size_is_told_to_be_retired(verbs: Program) -> None:
    said = verbs("compute", "create", "old", "--size", "STANDARD_NC6")
    assert "Standard_NC6 is retired since 2023-08-31" in said.err
    assert "Take Standard_NC4as_T4_v3 instead." in said.err
    verbs("compute", "delete", "old")


def test_a_name_that_is_taken(verbs: Program) -> None:
    verbs("compute", "create", "taken")
    said = verbs("compute", "create", "taken")
    assert said.code == 1
    assert "has a compute “taken” already: a cluster of STANDARD_NC4AS_T4_V3" in said.err
    verbs("compute", "delete", "taken")


def test_one_that_is_not_there(verbs: Program) -> None:
    for verb in (("scale", "nope", "--max", "2"), ("delete", "nope")):
        said = verbs("compute", *verb)
        assert said.code == 1
        assert "has no compute “nope”" in said.err


def test_quota_decides_before_anything_is_made(verbs: Program, emulator: Emulator) -> None:
    family = next(
        each["family"] for each in verbs("compute", "sizes", "--json").json["sizes"]
        if each["name"] == "Standard_NC24ads_A100_v4"
    )  # fmt: skip
    emulator.control("quotas", {"family": family, "cores": 20})
    said = verbs("compute", "create", "big", "--size", "Standard_NC24ads_A100_v4")
    assert said.code == 1
    assert "1 × Standard_NC24ads_A100_v4 takes 24 cores, and 20 of 20 are left in" in said.err
    assert "no node fits" in said.err
    emulator.control("quotas", {"family": family, "cores": 60})
    warned = verbs("compute", "create", "big", "--size", "Standard_NC24ads_A100_v4")
    assert warned.code == 0
    assert "4 × Standard_NC24ads_A100_v4 take 96 cores, and 60 of 60 are left" in warned.err
    assert "2 nodes fit" in warned.err
    verbs("compute", "delete", "big")


def test_quota_and_sizes_are_listed(verbs: Program) -> None:
    quotas = verbs("compute", "quota", "--json").json["quotas"]
    assert quotas[0]["family"] == "All sizes together"
    assert all(each["left"] == each["limit"] - each["used"] for each in quotas)
    sizes = verbs("compute", "sizes", "--gpu", "--json").json["sizes"]
    assert all(each["gpus"] for each in sizes)
    assert next(each for each in sizes if each["name"] == "Standard_ND96asr_v4")["infiniband"] is True


def test_ctrl_c_stops_waiting_and_says_what_goes_on(no_orphans: Places, azureml_python: Path, tmp_path: Path) -> None:
    with (
        running_emulator(tmp_path / "slow", "--delay", "compute=120") as emulator,
        cloud_program(no_orphans, emulator, azureml_python, tmp_path) as verbs,
    ):
        verbs("workspace", "add", emulator.config, "--no-check")
        process = verbs.start("compute", "create", "slow")

        def polled() -> bool:
            return any("computeOperationsStatus" in each["path"] for each in emulator.log())

        wait_until(polled, timeout=90, what="the first poll")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert err.decode().splitlines()[-1].startswith("Interrupted. Creating slow goes on in Azure.")
