"""Tells files that were to be read from those that were to be written: the frames of the traceback above say which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import takewhile

from desktop_app.api import Explanation

OF_WRITING, OF_ANY = "output-folder-missing", "file-missing"
_FRAMES = 60
_WRITTEN = re.compile(
    r"""\bopen\w*\(.*(?:,|mode=)\s*f?['"](?:[wax]b?\+?t?|[wax]t)['"]|\bO_CREAT\b|\bmkstemp|\bsave\w*\(|\bdump\w*\("""
    r"""|\bto_(?:csv|json|parquet|pickle|hdf)\(|\bwrite_(?:text|bytes|image)\(|\bimwrite\(|SummaryWriter\(|FileHandler\("""
    r"""|\b_open_zipfile_writer|in (?:_save|save|_savez|savetxt|save_file|dump|to_csv|write_text|write_bytes)\b"""
)
_READ = re.compile(
    r"""\bload\w*\(|\bread\w*\(|\bimread\(|\blistdir\(|\bscandir\(|\bImage\.open\(|\bfrom_pretrained\("""
    r"""|\bopen\w*\(.*(?:,|mode=)\s*['"]r[bt+]*['"]|\bopen\(\s*[^,()]+\)|\bstat\(|\bgetsize\("""
    r"""|in (?:load|_load\w*|read_\w+|loadtxt|safe_open)\b"""
)
_PATH = re.compile(r"""No such file or directory: ['"](?P<path>[^'"]+)['"]""")
_TO_READ = (
    "See that it goes along: of the code folder all is sent that .amlignore (or .gitignore) does not leave out.",
    "Its path may be another one where the job runs: give data as an input of the job (--data ${{inputs.data}}).",
    "If a step before, or another rank, writes it: see that it ran, and let the others wait for it at a barrier.",
)
_TO_WRITE = (
    "Write os.makedirs(os.path.dirname(path), exist_ok=True) before.",
    "Write below ./outputs: what lies there is kept.",
)


def told_apart(found: Iterable[Explanation], tails: Mapping[int, str]) -> tuple[Explanation, ...]:
    """Return explanations with those of missing files in the words for reading, or for writing, each line once."""
    found = tuple(found)
    lines = {rank: tail.split("\n") for rank, tail in tails.items() if any(_is_of_file(each, rank) for each in found)}
    told: dict[tuple[int | None, int | None], Explanation] = {}
    for each in found:
        if each.rank in lines and _is_of_file(each, each.rank):
            better = _told(each, lines[each.rank])
            if better is not None:
                told.setdefault((each.rank, each.position), better)
    kept = [each for each in found if not (_is_of_file(each, each.rank) and (each.rank, each.position) in told)]
    return (*told.values(), *kept)


def _is_of_file(explanation: Explanation, rank: int | None) -> bool:
    return explanation.code in (OF_WRITING, OF_ANY) and explanation.rank == rank


def _told(explanation: Explanation, lines: list[str]) -> Explanation | None:
    """Return the better words; None where neither the frames nor the line tell."""
    named = _PATH.search(explanation.line)
    if explanation.position is None or named is None:
        return None
    above = reversed(lines[max(0, explanation.position - _FRAMES) : explanation.position])
    for line in takewhile(lambda each: "Traceback (most recent call last)" not in each, above):
        if _WRITTEN.search(line):
            said = f"{named['path']} can't be written: the folder that it belongs in is not there."
            return replace(explanation, code=OF_WRITING, cause=said, advice=_TO_WRITE)
        if _READ.search(line):
            return replace(explanation, code=OF_ANY, cause=f"The file {named['path']} is not there.", advice=_TO_READ)
    return None
