"""What a form has to say below a line: what is uploaded, the ranks, what a VM has, what is in an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from desktop_app.api import Choice, Topology, Value
from desktop_app.core.job_codec import job_from_mapping
from desktop_app.presenters.form.model import Cell, FormFacts
from desktop_app.presenters.topology import drawable, ranks_of


@dataclass(frozen=True, slots=True)
class Said:
    """Sentences below a line, and a picture of ranks."""

    notes: tuple[str, ...] = ()
    topology: Topology | None = None


NOTHING = Said()


def notes_for(note: str, data: Value, cell: Cell, facts: FormFacts) -> Said:
    """Return what there is to say below the line of a control."""
    say = _NOTES.get(note)
    return say(data, cell, facts) if say else NOTHING


def offers(kind: str, facts: FormFacts) -> tuple[Choice, ...]:
    """Return what there is to pick from."""
    if kind == "environments":
        return tuple(Choice(each.reference, each.title, each.summary) for each in facts.environments)
    if kind == "sizes":
        return tuple(Choice(each.name, each.name, each.summary) for each in facts.vm_sizes if each.is_current)
    if kind == "computes":
        return tuple(Choice(f"azureml:{each.name}", each.name, each.summary) for each in facts.computes)
    if kind == "images":
        return tuple(Choice(each.reference, _short(each.reference), each.summary) for each in facts.images)
    return ()


def _upload(_data: Value, cell: Cell, facts: FormFacts) -> Said:
    return Said((facts.upload,)) if cell.text and facts.upload else NOTHING


def _ranks(data: Value, _cell: Cell, facts: FormFacts) -> Said:
    """Return the picture of the ranks, and the number that SDK v1 called process_count."""
    holder = data.get("trial") if isinstance(data, dict) and isinstance(data.get("trial"), dict) else data
    job = job_from_mapping(holder)[0] if isinstance(holder, dict) else None
    topology = ranks_of(job) if job else Topology()
    if job is None or job.distribution is None or not drawable(topology):
        return NOTHING
    if job.distribution.type.lower() not in ("pytorch", "mpi"):
        return NOTHING
    total = topology.world_size
    words = f"{total} rank{'' if total == 1 else 's'} in all"
    of_v1 = f"; SDK v1 called this process_count = {total}." if job.distribution.type.lower() == "pytorch" else "."
    return Said((words + of_v1,), topology if total > 1 else None)


def _environment(_data: Value, cell: Cell, facts: FormFacts) -> Said:
    found = next((each for each in facts.environments if _is_same(each.reference, cell.text)), None)
    return Said((found.summary,)) if found and found.summary else NOTHING


def _is_same(reference: str, text: str) -> bool:
    """Whether two references name the same environment, whatever their version and the way they are written."""
    return bool(text) and _name(reference) == _name(text)


def _name(reference: str) -> str:
    if "/environments/" in reference:
        return reference.partition("/environments/")[2].partition("/")[0].lower()
    plain = reference.removeprefix("azureml:").partition("@")[0].partition(":")[0]
    return plain.lower().removeprefix("azureml-")


def _image(_data: Value, cell: Cell, facts: FormFacts) -> Said:
    plain = _short(cell.text)
    found = next((each for each in facts.images if plain and _short(each.reference) == plain), None)
    return Said((found.summary,)) if found and found.summary else NOTHING


def _short(image: str) -> str:
    """Return an image without its registry, and without a tag that only says latest."""
    return image.rpartition("/")[2].removesuffix(":latest")


def _size(_data: Value, cell: Cell, facts: FormFacts) -> Said:
    found = next((each for each in facts.vm_sizes if each.name.lower() == cell.text.lower()), None)
    return Said((found.summary,)) if found else NOTHING


def _compute(_data: Value, cell: Cell, facts: FormFacts) -> Said:
    name = cell.text.removeprefix("azureml:")
    found = next((each for each in facts.computes if each.name == name), None)
    return Said((found.summary,)) if found and found.summary else NOTHING


_NOTES: Mapping[str, Callable[[Value, Cell, FormFacts], Said]] = MappingProxyType({
    "upload": _upload, "ranks": _ranks, "environment": _environment, "size": _size, "compute": _compute,
    "image": _image,
})  # fmt: skip
