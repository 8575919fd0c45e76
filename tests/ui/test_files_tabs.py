"""The tabs of open files: their names are read at any width, and the shown one is seen whole."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop_app.ui.files.open_tabs import OpenTabs
from tests.ui.conftest import settle

LONG = "a-name-that-is-far-too-long-for-any-tab.yml"


def tabs_of(names: list[str], width: int) -> OpenTabs:
    made = OpenTabs()
    for each in names:
        made.addTab(each)
    made.resize(width, made.sizeHint().height())
    made.show()
    settle()
    return made


def test_many_names_are_read_and_the_shown_one_is_seen_whole(qtbot: QtBot) -> None:
    names = [f"command-job-{number:02}.yml" for number in range(10)]
    made = tabs_of(names, 500)
    qtbot.addWidget(made)
    for index in (9, 0, 5):
        made.setCurrentIndex(index)
        settle()
        room, tab = made.rect(), made.tabRect(index)
        assert room.contains(tab), (index, tab)
        for each, name in enumerate(names):
            assert made.tabRect(each).width() > made.fontMetrics().horizontalAdvance(name)


def test_a_long_name_is_shortened_where_there_is_no_room_and_only_there(qtbot: QtBot) -> None:
    made = tabs_of([LONG, "job.yml", LONG], 400)
    qtbot.addWidget(made)
    letters = made.fontMetrics().horizontalAdvance(LONG[:17])
    whole = made.fontMetrics().horizontalAdvance(LONG)
    assert letters < made.tabRect(0).width() < whole
    made.resize(2000, made.height())
    settle()
    assert made.tabRect(0).width() > whole
