"""Long-running operations: followed to the letter, told with the time they take, never given up for a bad network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.backends.azureml.client.operations import Pace, Work, carry_out, follow
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, FaultKind, Reply
from tests.helpers.told_cloud import AT_ONCE, Said
from tests.helpers.told_wire import WORKSPACE, ToldWire, fault, told
from tests.helpers.waiting import wait_until_async

STATUS = "https://management.azure.com/op/status?t=1&c=" + "x" * 3000
RESULT = "https://management.azure.com/op/result?t=1"
WORK = Work("Creating gpu-cluster", "It is in the list.")


def answers(*said: Reply | CloudFault) -> object:
    """Return what answers each in turn, the last one for good."""
    left: Iterator[Reply | CloudFault] = iter(said)
    now = next(left)

    def answer(_ask: Ask) -> Reply | CloudFault:
        nonlocal now
        given_now, now = now, next(left, now)
        return given_now

    return answer


async def followed(wire: ToldWire, reply: Reply, pace: Pace = AT_ONCE) -> Said:
    said = Said()
    await follow(wire, WORKSPACE, reply, WORK, said, pace)
    return said


async def test_the_url_is_asked_as_it_came_until_it_succeeded() -> None:
    wire = ToldWire()
    body = [told({"status": "InProgress"}), told({"status": "Updating"}), told({"status": "Succeeded"})]
    wire.on("GET", "/op/status", answers(*body))  # type: ignore[arg-type]
    await followed(wire, told({}, 201, azure_asyncoperation=STATUS, location=RESULT))
    assert wire.urls("/op/") == [STATUS] * 3


async def test_a_location_is_asked_until_it_is_not_202_and_may_move() -> None:
    wire = ToldWire()
    moved = f"{RESULT}&again=1"
    wire.on("GET", "/op/result", answers(told({}, 202, location=moved), told({}, 202), told(None, 204)))  # type: ignore[arg-type]
    await followed(wire, told("null", 202, location=RESULT))
    assert wire.urls("/op/") == [RESULT, moved, moved]


async def test_a_status_may_move_and_be_called_otherwise() -> None:
    wire = ToldWire()
    moved = f"{STATUS}&again=1"
    going = {"status": "InProgress"}
    first, done = told(going, azure_asyncoperation=moved), told({"status": "Succeeded"})
    wire.on("GET", "/op/status", answers(first, told(going), done))  # type: ignore[arg-type]
    await followed(wire, told({}, 202, operation_location=STATUS, location=RESULT))
    assert wire.urls("/op/") == [STATUS, moved, moved]


async def test_waits_grow_to_their_most_and_no_further() -> None:
    wire = ToldWire()
    going = told({"status": "InProgress"})
    wire.on("GET", "/op/status", answers(*[going] * 5, told({"status": "Succeeded"})))  # type: ignore[arg-type]
    await followed(
        wire, told({}, 201, azure_asyncoperation=STATUS), Pace(first=0.001, factor=1e6, most=0.002, patience=900.0)
    )
    assert len(wire.urls("/op/status")) == 6


@pytest.mark.parametrize("reply", [told({}, 200), told({}, 201, location=RESULT), told(None, 204)])
async def test_what_is_done_already_is_not_asked_after(reply: Reply) -> None:
    wire = ToldWire()
    assert await followed(wire, reply) == []
    assert wire.asked == []


async def test_a_status_without_a_word_is_done_with_200() -> None:
    wire = ToldWire()
    wire.on("GET", "/op/status", told({}))
    await followed(wire, told({}, 202, azure_asyncoperation=STATUS))


@pytest.mark.parametrize(
    ("body", "words", "hint"),
    [
        ({"status": "Failed", "error": {"code": "X", "message": "It broke."}}, "failed in Azure: It broke.", ""),
        ({"status": "Failed"}, "failed in Azure: the service gave no reason.", ""),
        ({"status": "Canceled", "error": {"message": "By an owner"}}, "was canceled in Azure: By an owner.", ""),
        ({"status": "Failed", "error": {"code": "QuotaExceeded", "message": "No."}}, "failed", "Ask for more quota"),
    ],
)
async def test_a_failure_is_told_in_the_services_words(body: object, words: str, hint: str) -> None:
    wire = ToldWire()
    wire.on("GET", "/op/status", told(body))
    with pytest.raises(CloudFault, match=words) as caught:
        await followed(wire, told({}, 201, azure_asyncoperation=STATUS))
    assert caught.value.hint.startswith(hint)
    assert caught.value.exit_code == 1
    assert not caught.value.is_transient


@pytest.mark.parametrize("kind", ["offline", "timeout", "throttled", "service", "gateway", "clock"])
async def test_a_bad_network_ends_nothing(kind: FaultKind) -> None:
    wire = ToldWire()
    wire.on("GET", "/op/status", answers(fault(kind), fault(kind), told({"status": "Succeeded"})))  # type: ignore[arg-type]
    said = await followed(wire, told({}, 201, azure_asyncoperation=STATUS))
    assert said.last == f"Creating gpu-cluster (00:00) · The cloud says {kind}."


async def test_a_refusal_ends_it() -> None:
    wire = ToldWire()
    wire.on("GET", "/op/status", fault("forbidden", 403))
    with pytest.raises(CloudFault, match="forbidden"):
        await followed(wire, told({}, 201, azure_asyncoperation=STATUS))


async def test_what_takes_too_long_goes_on_in_azure() -> None:
    wire = ToldWire()
    wire.on("GET", "/op/status", told({"status": "InProgress"}))
    with pytest.raises(CloudFault, match="Creating gpu-cluster is not over after 00:00") as caught:
        await followed(wire, told({}, 201, azure_asyncoperation=STATUS), Pace(0.01, 1.0, 0.01, 0.05))
    assert caught.value.kind == "timeout"
    assert "goes on in Azure" in caught.value.hint


async def test_who_stops_waiting_is_told_that_it_goes_on() -> None:
    wire, said = ToldWire(), Said()
    wire.on("GET", "/op/status", told({"status": "InProgress"}))
    reply = told({}, 201, azure_asyncoperation=STATUS)
    task = asyncio.ensure_future(follow(wire, WORKSPACE, reply, WORK, said, AT_ONCE))

    async def polled() -> bool:
        return len(wire.asked) >= 3

    await wait_until_async(polled, what="a few polls")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said.last == "Creating gpu-cluster goes on in Azure. It is in the list."


async def test_who_stops_before_an_answer_is_told_that_it_may_have_begun() -> None:
    wire, said, never = ToldWire(), Said(), asyncio.Event()

    async def sending() -> Reply:
        await never.wait()
        raise AssertionError

    task = asyncio.ensure_future(carry_out(wire, WORKSPACE, sending(), WORK, said, AT_ONCE))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said == [
        ("Creating gpu-cluster", None),
        ("Creating gpu-cluster may have begun in Azure. It is in the list.", None),
    ]


async def test_retry_after_holds_in_place_of_the_own_pace() -> None:
    wire = ToldWire()
    wire.on("GET", "/op/status", told({"status": "Succeeded"}))
    slow = Pace(first=60.0, factor=1.0, most=60.0)
    await asyncio.wait_for(followed(wire, told({}, 201, azure_asyncoperation=STATUS, retry_after="0"), slow), 5)


async def test_the_service_that_is_asked_too_often_says_when_to_ask_again() -> None:
    wire = ToldWire()
    wire.on("GET", "/op/status", answers(fault("throttled", 429, 0.3), told({"status": "Succeeded"})))  # type: ignore[arg-type]
    began = time.monotonic()
    await followed(wire, told({}, 201, azure_asyncoperation=STATUS))
    assert time.monotonic() - began >= 0.3


@given(st.one_of(st.none(), st.floats(-5, 500), st.just("many")))
def test_the_part_done_is_between_nothing_and_all(percent: object) -> None:
    async def run() -> Said:
        wire = ToldWire()
        body = told({"status": "InProgress", "percentComplete": percent})
        wire.on("GET", "/op/status", answers(body, told({"status": "Succeeded"})))  # type: ignore[arg-type]
        return await followed(wire, told({}, 201, azure_asyncoperation=STATUS))

    for _message, part in asyncio.run(run()):
        assert part is None or 0 < part <= 1
