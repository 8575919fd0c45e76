"""Curves as pictures, drawn by pyqtgraph in the theme's colours. Imported when a tab with curves is first shown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.api import OutsideError
from desktop_app.core.rank_words import RankName
from desktop_app.presenters.metrics import (
    FEW,
    NAMELESS,
    Curve,
    Plot,
    Style,
    as_csv,
    called,
    last_values,
    short_number,
    smoothed,
    styles,
    thinned,
)
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, sized_font, text_sizes, theme_manager
from desktop_app.ui.widgets import ElidedLabel, label

Format = Callable[[float], str]
Looks = Callable[[Plot, Mapping[int, RankName]], dict[int | None, Style]]


class Axis(pg.AxisItem):  # type: ignore[misc] # pyqtgraph carries no types
    """An axis whose ticks are written as a person would."""

    def __init__(self, orientation: str, form: Format, name: str = "") -> None:
        super().__init__(orientation)
        self._form, self._name = form, name
        self.setStyle(tickLength=0, autoExpandTextSpace=True, maxTickLevel=0)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's
        """Called by pyqtgraph for what is written at the ticks."""
        texts = [self._form(each * scale) for each in values]
        return [f"{self._name} {texts[0]}", *texts[1:]] if self._name and texts else texts

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - likewise
        """Called by pyqtgraph for a logarithmic axis."""
        return [self._form(10.0 ** float(each)) for each in values]


class PlotView(QFrame):
    """One plot: its name, its last value, the curves, and what lies under the mouse."""

    failed = Signal(object)

    def __init__(  # noqa: PLR0913 - all but the name are optional keywords
        self,
        name: str,
        *,
        form: Format = short_number,
        x_form: Format = short_number,
        x_name: str = "",
        unit: float = 1.0,
        looks: Looks = styles,
        unread: int | None = None,
    ) -> None:
        """Draw the plot `name`; `looks` says how, and the curve `unread` is not in the read-out."""
        super().__init__()
        self.name, self.names = name, NAMELESS
        self._looks, self._unread = looks, unread
        self._form, self._x_form, self._x_name, self._unit = form, x_form, x_name, unit
        self._plot: Plot | None = None
        self._items: dict[int | None, Any] = {}
        self._drawn: dict[int | None, tuple[int, Style]] = {}
        self._curves: dict[int | None, Curve] = {}
        self._log, self._smooth = False, 0.0
        self.heading = label(name, "strong")
        self.value = ElidedLabel("", "muted")
        self.legend = QLabel()
        self.readout = ElidedLabel("", "muted")
        self.graph = pg.PlotWidget(
            viewBox=pg.ViewBox(enableMenu=False),
            axisItems={"left": Axis("left", form), "bottom": Axis("bottom", x_form, x_name)},
        )
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._build()
        theme_manager().changed.connect(self.restyle)
        self.restyle()

    def show_plot(self, plot: Plot, *, log: bool, smooth: float) -> None:
        """Draw the curves as they are now; only those that grew are drawn anew."""
        log = log and plot.can_be_log
        if (log, smooth) != (self._log, self._smooth):
            self._log, self._smooth = log, smooth
            self._drawn.clear()
            self.graph.setLogMode(x=False, y=log)
        self._plot, self._curves = plot, plot.curves
        for gone in self._items.keys() - plot.curves.keys():
            self.graph.removeItem(self._items.pop(gone))
            self._drawn.pop(gone, None)
        looks = self._looks(plot, self.names)
        for rank, curve in plot.curves.items():
            self._draw(curve, looks[rank])
        self._show_legend(looks)
        self.value.setText(self._last(plot) if self._unread is None else "")
        self.setAccessibleDescription(f"{plot.name}: {self.value.text()}")

    def restyle(self) -> None:
        """Take the theme's colours."""
        theme = theme_manager().theme
        self.graph.setBackground(QColor(theme.surface))
        font = QFont(sized_font(text_sizes().small))
        for side in ("left", "bottom"):
            axis = self.graph.getAxis(side)
            axis.setPen(pg.mkPen(QColor(theme.hairline)))
            axis.setTextPen(pg.mkPen(QColor(theme.muted)))
            axis.setTickFont(font)
        grid = QColor(theme.hairline)
        self.graph.getAxis("left").setTickPen(pg.mkPen(grid))
        self._cursor.setPen(pg.mkPen(QColor(theme.border_strong), style=Qt.PenStyle.DashLine))
        self._drawn.clear()
        for item in self._items.values():
            self.graph.removeItem(item)
        self._items.clear()
        if self._plot is not None:
            self.show_plot(self._plot, log=self._log, smooth=self._smooth)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt: the read-out goes when the mouse leaves."""
        if event.type() == QEvent.Type.Leave:
            self._cursor.hide()
            self.readout.setText("")
        return False

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt for a right click and the menu key."""
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    def menu(self) -> QMenu:
        """Return what can be done with the plot."""
        menu = QMenu(self)
        menu.addAction(icon("mdi6.content-copy"), self.tr("&Copy values as CSV"), self.copy_values)
        menu.addAction(icon("mdi6.image-outline"), self.tr("&Save as picture…"), self._ask_picture)
        return menu

    def copy_values(self) -> None:
        """Put every value on the clipboard, as a table that spreadsheets read."""
        if self._plot is not None:
            QGuiApplication.clipboard().setText(as_csv(self._plot, self._x_name or self.tr("seconds"), self.names))

    def save_picture(self, path: str) -> bool:
        """Save the plot as it is seen; return whether that went well."""
        self._cursor.hide()
        self.readout.setText("")
        return self.grab().save(path)

    def _ask_picture(self) -> None:
        dialog = QFileDialog(self, self.tr("Save the plot of {}").format(self.name), str(Path.home()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("Pictures (*.png)"))
        dialog.setDefaultSuffix("png")
        dialog.selectFile(re.sub(r"[^\w.-]+", "-", self.name) + ".png")
        dialog.fileSelected.connect(self._save_picture)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save_picture(self, path: str) -> None:
        if not self.save_picture(path):
            hint = self.tr("Is the folder there, and may you write into it?")
            self.failed.emit(OutsideError(self.tr("{} can't be written.").format(path), hint=hint))

    def _draw(self, curve: Curve, style: Style) -> None:
        if self._drawn.get(curve.rank) == (len(curve.x), style):
            return
        self._drawn[curve.rank] = (len(curve.x), style)
        y = smoothed(curve.y, self._smooth) if self._smooth else curve.y
        xs, ys = thinned(curve.x, y)
        item = self._items.get(curve.rank)
        color = QColor(self._color(style.role))
        if item is None:
            item = pg.PlotDataItem(antialias=True, connect="finite")
            item.setLogMode(False, self._log)
            self._items[curve.rank] = item
            self.graph.addItem(item)
        many = (len(self._curves) > FEW and not style.in_front) or (
            curve.rank is not None and curve.rank == self._unread
        )
        item.setPen(pg.mkPen(color, width=1.0 if many else 1.8))
        item.setZValue(1 if style.in_front else 0)
        dots = len(xs) == 1 or style.dots
        if style.dots:
            item.setPen(None)
        item.setData(
            np.array(xs), np.array(ys) / self._unit, symbol="o" if dots else None, symbolSize=6,
            symbolBrush=color, symbolPen=None,
        )  # fmt: skip

    def _last(self, plot: Plot) -> str:
        values = [each.last for each in plot.curves.values() if each.last is not None and math.isfinite(each.last)]
        if not values:
            return last_values(plot)
        values = [each / self._unit for each in values]
        low, high = min(values), max(values)
        return self._form(low) if low == high else self.tr("{} to {}").format(self._form(low), self._form(high))

    def _color(self, role: str) -> str:
        """Return the colour of a role; of many curves that are drawn as one, a paler one."""
        theme = theme_manager().theme
        return theme.tint(role, 0.62) if self._unread is not None and role == "muted" else theme.color(role)

    def _show_legend(self, looks: dict[int | None, Style]) -> None:
        """Name the curves: by rank while they are few, else the one that stands out and the others."""
        names: dict[str, str] = {}
        ranked = ((rank, look) for rank, look in looks.items() if rank is not None)
        for rank, look in sorted(ranked, key=lambda pair: (not pair[1].in_front, pair[0])):
            names.setdefault(look.role, look.name or called(rank, self.names))
        parts = [f'<span style="color:{self._color(role)}">━</span> {name}' for role, name in names.items()]
        text = "&nbsp;&nbsp; ".join(parts) if len(looks) > 1 else ""
        if text != self.legend.text():
            self.legend.setText(text)

    def _moved(self, at: QPointF) -> None:
        view = self.graph.getPlotItem().vb
        if not QRectF(view.sceneBoundingRect()).contains(at):
            return
        x = view.mapSceneToView(at).x()
        nearest = self._nearest(x)
        if nearest is None:
            return
        place, values = nearest
        self._cursor.setPos(place)
        self._cursor.show()
        ranked = [(rank, value) for rank, value in values if rank is not None]
        shown = [f"{called(rank, self.names)}: {self._form(value)}" for rank, value in ranked[:4]]
        more = self.tr("and {} more").format(len(ranked) - 4) if len(ranked) > 4 else ""
        alone = [self._form(value) for rank, value in values if rank is None]
        parts = [f"{self._x_name} {self._x_form(place)}".strip(), *alone, *shown, more]
        self.readout.setText(" · ".join(each for each in parts if each))

    def _nearest(self, x: float) -> tuple[float, list[tuple[int | None, float]]] | None:
        found, place = [], None
        for rank, curve in sorted(self._curves.items(), key=lambda pair: -1 if pair[0] is None else pair[0]):
            if not curve.x or (rank is not None and rank == self._unread):
                continue
            xs = np.frombuffer(curve.x)
            index = int(np.abs(xs - x).argmin())
            place = float(xs[index]) if place is None else place
            found.append((rank, curve.y[index] / self._unit))
            del xs  # an array that is looked into can't grow
        return None if place is None else (place, found)

    def _build(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        top = QHBoxLayout()
        top.setSpacing(Space.S)
        top.addWidget(self.heading)
        self.value.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        top.addWidget(self.value)
        top.addWidget(self.readout, 1)
        top.addWidget(self.legend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(top)
        column.addWidget(self.graph, 1)
        graph, item = self.graph, self.graph.getPlotItem()
        for side in ("left", "bottom"):
            graph.getAxis(side).setZValue(-1000)  # the grid belongs behind the curves
        graph.setMinimumHeight(150)
        graph.setFrameShape(QFrame.Shape.NoFrame)
        graph.setAccessibleName(self.tr("Plot of {}").format(self.name))
        graph.setMouseEnabled(x=False, y=False)
        graph.setMenuEnabled(False)
        item.ctrlMenu.setParent(graph, item.ctrlMenu.windowFlags())  # pyqtgraph makes it all the same; it goes with us
        graph.hideButtons()
        graph.showGrid(x=False, y=True, alpha=1.0)
        graph.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for each in (graph, graph.viewport()):
            each.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # this frame has one
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("role", "plot")
        self.setAccessibleName(self.name)
        graph.viewport().installEventFilter(self)
        graph.scene().sigMouseMoved.connect(self._moved)
        item.vb.setDefaultPadding(0.02)
        item.layout.setContentsMargins(0, 0, Space.S, 0)
        graph.addItem(self._cursor, ignoreBounds=True)
        self._cursor.hide()


class PlotGrid(QWidget):
    """Plots in columns, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        from PySide6.QtWidgets import QGridLayout

        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
        self._grid.setHorizontalSpacing(Space.XL)
        self._grid.setVerticalSpacing(Space.L)
        self._views: list[PlotView] = []
        self._columns = 0

    def add(self, view: PlotView) -> None:
        """Show one more plot."""
        self._views.append(view)
        self._arrange(force=True)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self, *, force: bool = False) -> None:
        least = 24 * self.fontMetrics().averageCharWidth() + 200
        columns = max(1, min(3, self.width() // least, max(1, len(self._views))))
        if len(self._views) <= 4:
            columns = min(columns, 2)
        if columns == self._columns and not force:
            return
        self._columns = columns
        for index, view in enumerate(self._views):
            self._grid.addWidget(view, index // columns, index % columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
