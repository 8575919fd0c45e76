"""What the Models page says: figures, rows, and the verdict in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.core.exports.report import ExportReport, Note, RouteTried, Verdict
from desktop_app.presenters.models import report as told
from desktop_app.presenters.models.page import Column, moment_of, row_of, rows_of, stamp_of, summary
from desktop_app.presenters.models.words import figure, for_window, in_noise, listed, model_name, short_path
from tests.helpers.told_exports import keep, report


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.0, "0"), (1.9e-6, "1.9e-06"), (0.35, "0.35"), (8.24, "8.2"), (1923.9, "1,924"), (3.2e7, "3.2e+07"),
     (None, "–"), (True, "–"), ("x", "–")],
)  # fmt: skip
def test_figures_have_two_digits_that_count(number: object, text: str) -> None:
    assert figure(number) == text


def test_an_error_is_told_as_a_multiple_of_rounding_or_not_at_all() -> None:
    assert in_noise(0.61) == "0.61 × rounding"
    assert in_noise(None) == "–"
    assert in_noise(225_806.0) == "over 1,000 ×"


def test_names_and_paths_are_as_short_as_they_can_be() -> None:
    assert model_name(report(model={"path": "/a/zoo.py", "callable": "build"})) == "zoo.py:build"
    assert model_name(report(model={})) == "e-20261122-aaaa"
    assert short_path("/home/ada/x/y", Path("/home/ada")) == "~/x/y"
    assert short_path("/home/ada", Path("/home/ada")) == "/home/ada"
    assert [listed(each) for each in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_a_row_tells_what_an_export_came_to() -> None:
    row = row_of(report())
    assert [row.text(each) for each in Column if each is not Column.WHEN] == [
        "Pass", "digits.pt", "torch.export (dynamo)", "20", "102 kB", "0.61 × rounding", "/home/ada/digits/outputs",
    ]  # fmt: skip
    assert row_of(report(verdict=Verdict.FAIL)).text(Column.WHERE) == "not written"
    bare = row_of(ExportReport("e-20261122-aaaa", "", Verdict.FAIL, ""))
    assert {bare.text(each) for each in (Column.ROUTE, Column.OPSET, Column.SIZE, Column.ERROR)} == {"–"}
    assert bare.when.year == 1970


def test_every_word_that_is_typed_must_occur() -> None:
    reports = [report(), report("e-20261122-bbbb", Verdict.FAIL)]
    assert [each.id for each in rows_of(reports, "r-20261122-7f3k fail")] == ["e-20261122-bbbb"]
    assert rows_of(reports, "fail pass") == []
    assert (summary(1, 2), summary(2, 2)) == ("1 of 2", "")


def test_times_without_a_zone_are_utc() -> None:
    assert moment_of("2026-11-22T02:40:00") == moment_of("2026-11-22T02:40:00Z")


def test_what_changes_on_disk_is_noticed(tmp_path: Path) -> None:
    assert stamp_of(tmp_path / "none") == []
    keep(tmp_path, report())
    before = stamp_of(tmp_path)
    keep(tmp_path, report("e-20261122-bbbb"))
    assert [each for each, _time in stamp_of(tmp_path)] == ["e-20261122-aaaa", "e-20261122-bbbb"]
    assert stamp_of(tmp_path)[0] == before[0]


def test_the_verdict_is_one_sentence_that_needs_no_knowledge() -> None:
    assert told.heading(report()) == "digits.onnx gives the same answers as the original model."
    assert "was not put in place" in told.heading(report(verdict=Verdict.FAIL))
    none = report(verdict=Verdict.FAIL, routes=(RouteTried("dynamo", reason="No."),), checks=())
    assert told.heading(none) == "No way to ONNX worked for this model. Nothing was written."
    assert "can't be told" in told.heading(report(verdict=Verdict.CANNOT_TELL))


def test_what_the_verdict_rests_on_is_told_in_figures() -> None:
    assert told.explanation(report()) == (
        "Its answers are those of the model. Both were run on 3 sets of inputs of 2 sizes. The largest difference "
        "between any two numbers is 1.9e-06."
    )
    equal = report(parity={"cases": 1, "max_abs_error": 0.0})
    assert told.explanation(equal).endswith(
        "Both were run on 1 set of inputs. Their answers are equal to the last bit."
    )
    failed = told.explanation(report(verdict=Verdict.FAIL))
    assert failed.startswith("“logits” differs by 0.7")
    assert told.explanation(report(parity={})) == "Its answers are those of the model."


def test_routes_notes_and_keys_are_told() -> None:
    fell = RouteTried("script", "TorchScript", reason="No such operator.", details="…")
    cured = RouteTried("dynamo", "dynamo", ok=True, cures=("attention: eager",), seconds=3)
    lines = told.routes(replace(report(), routes=(fell, cured)))
    assert [(each.mark.word, each.text) for each in lines] == [
        ("Fail", "No such operator."), ("Pass", "worked, with attention: eager, 3 s"),
    ]  # fmt: skip
    facts = dict(told.facts(report()))
    assert facts["Keys"] == "prefixes taken off: module."
    assert facts["Took"] == "1 s to load, 4 s to export and 0.5 s to check"
    assert "Weights" not in facts


def test_what_was_given_is_told_and_how_the_file_is_run() -> None:
    given = {"kind": "python", "options": {"arguments": {"hidden": 16, "name": "s"}, "opset": 18}, "inputs": ["x=f[2]"]}
    facts = dict(told.facts(report(model=given)))
    assert facts["Arguments given"] == "hidden=16, name=s"
    assert facts["Settings given"] == "opset=18"
    assert facts["Inputs given"] == "x=f[2]"
    assert "InferenceSession('digits.onnx')" in told.usage(report())
    assert told.usage(report(verdict=Verdict.FAIL)) == ""


def test_the_window_says_nothing_of_the_command_line() -> None:
    note = Note("warning", "The values of “ids” are not known: 0 and 1 were drawn. Say --inputs 'ids=int64[…]{0..N}'.")
    (line,) = told.notes(report(notes=(note,)))
    assert line.title.endswith("Say under Inputs what is right: ids=int64[…]{0..N}.")
    assert for_window("Give --calibration with an .npz of real inputs.") == "Choose real inputs (.npz)."
    assert "--" not in for_window("Give an .npz of real inputs as calibration data (the verb's --calibration).")


def test_tables_of_tensors_have_a_row_each() -> None:
    (row,) = told.outputs(report()).rows
    assert row == ("logits", "float32", "[batch, 10]", "8.2", "1.9e-06", "0.61 ×", "100%")
    (row,) = told.inputs(report()).rows
    assert row == ("x", "float32", "[batch, 64]", "0 … 1", "from the code")
