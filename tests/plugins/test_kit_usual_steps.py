"""The pages that wizards share: a plugin's own come first, the usual ones follow."""

from pathlib import Path

from desktop_app.api import FormSpec
from desktop_app.api.kit import JobKind, pages
from desktop_app.api.testing import fake_context
from plugins.pytorch.environments import PRESETS

KIND = JobKind("pytorch", PRESETS, frameworks=("pytorch",), module="torch", suffix="ring")
RANKS = pages.step("Ranks", "How many", FormSpec(()), [], shows_topology=True)


def test_the_usual_pages_follow_a_plugins_own(tmp_path: Path) -> None:
    found = pages.usual_steps({}, fake_context(tmp_path), KIND, [RANKS], "Eight ranks")
    assert [each.name for each in found] == ["ranks", "environment", "data", "review"]
    assert [each.shows_topology for each in found] == [True, False, False, False]
    assert found[-1].summary == "Eight ranks"
    assert found[1].form.fields[0].name == "environment"


def test_a_plugins_own_environment_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    own = pages.environment_step(FormSpec(()), [])
    found = pages.usual_steps({}, fake_context(tmp_path), KIND, [RANKS, own], "")
    assert [each.name for each in found] == ["ranks", "environment", "data", "review"]
    assert found[1] is own
