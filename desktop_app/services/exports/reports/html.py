"""Pieces of a page: every text that goes in is escaped here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NewType

Html = NewType("Html", str)
"""What is markup already. A plain text has to go through `text` first."""

_DISC = "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z"
_PATHS = {
    "pass": f"{_DISC}m-1.2 14.6-4.4-4.4 1.6-1.6 2.8 2.8 5.6-5.6 1.6 1.6z",
    "fail": f"{_DISC}m4.6 13-1.6 1.6-3-3-3 3L7.4 15l3-3-3-3L9 7.4l3 3 3-3L16.6 9l-3 3z",
    "cannot-tell": f"{_DISC}m1.1 16.2h-2.2V16h2.2zm2.1-7.3-1 1c-.8.8-1.1 1.4-1.1 2.6h-2.2v-.5c0-1.2.5-2 1.2-2.8l1.3-1.3"
    "a1.9 1.9 0 1 0-3.3-1.3H7.9a4.1 4.1 0 1 1 7.3 2.3z",
    "comparison": f"{_DISC}m1.1 15.4h-2.2v-6.6h2.2zm0-8.6h-2.2V6.6h2.2z",
    "skipped": f"{_DISC}m5 11.2H7v-2.4h10z",
}
_WORDS = {
    "pass": "passed",
    "fail": "failed",
    "cannot-tell": "can't be told",
    "skipped": "not looked at",
    "comparison": "compared",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def text(plain: object) -> Html:
    """Return a text as markup."""
    return Html(escape(str(plain)))


def join(parts: Iterable[Html]) -> Html:
    """Return pieces one after the other."""
    return Html("\n".join(each for each in parts if each))


def tag(name: str, inner: Html | str, kind: str = "") -> Html:
    """Return an element; a plain `inner` must be wrapped with `text` by who calls, markup is taken as it is."""
    return Html(f'<{name} class="{escape(kind)}">{inner}</{name}>' if kind else f"<{name}>{inner}</{name}>")


def icon(state: str) -> Html:
    """Return the picture of a state, which has its word for who can't see it."""
    known = state if state in _PATHS else "skipped"
    title = f"<title>{_WORDS[known]}</title>"
    return Html(f'<svg viewBox="0 0 24 24" fill="currentColor" role="img">{title}<path d="{_PATHS[known]}"/></svg>')


def section(title: str, *parts: Html) -> Html:
    """Return a part of the page under its heading; nothing where it is empty."""
    inner = join(parts)
    return tag("section", join((tag("h2", text(title)), inner))) if inner else Html("")


def paragraph(plain: str, kind: str = "") -> Html:
    """Return a paragraph of a plain text; nothing where it is empty."""
    return tag("p", text(plain), kind) if plain else Html("")


def facts(pairs: Iterable[tuple[str, str]], kind: str) -> Html:
    """Return names and what stands for them, without those that have nothing."""
    told = [(label, each) for label, each in pairs if each]
    inner = join(tag("div", join((tag("dt", text(label)), tag("dd", text(each))))) for label, each in told)
    return tag("dl", inner, kind) if told and kind == "facts" else _plain_facts(told)


def _plain_facts(told: Sequence[tuple[str, str]]) -> Html:
    inner = join(join((tag("dt", text(label)), tag("dd", text(each)))) for label, each in told)
    return tag("dl", inner, "list") if told else Html("")


def states(lines: Iterable[tuple[str, str, str]]) -> Html:
    """Return a list of states with title and text."""
    items = [
        tag(
            "li",
            join((icon(state), tag("div", join((tag("b", text(title)), tag("span", text(told))))))),
            f"state {state}",
        )
        for state, title, told in lines
    ]
    return tag("ul", join(items)) if items else Html("")


def table(headings: Sequence[str], rows: Iterable[Html], figures: Sequence[int] = ()) -> Html:
    """Return a table; columns in `figures` hold numbers. It scrolls by itself where it is too wide."""
    head = join(tag("th", text(each), "figure" if place in figures else "") for place, each in enumerate(headings))
    body = join(rows)
    if not body:
        return Html("")
    return tag("div", tag("table", join((tag("thead", tag("tr", head)), tag("tbody", body)))), "scroll")


def row(cells: Sequence[Html], figures: Sequence[int] = (), kind: str = "") -> Html:
    """Return a table's row of cells."""
    return tag(
        "tr", join(tag("td", each, "figure" if place in figures else "") for place, each in enumerate(cells)), kind
    )


def bar(part: float) -> Html:
    """Return a bar that is filled by a part; over 1 it is full, and red."""
    kind = "bar over" if part > 1 else "bar"
    return tag("div", Html(f'<i style="width: {max(2.0, min(part, 1.0) * 100):.0f}%"></i>'), kind)


def document(title: str, style: str, body: Html) -> str:
    """Return the whole page: nothing in it is fetched, and nothing runs."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
