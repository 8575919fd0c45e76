"""The files of a project, as each source lists them: PEP 503 and 691, folders of wheels, pages of links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from packaging.utils import canonicalize_name
from unearth.collector import IndexPage, parse_html_page, parse_json_response
from unearth.link import Link
from unearth.utils import url_to_path

from .faults import MISSING, WRONG, Fault, bare, shown
from .web import Answer, Web

JSON_PAGE = "application/vnd.pypi.simple.v1+json"
ACCEPT = {"Accept": f"{JSON_PAGE}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"}
HTML = ("text/html", "application/vnd.pypi.simple.v1+html")
_ARCHIVES = (".whl", ".tar.gz", ".zip")


def index_files(web: Web, index: str, name: str) -> list[dict[str, Any]]:
    """Return the files of a project in an index. Raises Fault."""
    url = f"{index.rstrip('/')}/{canonicalize_name(name)}/"
    try:
        page = local_page(Path(url_to_path(url), "index.html")) if is_file(index) else web.page(url, ACCEPT)
        return facts_of(page, index)
    except Fault as fault:  # it is the index that has it, whatever it was asked
        raise Fault(fault.kind, fault.message.replace(shown(url), shown(index)), fault.hint) from None


def link_files(web: Web, where: str) -> list[dict[str, Any]]:
    """Return all files of a folder of wheels, or of a page of links. Raises Fault."""
    if "://" in where and not is_file(where):
        return facts_of(web.page(where, ACCEPT), where)
    path = Path(url_to_path(where) if is_file(where) else where).expanduser().absolute()
    if path.is_file() and path.suffix in {".html", ".htm"}:
        return facts_of(local_page(path), where)
    return folder_files(path, where)


def folder_files(folder: Path, where: str) -> list[dict[str, Any]]:
    """Return the packages in a folder. Raises Fault."""
    try:
        files = [(each, each.stat().st_size) for each in sorted(folder.iterdir()) if each.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        raise Fault(MISSING, f"The folder of packages {folder} is not there.") from None
    except OSError as error:
        raise Fault(WRONG, f"The folder of packages {folder} can't be read: {error.strerror}.") from None
    return [_facts(Link(path.as_uri()), size, where) for path, size in files if path.name.endswith(_ARCHIVES)]


def is_file(url: str) -> bool:
    """Whether an address is one of this computer's files."""
    return url.startswith("file:")


def local_page(path: Path) -> Answer:
    """Return a page that lies on this computer. Raises Fault."""
    try:
        return Answer(path.as_uri(), path.read_bytes(), "utf-8", "text/html")
    except FileNotFoundError:
        raise Fault(MISSING, f"{path} is not there.") from None
    except OSError as error:
        raise Fault(WRONG, f"{path} can't be read: {error.strerror}.") from None


def facts_of(answer: Answer, where: str) -> list[dict[str, Any]]:
    """Return the packages that a page of `where` lists. Raises Fault for what is no such page.

    A server's page names no file of this computer: such links are passed over.
    """
    schemes = ("http", "https", "file") if is_file(answer.url) else ("http", "https")
    try:
        links = [(each, size) for each, size in _links(answer) if each.parsed.scheme in schemes]
        return [_facts(link, size, where) for link, size in links if link.filename.endswith(_ARCHIVES)]
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        raise Fault(WRONG, f"{shown(answer.url)} answers with something that is no list of files.") from None


def _links(answer: Answer) -> Iterator[tuple[Link, int]]:
    """Yield the links of a page with their sizes, 0 where they aren't said."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    page = IndexPage(Link(answer.url), answer.content, answer.encoding, answer.content_type)
    if kind == JSON_PAGE:
        sizes = _sizes(answer)
        yield from ((each, sizes.get(each.url, 0)) for each in parse_json_response(page))
    elif kind in HTML:
        yield from ((each, 0) for each in parse_html_page(page))
    else:
        raise Fault(WRONG, f"{shown(answer.url)} answers with “{kind or 'nothing'}”, which no package index does.")


def _sizes(answer: Answer) -> dict[str, int]:
    """Return what PEP 700 says; unearth leaves it out."""
    files = json.loads(answer.content).get("files", [])
    return {urljoin(answer.url, each["url"]): each["size"] for each in files if isinstance(each.get("size"), int)}


def _facts(link: Link, size: int, where: str) -> dict[str, Any]:
    hashes = {name: values[0] for name, values in (link.hash_option or {}).items() if values}
    return {
        "source": bare(where).rstrip("/") or where,
        "filename": link.filename,
        "url": bare(link.url_without_fragment),
        "path": str(link.file_path) if link.is_file else "",
        "requires_python": _text(link.requires_python) or "",
        "yanked": _text(link.yank_reason),
        "metadata": _hashes(link.dist_info_metadata),
        "sha256": (_text(hashes.get("sha256")) or "").lower(),
        "size": size,
    }


def _hashes(said: Any) -> dict[str, str] | None:
    """Return the hashes of metadata, none where it is only said that there are some, None where there are none."""
    if not isinstance(said, dict):
        return {} if said else None
    return {name: value for name, value in said.items() if isinstance(value, str)}


def _text(said: Any) -> str | None:
    """Return what an index says as a text: `true` instead of a reason is an empty one."""
    return None if said is None else said if isinstance(said, str) else ""
