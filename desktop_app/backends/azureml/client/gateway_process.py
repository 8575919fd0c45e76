"""The wire as children: one asks the cloud and signs in, others work with the SDK; each is there while it is needed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from desktop_app.api import Progress, SignInPrompt, SignInReport, SignInStep, UserError, Value, Workspace
from desktop_app.backends.azureml.client.child import Child, ChildGone, Hear, Role
from desktop_app.backends.azureml.client.clouds import cloud_named
from desktop_app.backends.azureml.client.interpreter import Interpreter, MakePython
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply, Tail

T = TypeVar("T")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_LIVES = 3  # children that one request may use up


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, in seconds, an idle child stays (its memory is given back then), and how many use the SDK at once."""

    wire_idle: float = 300.0
    sdk_idle: float = 60.0
    sdk_children: int = 2


class Gateway:
    """Implements `Wire`. Belongs to one event loop; `close` ends the children, and so does the end of the program."""

    def __init__(self, python: MakePython, limits: Limits | None = None, progress: Progress | None = None) -> None:
        self._python = Interpreter(python)
        self._limits = limits or Limits()
        self._progress = progress or _ignore
        self.clock = ""
        self._open()
        self._wire: Child | None = None
        self._free: list[Child] = []
        self._used: set[Child] = set()
        self._stale: set[Child] = set()
        self._ends: dict[Child, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[None]] = set()

    def _open(self) -> None:
        self._is_closing = False
        self._places = {"wire": asyncio.Lock(), "sdk": asyncio.Lock()}
        self._room = asyncio.Semaphore(self._limits.sdk_children)

    async def prepare(self, progress: Progress) -> None:
        """Make the client's Python where it is not there yet."""
        await self._python.path(progress)

    def warm_up(self, workspace: Workspace) -> None:
        """Start the children, where the client is made, and sign in: that passes beside what comes before a job."""
        self._beside(self._have_token(workspace))
        self._beside(self._have_sdk())

    async def ask(self, workspace: Workspace, ask: Ask) -> Reply:
        """Send a request and return its answer."""
        asked = {
            "method": ask.method, "url": ask.url, "json": ask.json,
            "audience": _of_storage(workspace, ask.url) if ask.audience == "storage" else ask.audience,
            "headers": dict(ask.headers), "patience": ask.patience, "text": ask.text,
            "omit": ask.omit,
        }  # fmt: skip
        said = await self._asked("ask", workspace, asked, lives=_LIVES if ask.method in _SAFE else 1)
        self.clock = said.pop("clock")
        return Reply(**said)

    async def tail(self, workspace: Workspace, url: str, path: Path, offset: int) -> Tail:
        """Append what is new of a growing file; `forbidden` means that the URL's signature has run out."""
        asked = {"url": url, "audience": _of_storage(workspace, url), "path": str(path), "offset": offset}
        return Tail(**await self._asked("tail", workspace, asked))

    async def download(  # noqa: PLR0913 - as the protocol has it
        self, workspace: Workspace, url: str, path: Path, *, size: int | None, md5: str | None, progress: Progress
    ) -> None:
        """Fetch a whole file."""
        asked = {"url": url, "audience": _of_storage(workspace, url), "path": str(path), "size": size, "md5": md5}
        await self._asked("download", workspace, asked, _telling(progress))

    async def call(
        self, workspace: Workspace, function: str, arguments: Mapping[str, Value], progress: Progress
    ) -> Value:
        """Call a function of the SDK, in a child that does nothing else meanwhile; cancelling ends that child."""
        async with self._room:
            await self.prepare(progress)
            progress("Starting the Azure ML client", None)
            self._beside(self._have_token(workspace))
            child = await self._sdk(progress)
            try:
                result: Value = await child.ask(
                    "call", self._hearing(child, workspace, progress),
                    function=function, arguments=dict(arguments), workspace=_named(workspace),
                )  # fmt: skip
            except ChildGone as gone:
                raise _gone(gone) from gone
            except CloudFault:
                raise
            except BaseException:  # who asked is gone: what the child does is for nobody
                self._end(child)
                raise
            finally:
                self._put_back(child)
        return result

    async def sign_in(
        self,
        workspace: Workspace,
        method: str,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        """Sign in; `given` is a service principal's `client_id`, `client_secret` and `tenant_id` where typed."""

        def hear(kind: str, said: Any) -> None:
            if kind == "prompt":
                tell(SignInPrompt(said["url"], said.get("code", ""), said.get("message", "")))

        said = await self._asked("sign_in", workspace, {"method": str(method), "given": dict(given or {})}, hear)
        self._forget_clients()
        self.clock = said["clock"]
        return SignInReport(
            said["account"], said["tenant"], said["kept_in"], tuple(SignInStep(**each) for each in said["steps"])
        )

    async def sign_out(self, workspace: Workspace) -> None:
        """Forget the tokens of the workspace's account."""
        await self._asked("sign_out", workspace, {})
        self._forget_clients()

    def _forget_clients(self) -> None:
        """End the children that work with the SDK, once they are idle: they remember a token of who was signed in."""
        self._stale |= self._used
        for each in list(self._free):
            self._end(each)

    async def close(self) -> None:
        """End the children; who asks afterwards, be it on another loop, gets new ones."""
        self._is_closing = True
        try:
            for task in self._answering:
                task.cancel()
            for each in (*self._used, *self._free, *([self._wire] if self._wire else [])):
                self._end(each)
            while left := (*self._ending, *self._answering):
                await asyncio.gather(*left, return_exceptions=True)
        finally:
            self._open()

    async def _asked(
        self, do: str, workspace: Workspace, asked: Mapping[str, Any], hear: Hear | None = None, lives: int = _LIVES
    ) -> Any:
        """Ask the child that asks; if it dies over a request that is safe to repeat, ask the next one."""
        account = _account(workspace)
        while True:
            child = await self._asking()
            lives -= 1
            try:
                return await child.ask(do, hear or _deaf, account=account, **asked)
            except ChildGone as gone:
                if lives <= 0:
                    raise _gone(gone) from gone
            finally:
                self._rest(child, self._limits.wire_idle)

    async def _asking(self) -> Child:
        async with self._places["wire"]:
            if self._wire is None or not self._wire.is_alive:
                if self._wire is not None:
                    self._end(self._wire)
                self._wire = await self._start("wire", self._progress)
            self._wake(self._wire)
            return self._wire

    async def _sdk(self, progress: Progress) -> Child:
        async with self._places["sdk"]:
            while self._free:
                child = self._free.pop()
                self._wake(child)
                if child.is_alive:
                    break
                self._end(child)
            else:
                child = await self._start("sdk", progress)
        self._used.add(child)
        return child

    async def _start(self, role: Role, progress: Progress) -> Child:
        opening = self._places
        self._refuse_closed(opening)
        python = await self._python.path(progress)
        self._refuse_closed(opening)
        child = await Child.start(python, role)
        try:
            self._refuse_closed(opening)
        except CloudFault:  # who closed knew nothing of this one
            await child.end()
            raise
        return child

    def _refuse_closed(self, opening: object) -> None:
        """Raise CloudFault where it is being closed, or was since `opening`."""
        if self._is_closing or opening is not self._places:
            raise CloudFault("The program is ending.", kind="gateway")

    def _put_back(self, child: Child) -> None:
        if child not in self._used:
            return  # it was ended meanwhile
        self._used.discard(child)
        if child.is_alive and child not in self._stale:
            self._free.append(child)
            self._rest(child, self._limits.sdk_idle)
        else:
            self._end(child)

    def _rest(self, child: Child, seconds: float) -> None:
        """Let a child that nobody asks end after a while."""
        self._wake(child)
        if not child.is_busy:
            self._ends[child] = asyncio.get_running_loop().call_later(seconds, self._idle, child, seconds)

    def _wake(self, child: Child) -> None:
        if timer := self._ends.pop(child, None):
            timer.cancel()

    def _idle(self, child: Child, seconds: float) -> None:
        if child.is_busy or child.keeps_secrets:
            self._rest(child, seconds)
        else:
            self._end(child)

    def _end(self, child: Child) -> None:
        """End a child beside everything else."""
        self._wake(child)
        self._used.discard(child)
        self._stale.discard(child)
        if child in self._free:
            self._free.remove(child)
        if self._wire is child:
            self._wire = None
        task = asyncio.create_task(child.end(), name="gateway's end")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _hearing(self, child: Child, workspace: Workspace, progress: Progress) -> Hear:
        telling = _telling(progress)

        def hear(kind: str, said: Any) -> None:
            if kind != "question":
                telling(kind, said)
                return
            number, question = said
            self._beside(self._hand_over(child, number, workspace, question["token"]))

        return hear

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="beside")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _have_sdk(self) -> None:
        """Let there be a child that works with the SDK, whose import takes a second."""
        if not (self._free or self._used):
            with contextlib.suppress(UserError):  # it is told when the SDK is wanted
                self._put_back(await self._sdk(_ignore))

    async def _have_token(self, workspace: Workspace) -> None:
        """Let there be a token by the time the SDK, which takes seconds to start, wants one."""
        with contextlib.suppress(UserError):  # it is told when the token is wanted
            await self._asked("token", workspace, {"scope": cloud_named(workspace.cloud).scope("management")})

    async def _hand_over(self, child: Child, number: int, workspace: Workspace, scope: str) -> None:
        """Give the SDK's child a token of the other child's."""
        try:
            child.answer(number, value=await self._asked("token", workspace, {"scope": scope}))
        except UserError as error:
            fault = (
                error if isinstance(error, CloudFault) else CloudFault(error.message, kind="gateway", hint=error.hint)
            )
            told = {name: getattr(fault, name) for name in ("kind", "message", "hint", "details", "status", "code")}
            child.answer(number, fault=told)


def _account(workspace: Workspace) -> dict[str, Any]:
    cloud = cloud_named(workspace.cloud)
    return {
        "authority": cloud.authority,
        "tenant": workspace.tenant,
        "subscription": workspace.subscription,
        "method": str(workspace.sign_in),
        "name": workspace.name,
        "client": workspace.client,
        "scopes": {each: cloud.scope(each) for each in ("management", "storage")},
    }


def _named(workspace: Workspace) -> dict[str, str]:
    return {
        "name": workspace.name,
        "subscription": workspace.subscription,
        "group": workspace.group,
        "cloud": cloud_named(workspace.cloud).name,
    }


def _of_storage(workspace: Workspace, url: str) -> str:
    """Return whose token a file wants: none where the URL is signed, or leads to who is no storage of the cloud."""
    is_signed = "sig=" in urlsplit(url).query
    return "storage" if not is_signed and cloud_named(workspace.cloud).is_storage(url) else ""


def _telling(progress: Progress) -> Hear:
    def hear(kind: str, said: Any) -> None:
        if kind == "progress":
            progress(said[0], said[1])

    return hear


def _gone(gone: ChildGone) -> CloudFault:
    message = "The Azure ML client ended in the middle of its work."
    return CloudFault(message, kind="gateway", hint="Try again: it is started anew.", details=gone.details)


def _deaf(_kind: str, _said: Any) -> None:
    pass


def _ignore(_message: str, _part: float | None) -> None:
    pass
