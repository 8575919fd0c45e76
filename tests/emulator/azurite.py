"""Azurite, Microsoft's own emulator of the storage: put into the user's cache by npm, run by node."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import ssl
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterable
from pathlib import Path

import trustme

from installer.locks import held
from installer.verbs import default_cache
from tests.emulator.blob_signing import account_key

VERSION = "3.35.0"  # the last that runs on node 20
_PATIENCE = 60.0
_LISTENS = re.compile(rb"successfully listens on https://\S+:(\d+)")
# Azurite ends with whoever started it: when its standard input is closed.
_START = (
    "process.argv.splice(1, 0, 'azurite-blob'); process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'))"
)
_START += ".resume(); require(process.argv.pop());"


class AzuriteError(Exception):
    """Azurite can't be had or doesn't start; the text says what to do."""


def missing() -> str:
    """What keeps Azurite from being used on this machine; empty where nothing does."""
    absent = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"Azurite needs {' and '.join(absent)}, version 20 or later of Node.js." if absent else ""


def installed(cache: Path | None = None) -> Path:
    """The script that starts Azurite's blob service; put into the cache where it isn't there yet (190 MB, 20 s)."""
    if missing():
        raise AzuriteError(missing())
    folder = (cache or default_cache()) / "azurite" / VERSION
    main = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder.with_name(f"{VERSION}.lock")):
            if not (folder / "complete").exists():
                _install(folder)
    return main


def _install(folder: Path) -> None:
    options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error"]
    command = [str(shutil.which("npm")), "install", "--prefix", str(folder), f"azurite@{VERSION}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AzuriteError(f"npm could not install azurite@{VERSION}:\n{done.stderr[-2000:]}")
    (folder / "complete").touch()


class Azurite:
    """A process of Azurite with its files below `home`; it knows the accounts that it was started with."""

    def __init__(self, home: Path, accounts: Iterable[str], script: Path | None = None) -> None:
        self.accounts = set(accounts)
        self.port = 0
        self._script = script or installed()
        self._home = home / "azurite"
        self._process: Process | None = None
        self.trust = self._certify()

    async def start(self) -> None:
        """Start it and wait until it listens."""
        known = ";".join(f"{name}:{account_key(name)}" for name in sorted(self.accounts))
        self._process = await asyncio.create_subprocess_exec(
            str(shutil.which("node")), "-e", _START, "--", *self._options(), str(self._script),
            env={**os.environ, "AZURITE_ACCOUNTS": known}, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(_PATIENCE):
            self.port = await self._listening(self._process)

    async def close(self) -> None:
        """End it; what it holds stays in its folder."""
        process, self._process, self.port = self._process, None, 0
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def know(self, account: str) -> None:
        """Make an account known: Azurite is started anew, as it reads its accounts from its environment."""
        if account not in self.accounts or self._process is None:
            self.accounts.add(account)
            await self.close()
            await self.start()

    def _options(self) -> list[str]:
        place = ["--location", str(self._home), "--blobHost", "127.0.0.1", "--blobPort", "0"]
        tls = ["--cert", str(self._home / "cert.pem"), "--key", str(self._home / "key.pem"), "--oauth", "basic"]
        return [*place, *tls, "--skipApiVersionCheck", "--disableTelemetry", "--silent"]

    def _certify(self) -> ssl.SSLContext:
        """OAuth wants TLS: a certificate for nobody but the emulator, which alone talks to Azurite."""
        self._home.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        made = authority.issue_cert("127.0.0.1", "localhost")
        made.private_key_pem.write_to_path(self._home / "key.pem")
        (self._home / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        return trust

    @staticmethod
    async def _listening(process: Process) -> int:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if found := _LISTENS.search(line):
                return int(found[1])
        raise AzuriteError(f"Azurite ended with code {await process.wait()} before it listened.")
