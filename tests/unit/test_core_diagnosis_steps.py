"""What to collect next: of what logs ask for, what the job does not have set; else what tells most of its framework."""

from __future__ import annotations

import pytest

from desktop_app.api import Fix
from desktop_app.core.diagnosis.falls import suspects_of
from desktop_app.core.diagnosis.model import Fall, Part
from desktop_app.core.diagnosis.steps import steps_for

BOTH = Fix(
    "Run again with NCCL_DEBUG=INFO and LOGLEVEL=INFO",
    {"environment_variables.NCCL_DEBUG": "INFO", "environment_variables.LOGLEVEL": "INFO"},
)
TELLING = Fix(
    "Run again with TORCH_DISTRIBUTED_DEBUG=INFO and TORCH_CPP_LOG_LEVEL=INFO",
    {"environment_variables.TORCH_DISTRIBUTED_DEBUG": "INFO", "environment_variables.TORCH_CPP_LOG_LEVEL": "INFO"},
)


def test_what_is_set_already_is_not_asked_for_again() -> None:
    assert steps_for([BOTH], "", {}, has_cause=True) == (BOTH,)
    (left,) = steps_for([BOTH], "", {"NCCL_DEBUG": "INFO"}, has_cause=True)
    assert left == Fix("Run again with LOGLEVEL=INFO", {"environment_variables.LOGLEVEL": "INFO"})
    assert steps_for([BOTH], "", {"NCCL_DEBUG": "INFO", "LOGLEVEL": "INFO"}, has_cause=True) == ()
    assert steps_for([BOTH], "", {"NCCL_DEBUG": "WARN", "LOGLEVEL": "WARN"}, has_cause=True) == (BOTH,)


def test_a_change_of_another_kind_is_kept_as_it_is() -> None:
    more = Fix("Take more", {"resources.shm_size": "16g", "environment_variables.NCCL_DEBUG": "INFO"})
    assert steps_for([more], "", {"NCCL_DEBUG": "INFO"}, has_cause=True) == (more,)


def test_without_a_cause_there_is_a_step_for_each_framework_that_has_one() -> None:
    assert steps_for((), "pytorch", {}, has_cause=False) == (TELLING,)
    asked = {"TORCH_DISTRIBUTED_DEBUG": "INFO", "TORCH_CPP_LOG_LEVEL": "INFO"}
    assert steps_for((), "pytorch", asked, has_cause=False) == ()
    assert steps_for((), "pytorch", {}, has_cause=True) == ()
    assert steps_for((), "something", {}, has_cause=False) == ()
    assert steps_for([BOTH], "pytorch", {}, has_cause=False) == (BOTH,)


def falls(*parts: Part) -> list[Fall]:
    return [Fall(rank, part, 0) for rank, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("parts", "others", "suspects"),
    [
        ((Part.SYMPTOM, Part.STOPPED, Part.SYMPTOM), (), (1,)),
        ((Part.ECHO, Part.SILENT), (), (1,)),
        ((Part.ECHO, Part.SILENT, Part.STOPPED), (), ()),
        ((Part.SYMPTOM, Part.SYMPTOM), (), ()),
        ((Part.SYMPTOM, Part.OWN), (), ()),
        ((Part.SYMPTOM, Part.FINISHED), (), ()),
        ((Part.SYMPTOM,), (3,), (3,)),
        ((), (), ()),
    ],
)
def test_suspect_are_the_few_that_neither_wait_nor_lost_somebody(
    parts: tuple[Part, ...], others: tuple[int, ...], suspects: tuple[int, ...]
) -> None:
    assert suspects_of(falls(*parts), others) == suspects
