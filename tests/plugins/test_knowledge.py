"""Every bundled file of knowledge: its form, and each signature's own log diagnosed to just that signature."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from desktop_app.api.kit.knowledge_files import read_knowledge
from desktop_app.api.kit.knowledge_match import LONGEST_LINE, compiled
from desktop_app.api.kit.knowledge_needles import needles
from tests.helpers.check_knowledge import main, troubles_in

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FILES = sorted(PLUGINS.glob("*/knowledge/*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_each_signature_is_found_in_its_own_log(path: Path) -> None:
    known = read_knowledge(path)
    assert list(troubles_in(known)) == []
    assert all(known.versions.values()), "the file's version is a date"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_no_expression_hangs_on_a_line_of_its_own_words(path: Path) -> None:
    """A line that begins anew for each match is the worst. Of the process's own time the best of three counts."""
    for signature in read_knowledge(path, with_logs=False).signatures:
        for pattern in (*signature.lines, *signature.unless, *signature.beside, signature.shows):
            for words in needles(pattern):
                line = (words * LONGEST_LINE)[:LONGEST_LINE]
                assert any(seconds_to_search(pattern, line) < MOST_SECONDS for _ in range(3)), (signature.code, pattern)


MOST_SECONDS = 1.0
"""Most take a hundredth of it; the three that hung took 1.6, 2.4 and 6.2."""


def seconds_to_search(pattern: str, line: str) -> float:
    begin = process_time()
    compiled(pattern).search(line)
    return process_time() - begin


def test_no_plugin_uses_a_code_twice() -> None:
    for plugin in {path.parent for path in FILES}:
        codes = [each.code for path in sorted(plugin.glob("*.toml")) for each in read_knowledge(path).signatures]
        assert sorted(codes) == sorted(set(codes)), plugin


def test_the_checker_says_file_code_and_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tmp_path / "good.toml"
    good.write_text(SIGNATURE.format(kind="cause", line="disk is full", more=""), "utf-8")
    assert main([str(good)]) == 0
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SIGNATURE.format(kind="cause", line="disk is empty", more=""), "utf-8")
    assert main([str(wrong)]) == 1
    assert "wrong.toml: disk-full: it is not found in its own log" in capsys.readouterr().out
    later = SIGNATURE.format(kind="cause", line="disk is full", more="").replace("format = 1", "")
    good.write_text(good.read_text("utf-8") + later.replace('"disk-full"', '"disk-later"'), "utf-8")
    assert main([str(good)]) == 1
    assert "disk-later: it is not found in its own log; found: disk-full" in capsys.readouterr().out
    unread = tmp_path / "unread.toml"
    unread.write_text("format = 1\n[[signature]\n", "utf-8")
    assert main([str(unread)]) == 1
    assert "unread.toml can't be read" in capsys.readouterr().out


SIGNATURE = """format = 1

[[signature]]
code = "disk-full"
category = "storage-full"
kind = "{kind}"
lines = ['{line}']
explanation = "The disk is full."
log = '''
epoch 3
the disk is full now
'''
shown = "the disk is full now"
{more}
"""


def test_a_symptom_whose_log_holds_a_cause_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "symptom.toml"
    path.write_text(SIGNATURE.format(kind="symptom", line="disk is full", more=""), "utf-8")
    assert main([str(path)]) == 0
    raised = 'Traceback (most recent call last):\n  File "t.py", line 1, in <module>\nKeyError: 3\n'
    path.write_text(path.read_text("utf-8").replace("epoch 3", raised), "utf-8")
    assert main([str(path)]) == 1
    assert "disk-full: it is a symptom, but its log is diagnosed to uncaught-exception" in capsys.readouterr().out
