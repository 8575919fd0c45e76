"""The graph view: a file is opened, looked at, searched and compared, by mouse and keys, in any size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.api import OutsideError, Progress
from desktop_app.ui.models.graph.canvas import GraphCanvas
from desktop_app.ui.models.graph.view import GraphView
from desktop_app.ui.theme import theme_manager
from tests.helpers import onnx_files as make
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle


@pytest.fixture
async def view(dressed_app: QApplication) -> AsyncIterator[GraphView]:
    made = GraphView()
    made.resize(900, 600)
    made.show()
    yield made
    made.close_down()
    made.close()
    made.deleteLater()


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    """A model of twelve layers of thirty nodes each."""
    return written(tmp_path, make.chain(360, layers=12))


def written(folder: Path, data: bytes, name: str = "model.onnx") -> Path:
    """Write a model into a file."""
    (folder / name).write_bytes(data)
    return folder / name


async def until_shown(view: GraphView, begin: Callable[[], object]) -> None:
    """Begin something and wait until it is to be seen, and all that was begun is done."""
    shown = asyncio.Event()
    connection = view.shown.connect(shown.set)
    begin()
    await asyncio.wait_for(shown.wait(), 60)
    view.shown.disconnect(connection)
    await until_idle(view)


async def until_idle(view: GraphView) -> None:
    """Wait for what the view does."""
    if view._task is not None:
        await asyncio.wait([view._task], timeout=60)
    settle()


async def opened(view: GraphView, path: Path) -> None:
    """Open a file."""
    await until_shown(view, lambda: view.open_path(path))


def until_painted(canvas: GraphCanvas) -> None:
    """Paint until there is nothing left to paint."""
    for _ in range(100):
        canvas.grab()
        if not canvas.is_late:
            return
    raise AssertionError("there is always something left to paint")


def module(view: GraphView, title: str) -> int:
    """Return a module's item."""
    assert view.graph is not None
    items = view.graph.items
    return items.item(next(at for at, each in enumerate(items.outline.groups) if each.title == title))


def place_of(canvas: GraphCanvas, item: int, *, inside: tuple[float, float] = (0.5, 0.5)) -> QPoint:
    """Return where on the canvas an item is."""
    assert canvas.index is not None
    box = canvas.index.scene.boxes[item]
    point = QPointF(box.x + box.width * inside[0], box.y + box.height * inside[1])
    return ((point - canvas.corner) * canvas.scale).toPoint()


async def test_a_model_is_opened_with_its_modules_closed(view: GraphView, layers: Path) -> None:
    assert not view.search_field.isEnabled()
    await opened(view, layers)
    index = view.canvas.index
    assert index is not None
    assert len(index.scene.boxes) == 12 + 1 + 2
    assert view.summary.text().startswith("360 nodes · ")
    assert view.details.heading.text() == "The model"
    assert "opset" in view.summary.text()
    assert not view.canvas.grab().isNull()


async def test_a_module_is_opened_and_closed_where_it_is(view: GraphView, layers: Path) -> None:
    await opened(view, layers)
    item = module(view, "layer.2")
    view.canvas.go_to(item)
    settle()
    before = place_of(view.canvas, item, inside=(0.5, 0))
    await until_shown(
        view,
        lambda: QTest.mouseClick(
            view.canvas, Qt.MouseButton.LeftButton, pos=place_of(view.canvas, item, inside=(0.04, 0.5))
        ),
    )
    assert view.canvas.index is not None
    assert view.canvas.index.scene.boxes[item].is_frame
    assert len(view.canvas.index.scene.boxes) == 12 + 1 + 2 + 30
    assert (place_of(view.canvas, item, inside=(0.5, 0)) - before).manhattanLength() <= 2
    assert view.details.heading.text() == "net.layer.2"
    await until_shown(view, lambda: QTest.keyClick(view.canvas, Qt.Key.Key_Return))
    assert not view.canvas.index.scene.boxes[item].is_frame


async def test_keys_follow_the_edges_zoom_and_fit(view: GraphView, layers: Path) -> None:
    await opened(view, layers)
    canvas = view.canvas
    canvas.pick(module(view, "layer.0"))
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.item == module(view, "layer.1")
    assert canvas.accessibleDescription().startswith("layer.1, 30 nodes")
    QTest.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.item == module(view, "layer.0")
    scale = canvas.scale
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.scale > scale
    QTest.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.index is not None
    assert canvas.index.scene.height * canvas.scale <= canvas.height() + 1
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.item == -1
    corner = QPointF(canvas.corner)
    canvas.zoom(4)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.corner != corner


async def test_the_wheel_zooms_around_the_mouse_and_dragging_pans(view: GraphView, layers: Path) -> None:
    await opened(view, layers)
    canvas = view.canvas
    mouse = QPointF(200, 150)
    fixed = canvas.corner + mouse / canvas.scale
    turn = QWheelEvent(
        mouse, canvas.mapToGlobal(mouse), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, turn)
    assert (canvas.corner + mouse / canvas.scale - fixed).manhattanLength() < 1e-6
    corner = QPointF(canvas.corner)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    QTest.mouseMove(canvas, QPoint(300, 200))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert canvas.corner.y() - corner.y() == pytest.approx(100 / canvas.scale)
    assert canvas.item == -1


async def test_a_search_goes_to_a_node_within_closed_modules(view: GraphView, layers: Path) -> None:
    await opened(view, layers)
    view.search_field.setText("matmul layer")
    assert view.graph is not None
    view.search_field.setText("node_45")
    QTest.keyClick(view.search_field, Qt.Key.Key_Return)
    assert view.results.heading.text() == "1 found"
    await until_idle(view)
    assert view.canvas.item == 45
    assert view.details.heading.text() == "MatMul"
    assert "w45" in view.details.text.toPlainText()
    view.search_field.setText("no such thing")
    QTest.keyClick(view.search_field, Qt.Key.Key_Return)
    assert view.results.heading.text() == "Nothing found"
    QTest.keyClick(view.search_field, Qt.Key.Key_Escape)
    assert view.search_field.text() == ""


async def test_details_are_escaped_and_copied(view: GraphView, tmp_path: Path) -> None:
    nodes = [make.node("Re<b>lu", ["x"], ["y"], name="<img src='x'>", attributes=[make.attribute("k", [3, 3])])]
    ends = {"inputs": [make.value("x")], "outputs": [make.value("y")]}
    await opened(view, written(tmp_path, make.model(make.graph(nodes, **ends))))
    view.canvas.pick(0)
    assert (view.details.heading.text(), view.details.subtitle.text()) == ("Re<b>lu", "<img src='x'>")
    view.details.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Re<b>lu\n<img src='x'>\n\nInputs\nx: float32 scalar")
    assert "k: 3, 3" in copied


async def test_long_names_are_broken_before_capitals(view: GraphView, tmp_path: Path) -> None:
    nodes = [make.node("LayerNormalization", ["x"], ["y"], name="n")]
    ends = {"inputs": [make.value("x")], "outputs": [make.value("y")]}
    await opened(view, written(tmp_path, make.model(make.graph(nodes, **ends))))
    assert "Layer\u200bNormalization" in view.details.text.toPlainText()


async def test_two_files_are_compared(view: GraphView, layers: Path, tmp_path: Path) -> None:
    other = written(tmp_path, make.chain(357, layers=12), "older.onnx")
    await opened(view, layers)
    await until_shown(view, lambda: view.compare_with(other))
    assert view.differences.heading.text() == "Compared with older.onnx: 3 added, 0 removed, 0 changed."
    texts = [view.differences.list.item(row).text() for row in range(view.differences.list.count())]
    assert texts[-1] == "Added: Add  node_359"
    assert not view.canvas.grab().isNull()
    view.differences.list.setCurrentRow(len(texts) - 1)
    await until_idle(view)
    assert view.canvas.item == 359
    view.differences.close_button.click()
    assert not view.differences.isVisibleTo(view)


async def test_what_is_no_model_is_said_in_its_place(view: GraphView, tmp_path: Path, layers: Path) -> None:
    await opened(view, layers)
    await opened(view, written(tmp_path, b"no model", "other.onnx"))
    assert "not a whole ONNX model" in view.message.heading.text()
    assert view.empty.isVisibleTo(view)
    assert not view.netron_button.isEnabled()
    await opened(view, layers)
    assert not view.message.isVisibleTo(view)


async def test_a_comparison_with_what_is_no_model_leaves_the_graph(
    view: GraphView, tmp_path: Path, layers: Path
) -> None:
    await opened(view, layers)
    await until_shown(view, lambda: view.compare_with(written(tmp_path, b"no model", "other.onnx")))
    assert "not a whole ONNX model" in view.message.heading.text()
    assert view.canvas.isVisibleTo(view)


async def test_a_node_is_shown_by_its_name_or_its_tensor(view: GraphView, layers: Path) -> None:
    await until_shown(view, lambda: view.open_path(layers, node="node_100"))
    assert view.canvas.item == 100
    assert view.show_node("x200")
    await until_idle(view)
    assert view.canvas.item == 199
    assert not view.show_node("nowhere")


async def test_it_is_painted_in_the_dark_with_large_letters_and_from_afar(view: GraphView, layers: Path) -> None:
    await opened(view, layers)
    await until_shown(view, view.open_all)
    light = view.canvas.grab().toImage()
    theme_manager().set_mode("dark")
    assert view.canvas.grab().toImage() != light
    view.canvas.zoom(0.02)
    assert not view.canvas.grab().isNull()
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    await until_shown(view, lambda: QApplication.setFont(font))
    assert not view.canvas.grab().isNull()


async def test_the_title_of_an_open_module_is_not_struck_out_by_edges(view: GraphView, layers: Path) -> None:
    await opened(view, layers)
    await until_shown(view, view.open_all)
    canvas, item = view.canvas, module(view, "layer.0")
    canvas.go_to(item)
    canvas.zoom(1 / canvas.scale)
    canvas.pick(-1)  # which tints it
    assert canvas.index is not None
    box = canvas.index.scene.boxes[item]
    row = QPointF(box.x + 4, box.y + canvas.measures().line)
    until_painted(canvas)
    at, image = ((row - canvas.corner) * canvas.scale).toPoint(), canvas.grab().toImage()
    frame = image.pixelColor(at).lightness()
    across = range(max(at.x(), 0), min(at.x() + int(box.width) - 8, image.width()))
    assert any(image.pixelColor(x, at.y()).lightness() > frame for x in across), "the title has a ground of its own"


async def test_of_many_boxes_none_of_the_graph_is_left_out_from_afar(view: GraphView, tmp_path: Path) -> None:
    await opened(view, written(tmp_path, make.chain(6000)))
    view.canvas.fit()
    until_painted(view.canvas)
    image = view.canvas.grab().toImage()
    ground = image.pixelColor(5, 5)
    middle = image.width() // 2
    painted = [
        any(image.pixelColor(x, y) != ground for x in range(middle - 6, middle + 6))
        for y in range(10, image.height() - 10)
    ]
    assert all(painted)


class FakeViewers:
    """Netron, but for Netron."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble

    async def open(self, path: Path, progress: Progress) -> str:
        """Return an address, or say why there is none."""
        progress("Making the toolchain", 0.5)
        if self.trouble:
            raise OutsideError(self.trouble)
        return f"http://127.0.0.1:1/{path.name}"


async def test_netron_is_opened_in_the_browser(view: GraphView, layers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url.toString()))
    await opened(view, layers)
    assert not view.netron_button.isVisibleTo(view)
    view.use_netron(FakeViewers())
    view.netron_button.click()
    assert view._starting is not None
    await asyncio.wait([view._starting])
    assert asked == ["http://127.0.0.1:1/model.onnx"]
    assert view.summary.text().startswith("360 nodes")
    view.use_netron(FakeViewers("There is no Netron."))
    view.netron_button.click()
    await asyncio.wait([view._starting])
    await asyncio.sleep(0)
    assert view.message.heading.text() == "There is no Netron."


async def test_it_is_sound(view: GraphView, layers: Path) -> None:
    assert_sound(view)
    await opened(view, layers)
    view.search_field.setText("add")
    QTest.keyClick(view.search_field, Qt.Key.Key_Return)
    await until_idle(view)
    assert_sound(view)
