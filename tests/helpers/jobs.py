"""Hypothesis strategies for jobs: every value that a file can hold, and names as people give them."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from desktop_app.api import Distribution, Job, JobInput, JobOutput, Resources, Sweep, Value
from desktop_app.core import job_schema as schema

# No surrogates: no UTF-8 file can hold them. No carriage returns alone in a text: YAML takes them for line ends.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
COMMANDS = st.one_of(
    TEXTS.filter(str.strip),
    st.lists(
        st.sampled_from(["python", "train.py", "--lr", "${{inputs.lr}}", "&&", "#", "-v", ":", "'a b'"]), min_size=1
    ).map(" ".join),
    st.lists(TEXTS, min_size=2, max_size=4).map("\n".join).filter(str.strip),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS)
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
_MODELLED = {
    *schema.JOB_KEYS,
    *schema.SWEEP_KEYS,
    *schema.INPUT_KEYS,
    *schema.OUTPUT_KEYS,
    *schema.RESOURCE_KEYS,
    "data",
    "<<",
}


def extras() -> st.SearchStrategy[dict[str, Value]]:
    """Return keys that the model does not know."""
    return st.dictionaries(NAMES.filter(lambda name: name not in _MODELLED), VALUES, max_size=2)


OPTIONAL = st.none() | TEXTS
COUNTS = st.none() | st.integers(-5, 5000)
INPUTS = st.builds(
    JobInput,
    value=VALUES,
    type=st.sampled_from([None, "integer", "uri_file"]),
    path=OPTIONAL,
    mode=st.sampled_from([None, *schema.INPUT_MODES]),
    extra=extras(),
)
OUTPUTS = st.builds(
    JobOutput,
    type=st.sampled_from(schema.DATA_TYPES),
    path=OPTIONAL,
    mode=st.sampled_from([None, *schema.OUTPUT_MODES]),
    extra=extras(),
)
DISTRIBUTIONS = st.none() | st.builds(
    Distribution,
    type=st.sampled_from(["pytorch", "PyTorch", "mpi", "tensorflow", "odd"]),
    process_count_per_instance=COUNTS,
    worker_count=COUNTS,
    parameter_server_count=COUNTS,
    extra=st.dictionaries(st.sampled_from(["port", "x"]), VALUES, max_size=2),
)
JOBS = st.builds(
    Job,
    command=COMMANDS,
    code=OPTIONAL,
    environment=st.none() | TEXTS | st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
    compute=OPTIONAL,
    inputs=st.dictionaries(NAMES, INPUTS, max_size=3),
    outputs=st.dictionaries(NAMES, OUTPUTS, max_size=2),
    distribution=DISTRIBUTIONS,
    resources=st.builds(Resources, instance_count=COUNTS, instance_type=OPTIONAL, shm_size=OPTIONAL, extra=extras()),
    environment_variables=st.dictionaries(NAMES, TEXTS, max_size=3),
    name=OPTIONAL,
    display_name=OPTIONAL,
    experiment_name=OPTIONAL,
    description=OPTIONAL,
    tags=st.dictionaries(NAMES, TEXTS, max_size=2),
    timeout=COUNTS,
    extra=extras(),
)
SWEEPS = st.builds(
    dataclasses.replace,
    JOBS,
    sweep=st.builds(
        Sweep,
        search_space=st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=3),
        primary_metric=TEXTS,
        goal=st.sampled_from(["minimize", "maximize", "Minimize"]),
        sampling=st.sampled_from(schema.SAMPLINGS),
        rule=st.sampled_from([None, "random", "sobol"]),
        seed=COUNTS,
        logbase=st.none() | st.just("e") | st.floats(1.5, 10),
        early_termination=st.none() | st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
        max_total_trials=COUNTS,
        max_concurrent_trials=COUNTS,
        timeout=COUNTS,
    ),
)
