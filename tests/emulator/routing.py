"""Requests, answers, and which function answers which request."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

if TYPE_CHECKING:
    from tests.emulator.service import Service
    from tests.emulator.state import Workspace

Plane = Literal["arm", "api", "login", "blob", "score", "control"]

NOTHING: Final = object()
"""The body of an answer that has none (None is the JSON text `null`)."""

WORKSPACE: Final = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
)
_HOLE = re.compile(r"\{(\w+)(\*?)\}")


@dataclass(frozen=True)
class Call:
    """A request. `parts` are the template's holes; `headers` have lower-case names; `claims` are the token's."""

    method: str
    host: str
    path: str
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    plane: Plane = "arm"
    query_string: str = ""
    found: Workspace | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where there is no body."""
        return json.loads(self.body) if self.body else None

    @property
    def workspace(self) -> Workspace:
        """The workspace that the path names."""
        assert self.found is not None, f"{self.path} names no workspace"
        return self.found

    @property
    def url(self) -> str:
        """The whole address that was asked for."""
        return f"https://{self.host}{self.path}" + (f"?{self.query_string}" if self.query_string else "")

    @property
    def api_version(self) -> str:
        """The version of the interface that the client speaks; never pinned, only logged and repeated."""
        return self.query.get("api-version", "")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A body that lies in a file: sent piece by piece, never read whole."""

    path: Path
    start: int
    size: int


@dataclass(frozen=True)
class Answer:
    """What is sent back: a dict or list as JSON, bytes and FileParts as they are, NOTHING as no body, None as `null`.

    `cut` drops the connection after so many bytes of the body (0: before the head), `rate` slows it to bytes a second.
    """

    status: int = 200
    body: object = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    rate: float | None = None

    def size(self) -> int:
        """Return how many bytes the body has."""
        return self.body.size if isinstance(self.body, FilePart) else len(self._content)

    def pieces(self, at_most: int) -> Iterator[bytes]:
        """Return the body's bytes in pieces."""
        if isinstance(self.body, FilePart):
            yield from _file_pieces(self.body, at_most)
            return
        for start in range(0, len(self._content), at_most):
            yield self._content[start : start + at_most]

    @cached_property
    def _content(self) -> bytes:
        if self.body is NOTHING:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, indent=2).encode()


def _file_pieces(part: FilePart, at_most: int) -> Iterator[bytes]:
    with part.path.open("rb") as file:
        file.seek(part.start)
        left = part.size
        while left and (piece := file.read(min(left, at_most))):
            left -= len(piece)
            yield piece


Handler = Callable[["Service", Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One template, compiled. Literal segments match in any case, as they do in ARM."""

    method: str
    plane: Plane
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    anonymous: bool = False

    def match(self, path: str) -> dict[str, str] | None:
        """Return the holes' values where the path is of this form."""
        found = self.pattern.fullmatch(path)
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


class Routes:
    """A table of routes. `{ws}` stands for a workspace's path, `{name}` for one segment, `{name*}` for the rest."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(self, method: str, plane: Plane, template: str, handler: Handler, *, anonymous: bool = False) -> None:
        """Let `handler` answer `method` (or `*`) on what matches the template; `anonymous`: needs no token."""
        pattern = _compiled(template.replace("{ws}", WORKSPACE))
        self._routes.append(Route(method, plane, template, pattern, handler, anonymous))

    def join(self, other: Routes) -> None:
        """Take over another table's routes, after one's own."""
        self._routes.extend(other)

    def find(self, method: str, plane: Plane, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the first route that answers, with the values of its holes; HEAD is answered as GET."""
        methods = {method, "*"} | ({"GET"} if method == "HEAD" else set())
        for route in self._routes:
            if route.plane == plane and route.method in methods:
                parts = route.match(path)
                if parts is not None:
                    return route, parts
        return None


def _compiled(template: str) -> re.Pattern[str]:
    written, at = "", 0
    for hole in _HOLE.finditer(template):
        written += re.escape(template[at : hole.start()]) + f"(?P<{hole[1]}>{'.*' if hole[2] else '[^/]+'})"
        at = hole.end()
    return re.compile(written + re.escape(template[at:]) + "/?", re.IGNORECASE | re.DOTALL)
