"""This machine's facts, the sample's copy, crash reports, catalogues."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.places import Places
from desktop_app.services import crash_reports, samples
from desktop_app.services.catalogues import vm_sizes
from desktop_app.services.crash_reports import report_text, write_report
from desktop_app.services.host import gpu_names, this_host


def test_this_host_has_a_shell_and_cores() -> None:
    host = this_host("/usr/bin/python3")
    assert host.shell
    assert host.cpu_count >= 1
    assert host.python == "/usr/bin/python3"


def test_gpus_are_read_from_what_the_driver_publishes(tmp_path: Path) -> None:
    for bus, text in {"0000:01": "Model: \t\t NVIDIA H200\nIRQ: 1\n", "0000:02": "odd\n"}.items():
        (tmp_path / bus).mkdir()
        (tmp_path / bus / "information").write_text(text)
    (tmp_path / "0000:03").mkdir()
    assert gpu_names(tmp_path) == ("NVIDIA H200", "NVIDIA GPU", "NVIDIA GPU")
    assert gpu_names(tmp_path / "nothing") == ()


def test_the_sample_is_copied_once_and_changes_stay(places: Places) -> None:
    folder = samples.own_copy(places)
    assert folder == places.home / "samples" / "digits"
    job = folder / "job.yml"
    job.write_text("changed: yes\n")
    script = next(folder.rglob("*.py"))
    script.unlink()
    assert samples.own_copy(places) == folder
    assert job.read_text() == "changed: yes\n"
    assert script.exists()


def test_a_sample_that_can_not_be_copied_is_said(places: Places) -> None:
    places.home.mkdir(parents=True)
    (places.home / "samples").write_text("in the way")
    with pytest.raises(OutsideError, match="can't be copied"):
        samples.own_copy(places)


def test_every_sample_has_a_title_and_the_plain_one_is_first() -> None:
    gallery = samples.samples()
    assert gallery[0].name == samples.FIRST
    assert all(each.title != each.name for each in gallery), "one that has no title yet"
    assert samples.find_sample("mpi.yml") == samples.find_sample("mpi")


def test_a_sample_by_its_name(places: Places) -> None:
    assert samples.own_job(places, "mpi") == places.home / "samples" / "digits" / "mpi.yml"
    with pytest.raises(UserError, match="no sample “mpy”") as caught:
        samples.own_job(places, "mpy")
    assert caught.value.hint.startswith("The samples: job, ")


def test_the_catalogue_of_vm_sizes_has_gpus() -> None:
    sizes = {each.name.lower(): each for each in vm_sizes()}
    assert sizes["standard_nc24ads_a100_v4"].gpus == 1
    assert all(each.vcpus > 0 and each.memory_gib > 0 for each in sizes.values())


def test_a_report_holds_the_traceback_and_what_was_done(places: Places) -> None:
    try:
        raise ValueError("a büg")
    except ValueError as error:
        path = write_report(places, error, "opening a file")
    text = path.read_text("utf-8")
    assert "ValueError: a büg" in text
    assert "While: opening a file" in text
    assert "test_small_services.py" in text


def test_the_oldest_reports_go(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash_reports, "KEPT", 3)
    written = [write_report(places, ValueError(str(number))) for number in range(5)]
    assert sorted(places.crashes.iterdir()) == written[2:]


def test_a_report_says_when_and_where() -> None:
    text = report_text(ValueError("x"), datetime(2026, 11, 21, 7, tzinfo=UTC))
    assert "2026-11-21 07:00:00 UTC" in text
    assert "Python 3." in text
