"""What the part that a rank had in a failure is called: in a sentence, and in a word or two beside a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop_app.core.diagnosis.model import Part


@dataclass(frozen=True, slots=True)
class PartWords:
    """`title` is that of a line about ranks of this part; `one` and `several` what it says of them; `short` a label."""

    title: str
    one: str
    several: str
    short: str


FELL = "Fell"
"""The title of ranks that fell, by whatever cause."""
PART_WORDS: Mapping[Part, PartWords] = {
    Part.CAUSE: PartWords(FELL, "the cause", "the cause", "the cause"),
    Part.OWN: PartWords(FELL, "fell with an error of its own", "fell with errors of their own", "an error of its own"),
    Part.SYMPTOM: PartWords(FELL, "waited in vain", "waited in vain", "waited in vain"),
    Part.ECHO: PartWords(FELL, "fell because another was gone", "fell because another was gone", "an echo"),
    Part.STOPPED: PartWords("Stopped", "was stopped", "were stopped", "was stopped"),
    Part.FINISHED: PartWords("Finished", "had finished", "had finished", "had finished"),
    Part.SILENT: PartWords("Silent", "said nothing of a failure", "said nothing of a failure", "says nothing"),
}
