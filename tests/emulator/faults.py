"""Faults on demand: rules that let chosen requests fail, and a gate that every request passes."""

from __future__ import annotations

import argparse
import asyncio
import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from tests.emulator.blob_errors import RefusalError, http_date, refused
from tests.emulator.blob_signing import parse_when
from tests.emulator.clock import stamp
from tests.emulator.fault_answers import failed, throttled
from tests.emulator.routing import Answer, Call
from tests.emulator.service import Go, Service

Kind = Literal[
    "throttle", "error", "reset", "delay", "slow", "cut", "short", "lost-answer", "cut-upload", "slow-upload",
    "fail-operation",
]  # fmt: skip
KINDS: Final = get_args(Kind)
_OF_THE_LINE = ("cut-upload", "slow-upload")
_EARLY = timedelta(minutes=10)  # links are good since ten minutes before they were made (blobs.Links)


class FaultError(ValueError):
    """A rule that makes no sense; told to whoever asked for it."""


@dataclass(slots=True)
class Rule:
    """Which requests fail, and how.

    - `throttle`: 429 with Retry-After `seconds` (none where it is negative); the storage says 503 ServerBusy.
    - `error`: `status` (500, 503, …) in the form of the plane.
    - `reset`: the connection is dropped without an answer, the request was not looked at.
    - `lost-answer`: the same, but the request was carried out.
    - `delay`: the answer comes `seconds` later. `slow`: it comes with `rate` bytes a second.
    - `cut`: the connection is dropped after the part `keep` of the body. `short`: that part, as if it were all.
    - `cut-upload`: a connection to the host (of `path`) is dropped after it has carried `bytes` to it.
      `slow-upload`: it carries `rate` bytes a second. Below TLS, whatever the requests are; `count` connections.
    - `fail-operation`: what was accepted (a compute, an endpoint, a deployment whose id has `path`) ends as Failed with
      `code` and `message`.
    """

    kind: Kind
    plane: str = ""  # arm, api, login, blob, score; empty: all
    method: str = ""
    path: str = ""  # a regular expression, searched for in the host and path: `stx.blob.core.windows.net/azureml/…`
    probability: float = 1.0
    code: str = "InternalServerError"
    message: str = "The operation failed because a fault was asked for."
    count: int | None = None  # so many times; None: until it is taken away
    skip: int = 0  # the first so many requests of the kind pass
    status: int = 500
    seconds: float = 1.0
    rate: float = 1024.0
    keep: float = 0.5
    bytes: int = 0
    id: int = 0
    seen: int = 0
    done: int = 0

    def matches(self, call: Call) -> bool:
        """Whether the rule is about such a request at all."""
        if (
            self.kind in (*_OF_THE_LINE, "fail-operation")
            or self.plane not in ("", call.plane)
            or self.method.upper() not in ("", call.method)
        ):
            return False
        return re.search(self.path, f"{call.host}{call.path}") is not None

    def strikes(self, seed: int) -> bool:
        """Count a request that matches; whether this one fails. The same seed gives the same ones each time."""
        self.seen += 1
        if self.seen <= self.skip or (self.count is not None and self.done >= self.count):
            return False
        lot = random.Random(f"{seed}/{self.id}/{self.seen}").random()
        self.done += lot < self.probability
        return lot < self.probability


@dataclass(frozen=True, slots=True)
class Done:
    """A fault that was made."""

    time: datetime
    fault: str
    method: str
    host: str
    path: str
    rule: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it for the control plane."""
        return {**asdict(self), "time": stamp(self.time)}


@dataclass(slots=True)
class Faults:
    """The rules in force, what they did, and which hosts are away."""

    now: Callable[[], datetime]
    seed: int = 0
    rules: dict[int, Rule] = field(default_factory=dict)
    log: deque[Done] = field(default_factory=lambda: deque(maxlen=20_000))
    away: str = ""  # a regular expression of hosts that can't be reached; empty: none
    silence: asyncio.Event | None = None  # hosts that are away don't drop their clients: mute until it is set
    links_before: datetime | None = None  # SAS links handed out before then are refused as expired
    _last: int = 0

    def add(self, asked: Mapping[str, Any]) -> Rule:
        """Put a rule in force; FaultError where it names what there is not."""
        rule = rule_of(asked)
        self._last += 1
        rule.id = self._last
        self.rules[rule.id] = rule
        return rule

    def is_away(self, host: str) -> bool:
        """Whether a host can't be reached at present."""
        return bool(self.away) and re.search(self.away, host) is not None

    async def back(self, host: str) -> None:
        """Wait until a mute host speaks again; at once where it isn't mute."""
        while self.silence is not None and self.is_away(host):
            await self.silence.wait()

    def go_away(self, hosts: str, *, mute: bool = False) -> None:
        """Let hosts (a regular expression; empty: none) be away from now on; whoever was kept waiting goes on."""
        silence, self.silence = self.silence, asyncio.Event() if mute and hosts else None
        self.away = hosts
        if silence is not None:
            silence.set()

    def of_the_line(self, host: str) -> list[Rule]:
        """The rules about what clients send to a host that have not struck often enough."""
        rules = (rule for rule in self.rules.values() if rule.kind in _OF_THE_LINE and re.search(rule.path, host))
        return [rule for rule in rules if rule.count is None or rule.done < rule.count]

    def fate(self, resource: str) -> Rule | None:
        """The rule by which the making of a resource (its ARM id) is to fail now."""
        for rule in self.rules.values():
            if rule.kind == "fail-operation" and re.search(rule.path, resource) and rule.strikes(self.seed):
                self.log.append(Done(self.now(), rule.kind, "", "", resource, rule.id))
                return rule
        return None

    def note(self, fault: str, call: Call, rule: int = 0) -> None:
        """Remember a fault."""
        self.log.append(Done(self.now(), fault, call.method, call.host, call.path, rule))

    def striking(self, call: Call) -> list[Rule]:
        """The rules that this request runs into, each counted."""
        return [rule for rule in self.rules.values() if rule.matches(call) and rule.strikes(self.seed)]


def rule_of(asked: Mapping[str, Any]) -> Rule:
    """A rule from its JSON; FaultError with what is wrong."""
    known = set(Rule.__dataclass_fields__) - {"id", "seen", "done"}
    unknown = sorted(set(asked) - known)
    if unknown:
        raise FaultError(f"There is no {', '.join(unknown)}. A rule has {', '.join(sorted(known))}.")
    if asked.get("kind") not in KINDS:
        raise FaultError(f"There is no fault {asked.get('kind')!r}. There are {', '.join(KINDS)}.")
    try:
        rule = Rule(**asked)
        re.compile(rule.path)
    except (TypeError, re.error) as error:
        raise FaultError(f"The rule can't be read: {error}") from None
    return rule


def parse_fault(text: str) -> dict[str, Any]:
    """A rule as the command line has it: `throttle,plane=api,probability=0.1`."""
    kind, *pairs = text.split(",")
    asked: dict[str, Any] = {"kind": kind}
    for name, _, value in (pair.partition("=") for pair in pairs):
        asked[name] = value if name in ("plane", "method", "path") else _number(name, value)
    try:
        rule_of(asked)
    except FaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return asked


def _number(name: str, value: str) -> float:
    try:
        return int(value) if value.lstrip("-").isdigit() else float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{name} is to be a number, not {value!r}") from None


async def gate(service: Service, call: Call, go: Go) -> Answer:
    """What every request passes before it is looked at."""
    faults = service.part(Faults)
    if call.plane == "control":
        return await go()
    await faults.back(call.host)
    if faults.is_away(call.host):
        faults.note("away", call)
        return Answer(cut=0)
    if _is_old_link(faults, call):
        faults.note("expired-link", call)
        return _expired_link(service, call)
    struck = faults.striking(call)
    for rule in struck:
        faults.note(rule.kind, call, rule.id)
    return await _under(struck, service, call, go)


async def _under(struck: list[Rule], service: Service, call: Call, go: Go) -> Answer:
    """Wait first, then fail or change the answer: the first rule of each sort counts."""
    for rule in struck:
        if rule.kind == "delay":
            await asyncio.sleep(rule.seconds)
    for rule in struck:
        if rule.kind == "throttle":
            return throttled(service, call, rule.seconds)
        if rule.kind == "error":
            return failed(service, call, rule.status)
        if rule.kind == "reset":
            return Answer(cut=0)
    answer = await go()
    for rule in struck:
        answer = _changed(answer, rule)
    return answer


def _changed(answer: Answer, rule: Rule) -> Answer:
    size = answer.size()
    if rule.kind == "lost-answer":
        return replace(answer, cut=0)
    if rule.kind == "slow":
        return replace(answer, rate=rule.rate)
    if rule.kind == "cut":
        return replace(answer, cut=int(size * rule.keep))
    if rule.kind == "short" and size:
        kept = b"".join(answer.pieces(1 << 20))[: int(size * rule.keep)]
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        kind = {} if isinstance(answer.body, bytes) else {"Content-Type": "application/json; charset=utf-8"}
        return replace(answer, body=kept, headers=kind | headers)
    return answer


def _is_old_link(faults: Faults, call: Call) -> bool:
    """Whether a SAS that the service handed out is from before the moment at which all were let expire."""
    if faults.links_before is None or call.plane != "blob" or "sig" not in call.query:
        return False
    start = parse_when(call.query.get("st", ""))
    return start is not None and start + _EARLY < faults.links_before


def _expired_link(service: Service, call: Call) -> Answer:
    now = service.clock.now()
    start, ago = parse_when(call.query["st"]), http_date(now - timedelta(seconds=1))
    times = f"Start [{http_date(start or now)}] - Expiry [{ago}] - Current [{http_date(now)}]"
    refusal = RefusalError("AuthenticationFailed", f"Signature not valid in the specified time frame: {times}")
    return refused(refusal, now, call.method)


def prepare(service: Service) -> None:
    """Let every request pass the gate."""
    service.clock.skew = timedelta(seconds=service.options.skew)
    faults = Faults(service.clock.now, service.options.seed)
    service.add_part(faults)

    async def passed(call: Call, go: Go) -> Answer:
        return await gate(service, call, go)

    service.gates.insert(0, passed)
    for asked in service.options.faults:
        faults.add(asked)
