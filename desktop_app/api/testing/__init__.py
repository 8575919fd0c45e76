"""The test kit for plugin authors: the contract of every plugin as tests, and the means to test one's own.

    from desktop_app.api.testing import PluginContract, drive, load_plugin

    class TestContract(PluginContract):
        pass

    def test_my_plugin():
        with load_plugin(FOLDER) as plugin:
            job = drive(plugin.wizard("ddp"), {"nodes": 2}).job
            assert job.topology.world_size == 8

Everything here raises AssertionError with a sentence that says what is wrong.
"""

from __future__ import annotations

from desktop_app.api._plugins.form_checks import answer_problem, form_problems
from desktop_app.api.testing.contract import PluginContract
from desktop_app.api.testing.driving import Driven, assert_form_sound, drive
from desktop_app.api.testing.fakes import fake_context, fake_host, fake_job, fake_scan
from desktop_app.api.testing.knowledge import knowledge_problems
from desktop_app.api.testing.loading import LoadedPlugin, load_plugin
from desktop_app.api.testing.sound import assert_plugin_sound

__all__ = [
    "Driven",
    "LoadedPlugin",
    "PluginContract",
    "answer_problem",
    "assert_form_sound",
    "assert_plugin_sound",
    "drive",
    "fake_context",
    "fake_host",
    "fake_job",
    "fake_scan",
    "form_problems",
    "knowledge_problems",
    "load_plugin",
]
