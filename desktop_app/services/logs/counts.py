"""How many matches of a search each rank has, put together where they are equally many."""

from __future__ import annotations

from collections.abc import Mapping


def grouped(counts: Mapping[int, int]) -> list[tuple[tuple[int, ...], int]]:
    """Return the ranks that have equally many matches together, most matches first; those without any are left out."""
    groups: dict[int, list[int]] = {}
    for rank, count in sorted(counts.items()):
        if count:
            groups.setdefault(count, []).append(rank)
    return [(tuple(ranks), count) for count, ranks in sorted(groups.items(), reverse=True)]
