"""What a plugin is and what a person should know of it, in words that verbs, questions and the window share."""

from __future__ import annotations

from urllib.parse import urlsplit

from desktop_app.services.plugins.installing.models import Source, SourceKind

RUNS_AS_YOU = (
    "A plugin is code that runs as you: it can read and change your files, use your network and the sign-ins of this "
    "program, and nothing holds it back."
)
WHAT_IT_IS = f"{RUNS_AS_YOU} Agree only if you trust who made it; nobody has checked it for you."

_EDITABLE = ", used as it is: what you edit there holds"


def source_text(source: Source, *, editable: bool = False) -> str:
    """Return where a plugin comes from as a part of a sentence: `the package index at packages.example`.

    Of an index the host alone is named: its address may hold a password.
    """
    where = source.where
    if source.kind is SourceKind.BUNDLED:
        return "Rank Zero itself"
    if source.kind is SourceKind.INDEX:
        host = urlsplit(where).netloc.rpartition("@")[2]
        return f"the package index at {host}" if host else "the package index that pip is configured for"
    if source.kind is SourceKind.WHEEL:
        return f"the file {where}" if where.lower().endswith(".whl") else f"the folder of wheels {where}".rstrip()
    return f"the folder {where}{_EDITABLE if editable else ''}".rstrip()


def version_change(before: str, after: str) -> str:
    """Return `0.3.2 → 0.4.0`, or the one version that there is."""
    if before and after and before != after:
        return f"{before} → {after}"
    return after or before
