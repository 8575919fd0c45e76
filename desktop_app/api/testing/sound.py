"""Whether a plugin loads and keeps what its manifest promises."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

from desktop_app.api.errors import UserError
from desktop_app.api.jobs import Distribution, Job
from desktop_app.api.plans import Host
from desktop_app.api.testing.driving import drive
from desktop_app.api.testing.fakes import fake_host
from desktop_app.api.testing.loading import LoadedPlugin, load_plugin


def assert_plugin_sound(folder: Path) -> None:
    """Assert that a plugin loads, keeps what its manifest promises, and has wizards that can be shown at once."""
    with load_plugin(folder) as plugin:
        promised = plugin.imported.manifest.contributes
        wizards = tuple(each.name for each in plugin.wizards())
        presets = tuple(each.name for each in plugin.call("environment_presets") or ())
        exporters = tuple(each.id for each in plugin.call("onnx_exporters") or ())
        settings = tuple(each.name for each in plugin.settings_form().fields)
        found = (("wizards", wizards), ("environments", presets), ("exporters", exporters), ("settings", settings))
        for kind, real in found:
            assert len(set(real)) == len(real), f"{plugin.id} has two {kind} of one name: {real}"
            assert set(promised[kind]) == set(real), f"plugin.toml promises {kind} {promised[kind]}, not {real}"
        for each in plugin.wizards():
            with contextlib.suppress(UserError):  # before its first answer, there may be no job that it could make
                drive(each, complete=False)
        _call_with_samples(plugin)


def _call_with_samples(plugin: LoadedPlugin) -> None:
    job = Job("python train.py", environment="azureml:some-environment@latest")
    host = fake_host()
    plugin.call("launch_plan", job=job, host=host)
    for kind in plugin.imported.manifest.contributes["launches"]:
        _assert_launches(plugin, dataclasses.replace(job, distribution=Distribution(kind, 1)), host)
    plugin.call("check_job", job=job)
    plugin.call("check_environment", environment="azureml:some-environment@latest", job=job)
    plugin.scan("import os\nprint(os.environ)\n")


def _assert_launches(plugin: LoadedPlugin, job: Job, host: Host) -> None:
    kind = job.distribution.type if job.distribution else ""
    try:
        found = plugin.call("launch_plan", job=job, host=host)
    except UserError:  # of this machine, which lacks what the job needs
        return
    assert found is not None, f"plugin.toml promises to launch {kind}, and launch_plan says None to it"
