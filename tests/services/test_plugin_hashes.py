"""Files of an installed plugin that were edited, removed or added by hand are noticed."""

import os
import sys
from pathlib import Path

import pytest

from desktop_app.services.plugins.installing.keeping.hashes import FILES, changed, record_files


@pytest.fixture
def generation(tmp_path: Path) -> Path:
    """Return the folder of an installed plugin whose files are recorded."""
    package = tmp_path / "lib" / "acme"
    package.mkdir(parents=True)
    (package / "hooks.py").write_text("A = 1\n")
    (package / "plugin.toml").write_text("x\n")
    (tmp_path / "lib" / "needed.py").write_text("")
    assert record_files(tmp_path) == 8
    return tmp_path


def edit(path: Path, text: str, *, keep_time: bool = False) -> None:
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + (0 if keep_time else 1_000_000_000)))


def test_nothing_changed(generation: Path) -> None:
    assert changed(generation) == changed(generation, thorough=True) == ()


def test_what_was_edited_removed_or_added_is_named(generation: Path) -> None:
    edit(generation / "lib" / "acme" / "hooks.py", "A = 2\n")
    (generation / "lib" / "needed.py").unlink()
    (generation / "lib" / "acme" / "extra.py").write_text("")
    (generation / "lib" / "elsewhere").symlink_to(generation)
    assert changed(generation) == ("acme/extra.py", "acme/hooks.py", "elsewhere", "needed.py")


def test_a_file_that_was_only_copied_is_the_same(generation: Path) -> None:
    edit(generation / "lib" / "acme" / "hooks.py", "A = 1\n")
    assert changed(generation) == ()


def test_who_hides_an_edit_is_seen_by_a_thorough_look(generation: Path) -> None:
    edit(generation / "lib" / "acme" / "hooks.py", "A = 2\n", keep_time=True)
    assert changed(generation) == ()
    assert changed(generation, thorough=True) == ("acme/hooks.py",)


def test_what_python_compiled_is_no_change_and_compiled_code_without_a_source_is(generation: Path) -> None:
    for folder in ("acme", "."):
        (generation / "lib" / folder / "__pycache__").mkdir()
    (generation / "lib" / "acme" / "__pycache__" / "hooks.cpython-311.pyc").write_bytes(b"")
    (generation / "lib" / "__pycache__" / "needed.cpython-311.opt-1.pyc").write_bytes(b"")
    (generation / "lib" / "acme" / "__pycache__" / "hooks.cpython-311.pyc.140172").write_bytes(b"")
    assert changed(generation) == ()
    (generation / "lib" / "acme" / "__pycache__" / "other.cpython-311.pyc").write_bytes(b"")
    assert changed(generation) == ("acme/__pycache__/other.cpython-311.pyc",)


def test_links_to_folders_can_be_accepted_and_are_not_followed(generation: Path) -> None:
    link = generation / "lib" / "elsewhere"
    link.symlink_to(generation / "lib")
    record_files(generation)
    assert changed(generation, thorough=True) == ()
    link.unlink()
    link.symlink_to(generation)
    assert changed(generation, thorough=True) == ("elsewhere",)
    link.unlink()
    link.symlink_to("gone")
    assert changed(generation) == ("elsewhere",)


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes in folders")
def test_a_pipe_is_not_waited_for(generation: Path) -> None:
    empty = generation / "lib" / "needed.py"
    empty.unlink()
    os.mkfifo(empty)
    assert changed(generation, thorough=True) == ("needed.py",)
    record_files(generation)
    assert changed(generation, thorough=True) == ()


def test_changes_can_be_accepted(generation: Path) -> None:
    edit(generation / "lib" / "acme" / "hooks.py", "A = 22\n")
    assert record_files(generation) == 9
    assert changed(generation, thorough=True) == ()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"files": 3}', '{"files": {"a": 1}}', '{"files": {"a": ["x"]}}', "\0"]
)
def test_a_damaged_list_is_itself_a_change(generation: Path, content: str) -> None:
    (generation / FILES).write_text(content)
    assert changed(generation) == (FILES,)
    (generation / FILES).unlink()
    assert changed(generation) == (FILES,)


def test_a_plugin_that_is_gone_lacks_all_its_files(generation: Path) -> None:
    (generation / "lib").rename(generation / "gone")
    assert changed(generation) == ("acme/hooks.py", "acme/plugin.toml", "needed.py")
