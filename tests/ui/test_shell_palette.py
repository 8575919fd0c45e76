"""The command palette: everything by a few letters and the keyboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.api import RunStatus
from desktop_app.presenters.palette import Entry, search
from desktop_app.presenters.palette_words import KEYWORDS
from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.palette import MatchModel, Palette, pieces
from desktop_app.ui.runs.page import RunsPage
from tests.helpers.snapshots import snapshot
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.runs_bench import quiet
from tests.ui.windows import Windows, stand_in, until

ENTRIES = [Entry("a", "New job", shortcut="Ctrl+N"), Entry("b", "Open folder"), Entry("c", "Open file")]


def opened() -> Palette:
    """Return the palette that is open."""
    return next(each for each in QApplication.topLevelWidgets() if isinstance(each, Palette) and each.isVisible())


def over(window: QWidget, taken: list[Entry]) -> Palette:
    made = Palette(window, ENTRIES, [], taken.append)
    made.open_over(window)
    return made


def test_the_model_keeps_qts_rules() -> None:
    model = MatchModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.show(search(ENTRIES, ""))
    model.show(search(ENTRIES, "open"))
    assert model.rowCount() == 2
    assert model.data(model.index(5)) is None
    tester.deleteLater()


def test_letters_are_marked_in_runs() -> None:
    assert pieces("Open", (0, 1)) == [("Op", True), ("en", False)]
    assert pieces("Open", ()) == [("Open", False)]


async def test_keys_move_choose_and_close(windows: Windows) -> None:
    taken: list[Entry] = []
    palette = over(await windows.open(), taken)
    QTest.keyClicks(palette.field, "open")
    assert palette.list.currentIndex().data() == "Open file"
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert [each.key for each in taken] == ["b"]
    assert not palette.isVisible()
    other = over(windows.opened[0], taken)
    QTest.keyClick(other.field, Qt.Key.Key_Up)
    assert other.list.currentIndex().row() == 2
    QTest.keyClick(other.field, Qt.Key.Key_Escape)
    assert not other.isVisible()
    assert len(taken) == 1


async def test_a_click_chooses(windows: Windows) -> None:
    taken: list[Entry] = []
    palette = over(await windows.open(), taken)
    place = palette.list.visualRect(palette.model.index(1)).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [each.key for each in taken] == ["b"]


async def test_nothing_found_is_said(windows: Windows) -> None:
    palette = over(await windows.open(), [])
    palette.field.setText("qqq")
    assert palette._nothing.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.isVisible()
    palette.close()


async def test_it_is_sound(windows: Windows) -> None:
    palette = over(await windows.open(), [])
    settle()
    assert_sound(palette)
    palette.close()


async def test_it_offers_the_samples_by_their_titles(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    window.open_palette()
    palette = opened()
    QTest.keyClicks(palette.field, "sample horovod torch")
    assert palette.list.currentIndex().data() == "Sample: Horovod with PyTorch"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    job = bench.places.home / "samples" / "digits" / "horovod-pytorch.yml"
    await until(lambda: any(job in each for each in stand_in(window, "files").asked))


async def test_it_offers_actions_recent_files_and_runs(windows: Windows, bench: Workbench, tmp_path: Path) -> None:
    window = await windows.open(bench)
    job = tmp_path / "job.yml"
    job.write_text("command: true\n")
    window.open_path(tmp_path)
    window.open_file(job)
    window.open_file(tmp_path / "deleted.yml")
    bench.store.update([snapshot("r-1", RunStatus.FAILED)])
    window.open_palette()
    titles = [each.title for each in opened()._entries]
    assert "New job" in titles
    assert "Command palette" not in titles
    assert {"job.yml", tmp_path.name, "run r-1"} <= set(titles)
    assert "deleted.yml" not in titles
    opened().close()


async def test_it_offers_the_files_of_the_open_folder(windows: Windows, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("job.yml", "src/train.py", "README.md"):
        (tmp_path / name).write_text("x\n")
    window = await windows.open(bench)
    window.open_path(tmp_path)
    window.open_palette()
    palette = opened()
    QTest.keyClicks(palette.field, "src/tra")
    await until(lambda: palette.model.rowCount() == 1)
    assert palette.model.index(0).data() == "train.py"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    files = stand_in(window, "files")
    assert files.asked[-1] == ("open_file", tmp_path / "src" / "train.py", None)


async def test_files_that_arrive_late_leave_the_choice_alone(windows: Windows) -> None:
    taken: list[Entry] = []
    palette = over(await windows.open(), taken)
    QTest.keyClicks(palette.field, "open")
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    palette.add([Entry("open:/a/open.py", "open.py", "file"), ENTRIES[0]])
    assert palette.model.rowCount() == 3
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert [each.key for each in taken] == ["b"]


async def test_the_palette_shows_what_keys_do(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    choose(window, "shortcut")
    shown = {each.title: each.shortcut for each in opened()._entries}
    assert shown["New job"] == "Ctrl+N"
    assert all(shown.values())
    opened().close()


async def test_other_words_belong_to_actions_that_exist(windows: Windows, workbench: Workbench) -> None:
    window = await windows.open()
    window.attach(workbench)
    for name in ("files", "runs"):
        window.show_page(name)
    await quiet()
    assert not set(KEYWORDS) - {each.name for each in window.actions_by_name.commands}
    runs = window.pages.page("runs")
    assert isinstance(runs, RunsPage)
    runs.close_down()


async def test_what_is_chosen_is_done_and_comes_first_next_time(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    bench.store.update([snapshot("r-1")])
    choose(window, "plugins")
    assert window.pages.currentWidget() is window.pages.made("plugins")
    choose(window, "r-1")
    assert stand_in(window, "runs").asked == [("show_run", "local://r-1")]
    window.open_palette()
    assert [opened().model.index(row).data() for row in (0, 1)] == ["run r-1", "Plugins"]
    opened().close()


def choose(window: MainWindow, typed: str) -> None:
    """Type into the palette and press Enter."""
    window.open_palette()
    palette = opened()
    QTest.keyClicks(palette.field, typed)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)


async def test_it_is_as_high_as_what_was_found(windows: Windows) -> None:
    palette = over(await windows.open(), [])
    many = palette.height()
    palette.field.setText("job")
    one = palette.height()
    row = palette.fontMetrics().height() + 12
    assert many - one == 2 * row
    palette.close()
