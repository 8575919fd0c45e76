"""What may be written where: a right model anywhere, one in doubt where it replaces nothing, a wrong one nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import ModelFile
from desktop_app.core.exports.report import Verdict
from desktop_app.services.exports.flow import Outcome
from desktop_app.services.exports.orders import ExportOrder
from desktop_app.services.exports.service import places


@pytest.mark.parametrize(
    ("verdict", "standing", "placed"),
    [
        (Verdict.PASS, False, True),
        (Verdict.PASS, True, True),
        (Verdict.CANNOT_TELL, False, True),
        (Verdict.CANNOT_TELL, True, False),
        (Verdict.FAIL, False, False),
    ],
)
def test_only_what_is_proven_right_replaces_a_file(
    tmp_path: Path, verdict: Verdict, standing: bool, placed: bool
) -> None:
    target = tmp_path / "m.onnx"
    if standing:
        target.write_bytes(b"old")
    order = ExportOrder(ModelFile("python", tmp_path / "net.py"), target, overwrite=True)
    outcome = Outcome(verdict=verdict, model=tmp_path / "new.onnx")
    assert places(outcome, order) is placed
    assert not places(Outcome(verdict=verdict), order)
