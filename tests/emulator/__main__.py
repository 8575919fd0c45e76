"""Starts the emulator: `python -m tests.emulator --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.emulator.authority import Authority
from tests.emulator.azure_clouds import azure_clouds
from tests.emulator.azurite import AzuriteError
from tests.emulator.cloud import new_service
from tests.emulator.faults import parse_fault
from tests.emulator.options import Options
from tests.emulator.server import Server
from tests.emulator.starting import Started, greeting, started


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end."""
    asked = _parser().parse_args(arguments)
    with contextlib.ExitStack() as stack:
        home = asked.home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azureml-emulator-")))
        home.mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(_serve(_options(asked, home.resolve()), as_json=asked.json))
        except KeyboardInterrupt:
            return 0
        except AzuriteError as error:
            print(error, file=sys.stderr)
            return 1
        except OSError as error:
            ports = f"the ports {asked.port} and {asked.port + 1}" if asked.port else "127.0.0.1"
            print(f"The emulator can't listen at {ports}: {error.strerror or error}", file=sys.stderr)
            return 1
    return 0


async def _serve(options: Options, *, as_json: bool) -> None:
    service = new_service(options)
    server = Server(service, Authority(options.home / "authority"))
    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    try:
        addresses = await server.start(options.port)
        for path, told in options.controls:
            await _control(server, path, told)
        _tell(started(service, addresses), as_json=as_json)
        if as_json:
            service.spawn(_watch_stdin(ended))
        await ended.wait()
    finally:
        await server.close()


async def _control(server: Server, path: str, told: str) -> None:
    answer = await server.control(path, told)
    if answer.status >= 400:
        said = b"".join(answer.pieces(1 << 16)).decode()
        raise SystemExit(f"--control {path} {told} was answered {answer.status}: {said}")


def _tell(where: Started, *, as_json: bool) -> None:
    print(json.dumps(where.as_json()) if as_json else greeting(where), flush=True)


async def _watch_stdin(ended: asyncio.Event) -> None:
    """End with the program that started the emulator."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    ended.set()


def _options(asked: argparse.Namespace, home: Path) -> Options:
    return Options(
        home=home,
        port=asked.port,
        azurite=asked.azurite,
        secrets=asked.secrets,
        delays=asked.delay,
        cloud=asked.cloud,
        location=asked.location,
        workspaces=tuple(asked.workspace or ("emulated",)),
        page=asked.page,
        any_token=asked.any_token,
        tunnel=asked.tunnel,
        seed=asked.seed,
        skew=asked.skew,
        faults=tuple(asked.fault),
        controls=tuple((path, told) for path, told in asked.control),
    )


def _delays(text: str) -> Mapping[str, float]:
    """`compute=20,queued=5` as seconds by name."""
    try:
        return {name.strip(): float(value) for name, _, value in (each.partition("=") for each in text.split(","))}
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=SECONDS,NAME=SECONDS") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description="An emulator of Azure ML.")
    parser.add_argument("--home", type=Path, help="folder of its certificates and blobs (default: one that is removed)")
    parser.add_argument(
        "--port", type=int, default=0, help="port of the proxy, the control plane takes the next (default: any)"
    )
    parser.add_argument("--workspace", action="append", metavar="NAME", help="a workspace; may be given several times")
    parser.add_argument("--location", default="westus", help="region of the workspaces (default: %(default)s)")
    parser.add_argument("--cloud", choices=list(azure_clouds()), default="AzureCloud", help="the cloud to be")
    parser.add_argument("--azurite", action="store_true", help="keep blobs in Azurite instead of the built-in store")
    parser.add_argument("--secrets", choices=("sas", "key", "none"), default="sas", help="what datastores hand out")
    parser.add_argument("--delay", type=_delays, default={}, metavar="NAME=SECONDS,...", help="how long things take")
    parser.add_argument("--page", type=int, default=50, help="entries on a page of a list (default: %(default)s)")
    parser.add_argument("--any-token", action="store_true", help="take any bearer token, also one made up")
    parser.add_argument("--tunnel", action="store_true", help="let connections to all other hosts through")
    parser.add_argument(
        "--fault",
        type=parse_fault,
        action="append",
        default=[],
        metavar="KIND,NAME=VALUE,...",
        help="let requests fail, as `throttle,plane=api,probability=0.1,seconds=2`; may be repeated",
    )
    parser.add_argument(
        "--control",
        nargs=2,
        action="append",
        default=[],
        metavar=("PATH", "JSON"),
        help="do what a POST to the control plane would, as `jobs/pretend '{\"count\": 100}'`; may be repeated",
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed lets the same requests fail")
    parser.add_argument("--skew", type=float, default=0.0, metavar="SECONDS", help="how far its clock is ahead")
    parser.add_argument("--json", action="store_true", help="print one line of JSON; end when stdin is closed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
