"""The wizard's questions, each with what an expert would pick and why, and the settings."""

from __future__ import annotations

from desktop_app.api import Choice, Field, FieldKind, FormSpec

STAGES = (
    Choice("0", "0: nothing is split", "plain data parallelism"),
    Choice("1", "1: optimizer states", "down to a quarter of the memory, no more traffic"),
    Choice("2", "2: and gradients", "down to an eighth of the memory, no more traffic"),
    Choice("3", "3: and parameters", "divided by the number of GPUs, half more traffic"),
)
PRECISIONS = (
    Choice("bf16", "bfloat16", "A100, H100 and newer"),
    Choice("fp16", "float16", "V100 and T4; DeepSpeed scales the loss"),
    Choice("fp32", "float32", "slowest, and the most activations"),
)
STYLES = (
    Choice("deepspeed", "deepspeed.add_config_arguments", "--deepspeed --deepspeed_config"),
    Choice("trainer", "The Trainer of Transformers", "--deepspeed"),
)

SCRIPT = Field("script", "Script", FieldKind.FILE, required=True, patterns=("*.py",), help="What every process runs.")
ARGUMENTS = Field("arguments", "Its other arguments", FieldKind.TEXT, help="As in a shell; DeepSpeed's own are added.")
STYLE = Field(
    "style",
    "It takes DeepSpeed's configuration by",
    FieldKind.CHOICE,
    default="deepspeed",
    help="A script that imports transformers, and not deepspeed, is taken to use the Trainer.",
    choices=STYLES,
)

NODES = Field("nodes", "Nodes", FieldKind.INTEGER, 1, "One, until a node's GPUs are too few.", minimum=1, maximum=256)
GPUS = Field(
    "gpus",
    "GPUs per node",
    FieldKind.INTEGER,
    1,
    "A process for each. As many as this machine has, else one.",
    minimum=1,
    maximum=16,
)
COMPUTE = Field(
    "compute", "Compute target", FieldKind.TEXT, help="The cluster in Azure ML; not needed on this machine."
)

PARAMETERS = Field(
    "parameters",
    "Parameters of the model",
    FieldKind.NUMBER,
    1.0,
    "Only for the rough memory below.",
    minimum=0.001,
    maximum=10000,
    suffix="billion",
)
STAGE = Field(
    "stage",
    "ZeRO stage",
    FieldKind.CHOICE,
    "2",
    "The lowest that fits. 2 costs no more traffic than 0; a single GPU has nobody to split with.",
    choices=STAGES,
)
OFFLOAD_OPTIMIZER = Field(
    "offload_optimizer",
    "Optimizer on the CPU",
    FieldKind.BOOLEAN,
    False,
    "Only where it does not fit otherwise: each step waits for the CPU. Needs stage 1 or more.",
)
OFFLOAD_PARAMETERS = Field(
    "offload_parameters",
    "Parameters on the CPU",
    FieldKind.BOOLEAN,
    False,
    "The last resort: each layer is fetched twice a step. Needs stage 3.",
)
PRECISION = Field(
    "precision",
    "Precision",
    FieldKind.CHOICE,
    "bf16",
    "The range of float32 at half the memory, so no loss scale can run out.",
    choices=PRECISIONS,
)

MICRO = Field(
    "micro_batch",
    "Micro batch per GPU",
    FieldKind.INTEGER,
    4,
    "As large as fits, for a busy GPU; 4 is a start that seldom runs out of memory.",
    minimum=1,
    maximum=65536,
)
ACCUMULATION = Field(
    "accumulation",
    "Gradient accumulation",
    FieldKind.INTEGER,
    1,
    "More only where the global batch shall be larger than the GPUs hold at once.",
    minimum=1,
    maximum=65536,
)
HOURS = Field(
    "hours", "Time limit", FieldKind.INTEGER, 24, "A hanging rank would run on.", minimum=1, maximum=720, suffix="h"
)

OWN_STAGE = Field("stage", "Usual ZeRO stage", FieldKind.CHOICE, "2", "What the wizard begins with.", choices=STAGES)
OWN_HOURS = Field(
    "hours",
    "Usual time limit",
    FieldKind.INTEGER,
    24,
    "What the wizard begins with.",
    minimum=1,
    maximum=720,
    suffix="h",
)
SETTINGS = FormSpec((OWN_STAGE, OWN_HOURS))
