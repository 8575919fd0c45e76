"""An export's conversation: questions, routes that fall, the judge's word, and what is placed at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from desktop_app.api import FormSpec, ModelFile, OnnxExporter, OutsideError, Progress, UserError, Value, WorkerTask
from desktop_app.core.exports.report import Verdict
from desktop_app.services.exports.flow import Flow
from desktop_app.services.exports.isolation.sessions import Sessions
from desktop_app.services.exports.orders import Answer, ExportOrder, Question
from desktop_app.services.workers import TaskFailedError, WorkerGoneError

Reply = Any
"""A value, an exception to raise, or a function of the arguments."""
RIGHT = {"verdict": "pass", "reason": "It computes the same.", "opset": 20, "parity": {"cases": 3}}
WRONG = {"verdict": "fail", "reason": "“y” differs.", "parity": {"worst_case": 1}}
PREPARED: dict[str, Any] = {
    "inputs": [], "outputs": [], "notes": [], "trace": "trace",
    "cases": [{"file": "cases/0.npz"}, {"file": "cases/1.npz"}],
    "routes": [{"name": name, "title": name, "function": "go"} for name in ("first", "second")],
}  # fmt: skip


@dataclass
class Scripted:
    """Sessions whose tasks answer as the test says, one reply after the other for each function."""

    replies: dict[str, list[Reply]]
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    async def call(self, task: WorkerTask, code: str, progress: Progress) -> Value:
        if task.function == "ready":
            return None
        self.asked.append((task.function, task.arguments))
        reply = self.replies[task.function].pop(0)
        if isinstance(reply, BaseException):
            raise reply
        return cast("Value", reply(task.arguments) if callable(reply) else reply)

    def peak(self, toolchain: str, code: str) -> int:
        return 1000 * len(self.asked)


def exported(arguments: Mapping[str, Any]) -> Value:
    path = Path(arguments["request"]["folder"]) / f"{arguments['route']}.onnx"
    path.write_bytes(b"model")
    return {"path": path.name, "notes": [{"level": "warning", "text": f"by {arguments['route']}"}]}


def flow_of(folder: Path, replies: dict[str, list[Reply]], decide: Any = None, **order: Any) -> tuple[Flow, Scripted]:
    scripted = Scripted(replies)
    exporter = OnnxExporter("x", "X", "tiny", ("python",), lambda _: FormSpec(), Path("/tasks.py"))
    ordered = ExportOrder(ModelFile("python", Path("/m.py")), folder / "m.onnx", **order)
    sessions = cast("Sessions", scripted)
    return Flow(sessions, exporter, ordered, "e-1", folder, lambda _message, _part: None, decide), scripted


def failed(message: str, *, final: bool = False, ask: Mapping[str, Any] | None = None) -> TaskFailedError:
    return TaskFailedError(message, final=final, ask=ask)


async def test_the_first_route_that_is_right_is_taken(tmp_path: Path) -> None:
    flow, scripted = flow_of(tmp_path, {"prepare": [PREPARED], "go": [exported], "judge": [RIGHT]})
    outcome = await flow.run()
    assert (outcome.verdict, outcome.model) == (Verdict.PASS, tmp_path / "first.onnx")
    assert [each for each, _ in scripted.asked] == ["prepare", "go", "judge"]
    assert [(each.name, each.ok) for each in outcome.routes] == [("first", True)]
    assert [each.text for each in outcome.notes] == ["by first"]
    assert set(outcome.seconds) == {"load", "export", "check"}


@pytest.mark.parametrize(
    ("fall", "reason"),
    [(failed("No such op."), "No such op."), (WorkerGoneError("It was ended by SIGSEGV."), "It was ended by SIGSEGV.")],
)
async def test_a_route_that_falls_gives_way_to_the_next(tmp_path: Path, fall: UserError, reason: str) -> None:
    flow, _ = flow_of(tmp_path, {"prepare": [PREPARED], "go": [fall, exported], "judge": [RIGHT]})
    outcome = await flow.run()
    assert [(each.name, each.ok, each.reason) for each in outcome.routes] == [
        ("first", False, reason),
        ("second", True, None),
    ]
    assert outcome.model == tmp_path / "second.onnx"


async def test_a_route_whose_toolchain_is_not_to_be_had_gives_way(tmp_path: Path) -> None:
    away = OutsideError("The toolchain “keras-torch” can't be fetched.")
    flow, _ = flow_of(tmp_path, {"prepare": [PREPARED], "go": [away, exported], "judge": [RIGHT]})
    outcome = await flow.run()
    assert [(each.ok, each.reason) for each in outcome.routes] == [(False, away.message), (True, None)]


async def test_what_is_wrong_gives_way_and_is_shown_if_nothing_is_right(tmp_path: Path) -> None:
    replies: dict[str, list[Reply]] = {
        "prepare": [PREPARED], "go": [exported, failed("No.")], "judge": [WRONG], "trace": [{"file": "trace.npz"}],
        "first_difference": [{"node": "Gelu_3"}],
    }  # fmt: skip
    flow, scripted = flow_of(tmp_path, replies)
    outcome = await flow.run()
    assert (outcome.verdict, outcome.reason, outcome.model) == (Verdict.FAIL, "“y” differs.", tmp_path / "first.onnx")
    assert outcome.judged["first_difference"] == {"node": "Gelu_3"}
    asked = dict(scripted.asked)
    assert (asked["trace"]["case"], asked["first_difference"]["case"]) == (1, {"file": "cases/1.npz"})


async def test_what_one_route_could_not_keep_free_is_free_for_the_next(tmp_path: Path) -> None:
    narrow = {"inputs": [{"name": "x", "shape": [2]}]}

    def fixed(arguments: Mapping[str, Any]) -> Value:
        return {**cast("dict[str, Value]", exported(arguments)), "prepared": cast("Value", narrow)}

    wrong = {**WRONG, "parity": {}}
    flow, scripted = flow_of(tmp_path, {"prepare": [PREPARED], "go": [fixed, exported], "judge": [wrong, RIGHT]})
    outcome = await flow.run()
    assert [arguments["inputs"] for name, arguments in scripted.asked if name == "judge"] == [narrow["inputs"], []]
    assert (outcome.verdict, outcome.prepared["inputs"]) == (Verdict.PASS, [])
    flow, _ = flow_of(tmp_path, {"prepare": [PREPARED], "go": [exported, fixed], "judge": [wrong, wrong]})
    outcome = await flow.run()
    assert (outcome.model, outcome.prepared["inputs"]) == (tmp_path / "first.onnx", [])


async def test_a_final_refusal_ends_it(tmp_path: Path) -> None:
    flow, scripted = flow_of(tmp_path, {"prepare": [PREPARED], "go": [failed("A branch on data.", final=True)]})
    outcome = await flow.run()
    assert (outcome.verdict, outcome.reason, outcome.model) == (Verdict.FAIL, "A branch on data.", None)
    assert [each for each, _ in scripted.asked] == ["prepare", "go"]


async def test_a_judge_that_crashes_is_a_route_that_fell(tmp_path: Path) -> None:
    gone = WorkerGoneError("The worker's process was ended by SIGSEGV.")
    flow, _ = flow_of(tmp_path, {"prepare": [PREPARED], "go": [exported, exported], "judge": [gone, RIGHT]})
    outcome = await flow.run()
    assert [each.ok for each in outcome.routes] == [False, True]


async def test_a_question_is_asked_and_its_answer_goes_on(tmp_path: Path) -> None:
    asked: list[Question] = []

    async def decide(question: Question) -> Answer | None:
        asked.append(question)
        return Answer({"class": "train:Net"}, ("x=float32[2]",), ("argparse.Namespace",))

    ask = {"kind": "class", "candidates": []}
    replies: dict[str, list[Reply]] = {
        "prepare": [failed("Which?", ask=ask), PREPARED], "go": [exported], "judge": [RIGHT]
    }  # fmt: skip
    flow, scripted = flow_of(tmp_path, replies, decide, options={"opset": 18}, allowed=("a.b",))
    await flow.run()
    assert [(each.kind, each.message) for each in asked] == [("class", "Which?")]
    request = scripted.asked[1][1]["request"]
    assert request["options"] == {"opset": 18, "class": "train:Net"}
    assert (request["inputs"], request["allowed"]) == (["x=float32[2]"], ["a.b", "argparse.Namespace"])


async def test_a_question_that_nobody_answers_is_the_error(tmp_path: Path) -> None:
    async def give_up(_question: Question) -> None:
        return None

    for decide in (None, give_up):
        flow, _ = flow_of(tmp_path, {"prepare": [failed("Which class?", ask={"kind": "class"})]}, decide)
        with pytest.raises(TaskFailedError, match="Which class"):
            await flow.run()


async def test_questions_without_end_end(tmp_path: Path) -> None:
    async def decide(_question: Question) -> Answer:
        await asyncio.sleep(0)
        return Answer()

    flow, _ = flow_of(tmp_path, {"prepare": [failed("?", ask={"kind": "class"}) for _ in range(50)]}, decide)
    with pytest.raises(UserError, match="more questions"):
        await flow.run()


async def test_a_route_may_work_in_another_toolchain(tmp_path: Path) -> None:
    seen: list[str] = []
    routes = [{"name": "keras-torch", "function": "go", "toolchain": "keras-torch"}]
    flow, scripted = flow_of(
        tmp_path, {"prepare": [{**PREPARED, "routes": routes}], "go": [exported], "judge": [RIGHT]}
    )
    call = scripted.call

    async def noted(task: WorkerTask, code: str, progress: Progress) -> Value:
        seen.append(task.toolchain)
        return await call(task, code, progress)

    flow.sessions.call = noted  # type: ignore[method-assign]
    await flow.run()
    assert [each for each in seen if each != "onnx"] == ["tiny", "keras-torch"]
