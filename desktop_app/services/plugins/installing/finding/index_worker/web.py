"""Asks servers as pip would, with limits: no answer is endless, and none leads to a file of this computer."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import httpx2
from unearth.auth import MultiDomainBasicAuth
from unearth.collector import is_secure_origin
from unearth.fetchers import Fetcher, PyPIClient
from unearth.link import Link

from .faults import LARGE, OUTSIDE, WRONG, Fault, by_status, shown, told

Told = Callable[[int, int], None]
"""Called with the bytes that came and those that are expected, 0 where nobody knows."""
_TO_CONNECT = 10.0  # seconds; a server that is there says so sooner, however slow it is
_FOR_A_FILE = 3600.0  # seconds
_PAUSE = 0.3  # seconds before a server that broke off is asked once more
PLAIN = {"Accept-Encoding": "identity"}  # a file's bytes as they are, so that its hash and its ranges are right


@dataclass(frozen=True)
class Settings:
    """Where packages come from, as pip is set; `indexes` and `links` are addresses, some with passwords.

    `timeout` is how long a server may be silent, `patience` how long one page may take, both in seconds; `page` and
    `file` are the most bytes of a page and of a wheel.
    """

    indexes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    cert: str = ""
    client_cert: str = ""
    proxy: str = ""
    timeout: float = 15.0
    patience: float = 120.0
    page: int = 64_000_000
    file: int = 500_000_000

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Settings:
        """Return settings from JSON."""
        known: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()
        }
        return cls(**known)


@dataclass(frozen=True)
class Answer:
    """A page that came; `url` is where it came from in the end."""

    url: str
    content: bytes
    encoding: str | None
    content_type: str


class Web:
    """One client for all requests; it may be asked from several threads at once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client = PyPIClient(
            trusted_hosts=settings.trusted,
            verify=_trusted_certificates(settings.cert),
            cert=settings.client_cert or None,
            timeout=httpx2.Timeout(settings.timeout, connect=min(settings.timeout, _TO_CONNECT)),
            follow_redirects=True,
            max_redirects=10,
            event_hooks={"response": [_check_redirect]},
            mounts=_mounts(settings),
            proxy=settings.proxy or None,
        )
        self._client.auth = MultiDomainBasicAuth(
            prompting=False, index_urls=[*settings.indexes, *(each for each in settings.links if "://" in each)]
        )

    @contextmanager
    def opened(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[httpx2.Response]:
        """Ask for `url`; what comes is read by whoever asked. Raises Fault."""
        self._check(url)
        with told(url, self.settings.timeout), self._client.stream("GET", url, headers=dict(headers or {})) as response:
            if response.status_code != 304 and not response.is_success:
                raise by_status(url, response.status_code)
            yield response

    def page(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return a page as a whole. Raises Fault, also for one that is too long or takes too long."""
        try:
            return self._page(url, headers)
        except Fault as fault:
            if not fault.again:
                raise
        time.sleep(_PAUSE)
        return self._page(url, headers)

    def _page(self, url: str, headers: Mapping[str, str] | None) -> Answer:
        with self.opened(url, headers) as response:
            content = b"".join(self.pieces(response, self.settings.page))
            return Answer(str(response.url), content, response.encoding, response.headers.get("Content-Type", ""))

    def pieces(self, response: httpx2.Response, most: int, seconds: float = 0.0) -> Iterator[bytes]:
        """Yield an answer's content, at most so many bytes in so many seconds, by default what a page may take."""
        patience = seconds or self.settings.patience
        end, size, url = time.monotonic() + patience, 0, str(response.url)
        for piece in response.iter_bytes():
            size += len(piece)
            if size > most:
                raise Fault(LARGE, f"{shown(url)} sends more than {most / 1e6:g} MB; that is too much.")
            if time.monotonic() > end:
                raise Fault(OUTSIDE, f"{shown(url)} is too slow: it was given {patience:g} s.")
            yield piece

    def save(self, url: str, target: Path, most: int, tell: Told) -> None:
        """Write what `url` has into a file. Raises Fault."""
        with self.opened(url, PLAIN) as response, target.open("wb") as file:
            total, done = int(response.headers.get("Content-Length", 0) or 0), 0
            if total > most:
                raise Fault(LARGE, f"{shown(url)} is larger than {most / 1e6:g} MB; that is too much.")
            for piece in self.pieces(response, most, _FOR_A_FILE):
                file.write(piece)
                done += len(piece)
                tell(done, total)

    def _check(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise Fault(WRONG, f"{shown(url)} is no address that packages can come from.")
        if not is_secure_origin(cast("Fetcher", self._client), Link(url)):
            raise Fault(
                OUTSIDE, f"{shown(url)} is not asked: the way there is not encrypted.",
                "Use https, or name the host in pip's trusted-host.",
            )  # fmt: skip


def _trusted_certificates(cert: str) -> ssl.SSLContext | bool:
    if not cert:
        return True
    try:
        if Path(cert).is_dir():
            return ssl.create_default_context(capath=cert)
        return ssl.create_default_context(cafile=cert)
    except (OSError, ssl.SSLError) as error:
        hint = "Look at cert in pip's configuration."
        raise Fault(WRONG, f"The certificates in {cert}, which pip is set to, can't be read.", hint) from error


def _mounts(settings: Settings) -> dict[str, httpx2.BaseTransport]:
    """Return what goes where: files never through the client, trusted hosts through the proxy like the others."""
    mounts: dict[str, httpx2.BaseTransport] = {"file://": httpx2.HTTPTransport()}
    if settings.proxy:
        for host in settings.trusted:
            mounts[f"all://{host}"] = httpx2.HTTPTransport(verify=False, proxy=settings.proxy)
    return mounts


def _check_redirect(response: httpx2.Response) -> None:
    """Refuse to be led to files of this computer, or from an encrypted way to one that isn't."""
    if not response.has_redirect_location:
        return
    before, after = response.url.scheme, urlsplit(urljoin(str(response.url), response.headers["Location"])).scheme
    if after not in {"http", "https"} or (before == "https" and after == "http"):
        raise Fault(WRONG, f"{shown(str(response.url))} leads to {after}: addresses, which is not followed.")
