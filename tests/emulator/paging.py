"""Pages of long lists, each entry written only when its page is asked for."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from tests.emulator.routing import Call
from tests.emulator.service import Service
from tests.emulator.state import Json

T = TypeVar("T")


def page_of(service: Service, call: Call, found: Sequence[T], shown: Callable[[T], Json]) -> Json:
    """Return a page of ARM's: `nextLink` repeats the query, is the last member, and is absent on the last page."""
    query = {key: value for key, value in call.query.items() if key.lower() != "$skiptoken"}
    token = next((value for key, value in call.query.items() if key.lower() == "$skiptoken"), "")
    start = read_token(token)
    top = int(call.query.get("$top") or call.query.get("count") or service.options.page)
    body: Json = {"value": [shown(each) for each in found[start : start + top]]}
    if start + top < len(found) and "$top" not in call.query:
        written = "".join(f"{key}={quote(value, safe='')}&" for key, value in query.items())
        body["nextLink"] = f"https://{call.host}{call.path}?{written}$skipToken={make_token(start + top)}"
    return body


def make_token(start: int) -> str:
    """Return a continuation token as ARM's look: base64url of gzip."""
    return urlsafe_b64encode(gzip.compress(json.dumps({"start": start}).encode(), mtime=0)).decode().rstrip("=")


def read_token(token: str) -> int:
    """Return where a page starts; a token that is none starts at the beginning."""
    try:
        padded = token + "=" * (-len(token) % 4)
        return int(json.loads(gzip.decompress(urlsafe_b64decode(padded)))["start"]) if token else 0
    except (OSError, ValueError, KeyError, EOFError, zlib.error):
        return 0
