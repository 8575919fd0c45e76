"""Tables of candidates and benchmarks as texts, and the sentence below the benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_app.core.exports.benches import Side, bench_rows, bench_sentence
from desktop_app.core.exports.tables import (
    BENCHMARK,
    CANDIDATES,
    agreement_text,
    bench_cells,
    candidate_cells,
    error_text,
    speed_cell,
    time_text,
)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((123.4, 8.0), "123 ± 4 ms"),
        ((12.34, 0.8), "12.3 ± 0.4 ms"),
        ((1.234, 0.02), "1.23 ± 0.01 ms"),
        ((0.0123, 0.002, 0.02), "12.3 ± 1.0 µs (20.0)"),
        ((None, None), ""),
    ],
)
def test_times(given: tuple[Any, ...], text: str) -> None:
    assert time_text(*given) == text


def test_shares_are_never_rounded_up_to_all_or_down_to_none() -> None:
    assert [agreement_text(each) for each in (1.0, 0.9999, 0.5, 1e-6, 0.0, None)] == [
        "100%", "99.9%", "50.0%", "0.1%", "0%", "–",
    ]  # fmt: skip


def test_errors() -> None:
    assert [error_text(each) for each in (0.0213, 4e-7, None)] == ["0.021", "4e-07", "–"]


def test_what_could_not_be_made_has_empty_cells() -> None:
    cells = candidate_cells({"name": "fp16", "title": "16-bit floats", "error": "No."})
    assert cells == ("16-bit floats", "", "", "", "", "", "not made")
    assert len(cells) == len(CANDIDATES)


@pytest.mark.parametrize(
    ("word", "text"), [("same", "same"), ("unclear", "0.79× ?"), ("faster", "0.79×"), ("slower", "0.79×")]
)
def test_speeds_within_the_noise_are_no_figures(word: str, text: str) -> None:
    assert speed_cell({"name": "fp16", "speed_ratio": 0.79, "speed": word}) == text


def test_of_a_wide_interval_the_near_end_is_told() -> None:
    assert speed_cell({"name": "fp16", "speed_ratio": 1200.0, "speed_bound": 7.1, "speed": "faster"}) == "≥ 7.1×"
    assert speed_cell({"name": "fp16", "speed_ratio": 0.1, "speed_bound": 0.5, "speed": "slower"}) == "≤ 0.5×"
    busy = Side("framework", "PyTorch", tuple({"seconds": [each], "threads": 2} for each in [0.01, 5.0] * 6))
    said = bench_sentence(bench_rows(busy, _side("onnxruntime", "ONNX Runtime", 0.001, 0), {}))
    assert said == "ONNX Runtime is at least 10 times as fast as PyTorch."


def _side(name: str, title: str, seconds: float, memory: int) -> Side:
    turns = tuple({"seconds": [seconds, seconds * 1.01], "threads": 2, "peak_bytes": memory} for _ in range(12))
    return Side(name, title, turns)


def test_a_benchmark_in_a_sentence() -> None:
    framework, onnx = (
        _side("framework", "PyTorch 2.13", 0.03, 320_000_000),
        _side("onnxruntime", "ONNX Runtime", 0.01, 62_000_000),
    )
    rows = bench_rows(framework, onnx, {"x": [2, 3]})
    assert (
        bench_sentence(rows) == "ONNX Runtime is 3.0 times as fast as PyTorch 2.13 and holds 62 MB instead of 320 MB."
    )
    assert [len(bench_cells(each)) for each in rows] == [len(BENCHMARK)] * 2
    assert bench_cells(rows[0])[2] == "1×"


def test_a_slower_or_equal_one_is_said_as_well() -> None:
    slow = bench_rows(_side("framework", "PyTorch", 0.01, 0), _side("onnxruntime", "ONNX Runtime", 0.02, 0), {})
    assert bench_sentence(slow) == "ONNX Runtime takes 2.0 times as long as PyTorch."
    same = bench_rows(_side("framework", "PyTorch", 0.01, 0), _side("onnxruntime", "ONNX Runtime", 0.01, 0), {})
    assert bench_sentence(same) == "ONNX Runtime is as fast as PyTorch."
    assert bench_sentence([]) == ""
