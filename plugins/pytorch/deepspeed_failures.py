"""The last lines of failed DeepSpeed runs that are known. The texts are those of deepspeed 0.19.8."""

from __future__ import annotations

import re

from desktop_app.api.kit import Known

DEEPSPEED = (
    Known(
        "deepspeed-batch-mismatch",
        re.compile(r"train_batch_size is not equal to .*?(\d+) != (\d+) \* (\d+) \* (\d+)"),
        "DeepSpeed's train_batch_size is {0}, and {1} per rank × {2} accumulated × {3} ranks is another number.",
        ("Change one of them in the configuration, or start another number of ranks.",),
    ),
    Known(
        "deepspeed-no-batch",
        re.compile(r"Either train_batch_size or train_micro_batch_size_per_gpu needs to be provided"),
        "DeepSpeed's configuration has no batch size.",
        ("Add train_micro_batch_size_per_gpu to it.",),
    ),
    Known(
        "deepspeed-compiles",
        re.compile(r"Unable to JIT load|Error building extension|CUDA_HOME does not exist|Ninja is required"),
        "DeepSpeed wanted to compile a part of itself and could not.",
        ('Add "torch_adam": true to the optimizer\'s params, which does without.', "Or install g++ (CUDA: nvcc)."),
    ),
    Known(
        "deepspeed-untested-optimizer",
        re.compile(r"You are using an untested ZeRO Optimizer"),
        "ZeRO does not know this optimizer.",
        ('Add "zero_allow_untested_optimizer": true to the configuration, or take Adam.',),
    ),
)
