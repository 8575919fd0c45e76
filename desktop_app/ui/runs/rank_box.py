"""The box above a run's logs: one picks a rank there, or types several. Thousands of them cost what a few cost."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import QComboBox, QListView

_MEASURED = 64
"""Entries that are measured one by one to learn how wide the box is; of more, the longest one's letters count."""
_LETTERS = 10
"""What is typed needs a little more room than what is chosen."""


class RankBox(QComboBox):
    """Holds numbers of logs with what they are called. Its list is one of texts, handed over to Qt as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: list[int] = []
        self._places: dict[int, int] = {}
        self._names = QStringListModel(self)
        self.setModel(self._names)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(16)
        self.setCompleter(None)  # type: ignore[arg-type]  # "1" shall not become "Rank 10"
        view = self.view()
        assert isinstance(view, QListView)
        view.setUniformItemSizes(True)  # else each of thousands is measured before the first is seen
        self.fill((), ())

    def fill(self, numbers: Sequence[int], names: Sequence[str]) -> None:
        """Offer these, without telling."""
        before = self.blockSignals(True)
        self._numbers = list(numbers)
        self._places = {each: place for place, each in enumerate(self._numbers)}
        many = len(names) > _MEASURED
        policy = QComboBox.SizeAdjustPolicy
        self.setSizeAdjustPolicy(policy.AdjustToMinimumContentsLengthWithIcon if many else policy.AdjustToContents)
        self.setMinimumContentsLength(max(_LETTERS, max(map(len, names)) if many else 0))
        self._names.setStringList(list(names))
        self.blockSignals(before)

    @property
    def number(self) -> int | None:
        """What is chosen; None where there is nothing."""
        place = self.currentIndex()
        return self._numbers[place] if 0 <= place < len(self._numbers) else None

    def choose(self, number: int) -> None:
        """Choose one, without telling; the first where there is no such."""
        before = self.blockSignals(True)
        self.setCurrentIndex(self._places.get(number, 0))
        self.blockSignals(before)
