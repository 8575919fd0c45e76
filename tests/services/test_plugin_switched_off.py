"""Who is switched off is kept whole, though two programs switch at once."""

from __future__ import annotations

from desktop_app.places import Places
from desktop_app.services.plugins.switched_off import DISABLED, switch, switched_off
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_hosts import plugin_hosts


def test_what_another_program_switched_off_meanwhile_stays_off(places: Places) -> None:
    for each in ("alpha", "beta", "gamma"):
        write_plugin(places.plugins, each)
    with plugin_hosts(places) as make:
        one, other = make(), make()
        one.disable("alpha")
        other.disable("beta")
        one.disable("gamma")
        other.enable("alpha")
    assert switched_off(Settings(places.settings)) == {"beta", "gamma"}


def test_a_switch_of_several_touches_no_other(places: Places) -> None:
    mine, theirs = Settings(places.settings), Settings(places.settings)
    switch(theirs, {"alpha": True, "beta": True})
    switch(mine, {"gamma": True, "beta": False})
    assert switched_off(Settings(places.settings)) == {"alpha", "gamma"}
    switch(theirs, {"alpha": False, "gamma": False})
    assert Settings(places.settings).get(DISABLED, "unset") == "unset"


def test_a_switch_that_changes_nothing_writes_nothing(places: Places) -> None:
    settings = Settings(places.settings)
    switch(settings, {"alpha": False})
    assert not places.settings.exists()


def test_what_is_no_list_of_ids_switches_nothing_off(places: Places) -> None:
    settings = Settings(places.settings)
    settings.set(DISABLED, {"alpha": True})
    assert switched_off(settings) == frozenset()
    settings.set(DISABLED, ["alpha", 3])
    assert switched_off(settings) == {"alpha"}
