"""The page of a report: whole, safe to open, and understood by who has never seen ONNX."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Value
from desktop_app.core.exports.report import Check, ExportReport, Note, RouteTried, Tensor, Verdict, report_of
from desktop_app.core.exports.snippet import snippet
from desktop_app.services.exports.reports.page import keep, page
from desktop_app.services.exports.reports.store import PAGE, ExportStore
from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import MODELS, in_toolchain

OUTPUT: dict[str, Value] = {
    "name": "logits", "scale": 0.25, "noise": 3e-8, "max_abs_error": 1.2e-7, "max_rel_error": 4.7e-7,
    "tolerance": 1.5e-6, "error_in_noise": 3.7, "argmax_agreement": 1.0, "wrong": "",
}  # fmt: skip
RIGHT = ExportReport(
    "e-20261122-abcd",
    "2026-11-22T03:11:38Z",
    Verdict.PASS,
    "In 5 cases the greatest difference is 0.55 millionths of the output’s size.",
    output="/home/alice/secret-project/digits.onnx",
    model={"kind": "torch", "path": "/home/alice/secret-project/digits.pt", "class": "train:Net", "allowed": ["a.B"]},
    opset=20,
    inputs=(Tensor("x", "float32", ("batch", 1, 8, 8), "from the file", 0.0, 1.0),),
    outputs=(Tensor("logits", "float32", ("batch", 10)),),
    nodes=7,
    bytes=97_178,
    parameters=22_026,
    seconds={"load": 2.0, "export": 5.5, "check": 0.1},
    checks=(Check("structure", "The file is valid", "pass", "It is a valid ONNX model."),),
    parity={"cases": 5, "sizes": 3, "outputs": [OUTPUT]},
    routes=(
        RouteTried("dynamo", "torch.export (dynamo)", False, "It has no decomposition."),
        RouteTried("torchscript", "TorchScript", True, cures=("attention: eager",)),
    ),
    notes=(Note("info", "It was in training mode."), Note("warning", "Some keys are missing.")),
    versions={"rankzero": "0.1.0", "torch": "2.13.0"},
    sha256="a7c2" * 16,
)


class Reader(HTMLParser):
    """What a page holds: its elements in order, its text, and whether all that is opened is closed."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID and tag != "path":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & {*self.open[-1:]}:
            self.words.append(data)

    @property
    def text(self) -> str:
        """The words, with single spaces."""
        assert not self.open
        return " ".join(" ".join(self.words).split())


def test_a_right_export_says_so_first_and_how_to_run_it() -> None:
    text = Reader(page(RIGHT)).text
    assert text.startswith("Pass The exported model gives the same answers as the original.")
    assert "ONNX is a file format for trained models" in text
    assert "Both models were given the same 5 sets of inputs of 3 different sizes" in text
    assert "onnxruntime.InferenceSession('digits.onnx')" in text
    assert "'x': np.zeros((2, 1, 8, 8), 'float32')" in text
    assert "It needed attention: eager." in text
    assert "It has no decomposition." in text
    assert text.index("Warning: Some keys are missing.") < text.index("It was in training mode.")


def test_a_wrong_one_says_where_and_that_it_must_not_be_used() -> None:
    first: dict[str, Value] = {"node": "/gelu/Erf", "op": "Erf", "module": "block.0.act", "text": "It differs."}
    text = Reader(page(replace(RIGHT, verdict=Verdict.FAIL, output="", first_difference=first))).text
    assert "Fail The exported model gives other answers than the original. Don’t use it." in text
    assert "Where they first differ It differs. Node /gelu/Erf Operator Erf Part of the model block.0.act" in text
    assert "How to run it" not in text


def test_a_refusal_and_a_doubt_have_their_own_words() -> None:
    fell = (RouteTried("dynamo", "torch.export (dynamo)", False, "Line 8 decides by the values of a tensor."),)
    refused = ExportReport("e-20261122-abcd", "", Verdict.FAIL, "Line 8 decides by values.", routes=fell)
    assert "This model can’t be exported as it is. No file was written." in Reader(page(refused)).text
    doubt = Reader(page(replace(RIGHT, verdict=Verdict.CANNOT_TELL))).text
    assert doubt.startswith("Cannot tell Whether the exported model gives the original’s answers can’t be told.")


def test_a_quantised_version_is_never_said_to_give_the_same_answers() -> None:
    for verdict, said in (
        (Verdict.PASS, "Agrees This version’s answers agree"),
        (Verdict.FAIL, "Not written No version"),
    ):
        text = Reader(page(replace(RIGHT, verdict=verdict, model={"kind": "onnx", "path": "/x/m.onnx"}))).text
        assert text.startswith(said)
        assert "same answers" not in text
        assert "The framework that the model came from was not asked." in text


def test_nothing_of_the_machine_is_handed_on() -> None:
    assert "alice" not in page(RIGHT)
    assert "secret-project" not in page(RIGHT)


def test_nothing_runs_and_nothing_is_fetched() -> None:
    found = Reader(page(RIGHT))
    assert {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object", "form", "base"} == set()
    assert not [name for _, attrs in found.tags for name in attrs if name in {"src", "href"} or name.startswith("on")]
    policy = next(attrs["content"] for tag, attrs in found.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"url\(|@import", page(RIGHT))


EVIL = "</p><script>alert(1)</script>\"'&<img src=x onerror=y>"


@given(st.sampled_from([EVIL, "<b>", "&amp;", "\x00\u202e"]) | st.text(max_size=30))
def test_every_text_is_a_text(evil: str) -> None:
    row: dict[str, Value] = {
        "name": "fp16", "title": evil, "bytes": 10, "ratio_bytes": 0.5, "median_ms": 1.0, "iqr_ms": 0.1,
        "speed_ratio": 1.0, "speed": "same", "nrmse": 0.0, "argmax_agreement": None, "recommended": True,
        "why": evil, "error": None, "threads": 1, "notes": [evil], "peak_bytes": 0, "timed_with": {evil: [1]},
    }  # fmt: skip
    report = replace(
        RIGHT,
        reason=evil,
        output=f"/x/{evil}.onnx",
        model=dict.fromkeys(("kind", "path", "callable", "class", "weights", "run", "sha256"), evil),
        inputs=(Tensor(evil, evil, (evil,), low=0.0, high=1.0),),
        checks=(Check(evil, evil, evil, evil),),
        routes=(RouteTried(evil, evil, True, evil, evil, (evil,)),),
        notes=(Note("warning", evil),),
        operators={evil: 1},
        versions={evil: evil},
        isolation=((evil, evil),),
        first_difference=dict.fromkeys(("node", "op", "module", "output", "text"), evil),
        parity={"cases": 1, "outputs": [{**OUTPUT, "name": evil, "wrong": evil}]},
        candidates=(row, row),
        benchmark=(row, row),
    )
    found = Reader(page(report))
    assert found.text
    assert "script" not in {tag for tag, _ in found.tags}
    assert "img" not in {tag for tag, _ in found.tags}


def test_a_report_with_nothing_but_its_verdict_has_a_page() -> None:
    bare = report_of({"id": "e-20261122-abcd", "created": "?", "verdict": "cannot-tell", "reason": "It was killed."})
    assert "It was killed." in Reader(page(bare)).text


def test_it_is_kept_beside_the_report(tmp_path: Path) -> None:
    store = ExportStore(tmp_path)
    report = replace(RIGHT, id=store.begin())
    keep(store, report)
    assert store.report(report.id) == report
    assert (store.folder(report.id) / PAGE).read_text("utf-8") == page(report)


def test_the_lines_of_python_run(tmp_path: Path) -> None:
    python = toolchain_or_skip("onnx")
    in_toolchain(python, MODELS, ("perceptron", {"folder": str(tmp_path)}))
    code = snippet("model.onnx", [Tensor("x", "float32", ("batch", 64))], [Tensor("logits")])
    ran = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout.split("\n")[0] == "(2, 10) float32", ran.stderr


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_picture_and_word(verdict: Verdict) -> None:
    found = Reader(page(replace(RIGHT, verdict=verdict)))
    assert ("header", {"class": f"verdict {verdict.value}"}) in found.tags
    assert "svg" in {tag for tag, _ in found.tags}
