"""Every plugin that ships with the program keeps the contract that any other plugin is asked to keep."""

from __future__ import annotations

from desktop_app.api.testing import PluginContract
from desktop_app.places import shipped

BUNDLED = shipped("plugins")


class TestFailures(PluginContract):
    folder = BUNDLED / "failures"


class TestHorovod(PluginContract):
    folder = BUNDLED / "horovod"


class TestPytorch(PluginContract):
    folder = BUNDLED / "pytorch"


class TestRay(PluginContract):
    folder = BUNDLED / "ray"


class TestSdkV1(PluginContract):
    folder = BUNDLED / "sdk_v1"


class TestSweeps(PluginContract):
    folder = BUNDLED / "sweeps"


class TestTensorflow(PluginContract):
    folder = BUNDLED / "tensorflow"


def test_none_is_forgotten() -> None:
    told = {each.folder for each in PluginContract.__subclasses__() if each.__module__ == __name__}
    assert told == {each.parent for each in BUNDLED.glob("*/plugin.toml")}
