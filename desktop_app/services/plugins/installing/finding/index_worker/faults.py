"""Why a source gave no answer, as a sentence for people; passwords and signatures in addresses are in none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx2

MISSING, OUTSIDE, WRONG, LARGE = "missing", "outside", "wrong", "large"
_TIMED_OUT = (httpx2.TimeoutException,)
_STATUS = {
    401: "wants a name and a password, or another one",
    403: "lets nobody in with what it was given",
    407: "can't be asked: the proxy wants a name and a password",
    429: "was asked too often and wants to be left alone for a while",
}
_PASSWORDS = "Put them into pip's index-url, into .netrc, or into the keyring, as for pip."


class Fault(Exception):  # noqa: N818 - a fault is what it is
    """`kind` is missing (there is nothing of that name), outside (no answer), wrong (it can't be right), or large.

    `again` where the same question may well be answered when it is asked once more.
    """

    def __init__(self, kind: str, message: str, hint: str = "", *, again: bool = False) -> None:
        super().__init__(message)
        self.kind, self.message, self.hint = kind, message, hint
        self.again = again


def bare(url: str) -> str:
    """Return an address without name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def shown(url: str) -> str:
    """Return an address as it may be shown: also without query and fragment, where signatures stand."""
    try:
        return _shown(url)
    except ValueError:
        return "an address that can't be read"


def _shown(url: str) -> str:
    return urlunsplit(urlsplit(bare(url))._replace(query="", fragment="")).rstrip("/")


@contextmanager
def told(url: str, seconds: float) -> Iterator[None]:
    """Turn what goes wrong while asking `url` into a Fault."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise by_status(url, error.response.status_code) from None
    except _TIMED_OUT:
        raise Fault(OUTSIDE, f"{shown(url)} did not answer within {seconds:g} s.") from None
    except httpx2.TooManyRedirects:
        raise Fault(WRONG, f"{shown(url)} sends who asks it round in circles.") from None
    except httpx2.ConnectError as error:
        raise _unreachable(url, error) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
        message = f"{shown(url)} broke off in the midst of its answer."
        raise Fault(OUTSIDE, message, "Try again.", again=True) from None


def by_status(url: str, status: int) -> Fault:
    """Return what an answer's status means."""
    if status in {404, 410}:
        return Fault(MISSING, f"{shown(url)} is not there.")
    what = _STATUS.get(status) or ("is in trouble" if status >= 500 else "refuses to answer")
    hint = _PASSWORDS if status in {401, 403} else ""
    return Fault(OUTSIDE, f"{shown(url)} {what} (status {status}).", hint, again=status in {502, 503, 504})


def _unreachable(url: str, error: httpx2.ConnectError) -> Fault:
    words = _words(error)
    if "CERTIFICATE_VERIFY" in words:
        return Fault(
            OUTSIDE, f"{shown(url)} shows a certificate that isn't trusted here.",
            "Set pip's cert to your company's certificates, or wait until theirs is mended.",
        )  # fmt: skip
    return Fault(OUTSIDE, f"{shown(url)} can't be reached.", f"Is the network there? ({words})")


def _words(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:300]
