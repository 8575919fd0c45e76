"""What was answered, with the defaults for what was not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop_app.api import Answers, Field, WizardContext

from . import questions as ask
from .configuration import encode
from .memory import Plan

Defaults = Mapping[str, Any]


def defaults(answers: Answers, context: WizardContext) -> Defaults:
    """Return the defaults that depend on the machine, the script, the settings and what was answered."""
    gpus = min(max(1, len(context.host.gpus)), 16)
    ranks = _count(answers, "nodes", 1) * _count(answers, "gpus", gpus)
    imports = context.scan.imports if context.scan else ()
    is_trainer = "transformers" in imports and "deepspeed" not in imports
    offloads = bool(answers.get("offload_optimizer") or answers.get("offload_parameters"))
    return {
        "gpus": gpus,
        "style": "trainer" if is_trainer else "deepspeed",
        "stage": "0" if ranks == 1 and not offloads else context.settings.get("stage", ask.STAGE.default),
        "hours": context.settings.get("hours", ask.HOURS.default),
    }


def with_default(field: Field, known: Defaults) -> Field:
    """Return a question with the default that holds now."""
    return dataclasses.replace(field, default=known.get(field.name, field.default))


def _count(answers: Answers, name: str, default: int) -> int:
    """Return a positive whole number that was answered, else the default."""
    value = answers.get(name)
    return value if isinstance(value, int) and value > 0 else default


@dataclass(frozen=True)
class Chosen:
    """The answers, typed."""

    nodes: int
    gpus: int
    stage: int
    precision: str
    micro: int
    accumulation: int
    offload_optimizer: bool
    offload_parameters: bool
    billions: float
    style: str

    @classmethod
    def of(cls, answers: Answers, context: WizardContext) -> Chosen:
        """Read the answers; what is none takes its default."""
        known = defaults(answers, context)
        stage = str(answers.get("stage", known["stage"]))
        billions = answers.get("parameters", 1.0)
        return cls(
            nodes=_count(answers, "nodes", 1),
            gpus=_count(answers, "gpus", known["gpus"]),
            stage=int(stage) if stage in {"0", "1", "2", "3"} else 2,
            precision=str(answers.get("precision", "bf16")),
            micro=_count(answers, "micro_batch", 4),
            accumulation=_count(answers, "accumulation", 1),
            offload_optimizer=answers.get("offload_optimizer") is True,
            offload_parameters=answers.get("offload_parameters") is True,
            billions=float(billions) if isinstance(billions, int | float) and billions > 0 else 1.0,
            style=str(answers.get("style", known["style"])),
        )

    @property
    def ranks(self) -> int:
        """The processes in all, one for each GPU."""
        return self.nodes * self.gpus

    @property
    def global_batch(self) -> int:
        """The samples between two steps of the optimizer."""
        return self.micro * self.accumulation * self.ranks

    @property
    def plan(self) -> Plan:
        """What the memory depends on."""
        return Plan(
            self.billions * 1e9,
            self.stage,
            self.ranks,
            self.precision,
            self.offload_optimizer,
            self.offload_parameters,
        )

    @property
    def configuration(self) -> dict[str, Any]:
        """What DeepSpeed is told. The Trainer has batch sizes of its own, and fills in “auto”."""
        told = (self.global_batch, self.micro, self.accumulation) if self.style == "deepspeed" else ("auto",) * 3
        keys = ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps")
        says: dict[str, Any] = dict(zip(keys, told, strict=True))
        if self.precision != "fp32":
            says[self.precision] = {"enabled": True}
        says["zero_optimization"] = self._zero()
        return says

    def _zero(self) -> dict[str, Any]:
        """Return what ZeRO is told."""
        zero: dict[str, Any] = {"stage": self.stage}
        if self.offload_optimizer:
            zero["offload_optimizer"] = {"device": "cpu", "pin_memory": True}
        if self.offload_parameters:
            zero["offload_param"] = {"device": "cpu", "pin_memory": True}
        if self.stage == 3:
            zero["stage3_gather_16bit_weights_on_model_save"] = True
        return zero

    @property
    def words(self) -> tuple[str, ...]:
        """What the script is given."""
        word = encode(self.configuration)
        if self.style == "deepspeed":
            return ("--deepspeed", "--deepspeed_config", word)
        sizes = ("--per_device_train_batch_size", str(self.micro))
        steps = ("--gradient_accumulation_steps", str(self.accumulation))
        precision = () if self.precision == "fp32" else (f"--{self.precision}",)
        return ("--deepspeed", word, *sizes, *steps, *precision)
