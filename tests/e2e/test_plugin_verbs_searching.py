"""What `rankzero plugins search` prints of many plugins."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.plugin_index import plugin_wheel
from tests.helpers.program import Program


def test_names_beyond_the_first_twenty_are_told(program: Program, tmp_path: Path) -> None:
    for number in range(22):
        plugin_wheel(tmp_path / "house", f"rankzero-p{number:02}")
    asked = ("plugins", "search", "--wheelhouse", str(tmp_path / "house"))
    done = program(*asked)
    assert len([each for each in done.out.splitlines() if each.startswith("rankzero-p")]) == 20
    assert "And 2 more: rankzero-p20, rankzero-p21." in done.out + done.err
    said = program(*asked, "--json").json
    assert (len(said["found"]), said["more"], said["complaints"]) == (20, ["rankzero-p20", "rankzero-p21"], [])
