"""Finds scripts that ran once more in a child: multiprocessing's frames above what was raised say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from desktop_app.api import Explanation
from desktop_app.api.kit import LogLines, lines_of

CODE = "main-not-guarded"
_IMPORTS_THE_SCRIPT = "in _fixup_main_from_"
"""How multiprocessing/spawn.py, in a child, names what imports the script of its parent."""
_FRAMES = 400
_CAUSE = (
    "The script ran once more in a process that it started, such as a DataLoader worker, "
    "and failed there: nothing keeps what it does from running when it is imported."
)
_ADVICE = (
    "Put what starts the training under if __name__ == '__main__': and leave imports, functions and classes above it.",
    "Or, where workers use no GPU, set the start method to fork: it does not import the script again.",
)


def of_a_second_start(found: Iterable[Explanation], tails: Mapping[int, str]) -> Iterator[Explanation]:
    """Yield of each log the first exception that a script raised while a child of its own imported it."""
    told = {each.rank for each in found if each.code == CODE}
    for rank, tail in tails.items():
        if rank in told or _IMPORTS_THE_SCRIPT not in tail:
            continue
        log = lines_of(tail)
        number = next(_raised(log), None)
        if number is not None:
            yield Explanation(
                CODE, _CAUSE, _ADVICE, rank, log.raw[number].strip(), category="user-exception",
                about=log.writers[number].rank, position=number, certainty=0.98,
                links=("https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods",),
            )  # fmt: skip


def _raised(log: LogLines) -> Iterator[int]:
    """Yield the lines of exceptions that were raised below such a frame: the first that are not indented."""
    for frame in log.numbers_with(_IMPORTS_THE_SCRIPT):
        writer = log.writers[frame]
        for number in range(frame + 1, min(frame + _FRAMES, len(log.lines))):
            line = log.lines[number]
            if log.writers[number] == writer and line.strip() and not line[0].isspace():
                if not _is_of_an_import(log.lines[frame + 1 : number]):
                    yield number
                break


def _is_of_an_import(frames: Sequence[str]) -> bool:
    """Whether the script failed as it imported something, which it must in each child: memory, a library, a path."""
    place = next((each for each, line in enumerate(frames) if line.rstrip().endswith(", in <module>")), None)
    code = frames[place + 1].strip() if place is not None and place + 1 < len(frames) else ""
    return code.startswith(("import ", "from ")) or "importlib" in code
