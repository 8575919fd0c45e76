"""Lines that several forms share."""

from __future__ import annotations

from desktop_app.api import Choice
from desktop_app.presenters.form.design import Box, Line, Part, Table, Tree, choices, line
from desktop_app.presenters.form.model import Control, Start

DATA_TYPES = choices(
    ("uri_folder", "Folder"), ("uri_file", "File"), ("mltable", "Table (MLTable)"), ("custom_model", "Model"),
    ("mlflow_model", "MLflow model"), ("triton_model", "Triton model"),
)  # fmt: skip
VALUE_TYPES = choices(("string", "Text"), ("integer", "Whole number"), ("number", "Number"), ("boolean", "Yes or no"))
IN_MODES = (
    Choice("ro_mount", "Mount", "read over the network as it is needed"),
    Choice("download", "Download", "copied to the node before the job starts"),
    Choice("direct", "Only the address", "the script reads it itself"),
    Choice("eval_mount", "Evaluate, mount"),
    Choice("eval_download", "Evaluate, download"),
)
OUT_MODES = (
    Choice("rw_mount", "Mount", "written over the network at once"),
    Choice("upload", "Upload", "copied when the job ends"),
    Choice("mount", "Mount (as of old)"),
    Choice("direct", "Only the address"),
)
INPUT_COLUMNS = (
    Box("type", "Type", Control.CHOICE, "type", choices=(*DATA_TYPES, *VALUE_TYPES), share=2),
    Box("path", "Path", Control.SUGGEST, "azureml:NAME:VERSION, azureml://… or ./folder", share=4,
        when=tuple(each.value for each in DATA_TYPES), breaks=True),
    Box("value", "Value", Control.LINE, "value", share=4),
    Box("mode", "Mode", Control.CHOICE, "Mount (default)", choices=IN_MODES, share=2,
        when=tuple(each.value for each in DATA_TYPES)),
)  # fmt: skip
OUTPUT_COLUMNS = (
    Box("type", "Type", Control.CHOICE, "type", choices=DATA_TYPES, share=2),
    Box("path", "Path", Control.LINE, "where Azure ML chooses", share=4, breaks=True),
    Box("mode", "Mode", Control.CHOICE, "Mount (default)", choices=OUT_MODES, share=2,
        when=tuple(each.value for each in DATA_TYPES)),
)  # fmt: skip
INPUTS = Table(
    "inputs", "Inputs", "input", INPUT_COLUMNS,
    (Start("Value", ""), Start("Data", {"type": "uri_folder", "path": ""})),
    "Values and data that the command names as ${{inputs.NAME}}.",
)  # fmt: skip
OUTPUTS = Table(
    "outputs", "Outputs", "output", OUTPUT_COLUMNS, (Start("Folder", {"type": "uri_folder"}),),
    "Folders and files that the command writes to as ${{outputs.NAME}}.",
)  # fmt: skip
TAGS = Table("tags", "Tags", "tag", help="Words to find it by, each with a value.")
DESCRIPTION = line("Description", "description", Control.PROSE)
IDENTITY = Tree("identity", "Identity", "As whom it reads and writes data.")


def about(*more: Line | Table | Tree, title: str = "About") -> Part:
    """Return the part with names, description and tags."""
    return Part(title, (*more, DESCRIPTION, TAGS))


def distribution(holder: str = "") -> Line:
    """Return the line with the distribution's type, the nodes and the processes; `holder` is `trial.` or nothing."""
    start = f"{holder}distribution"
    types = (
        Choice("pytorch", "PyTorch", "a process per GPU"), Choice("tensorflow", "TensorFlow", "workers"),
        Choice("mpi", "MPI", "Horovod, DeepSpeed"), Choice("ray", "Ray", "a cluster"),
    )  # fmt: skip
    boxes = (
        Box(f"{start}.type", "Distribution", Control.CHOICE, "None: one process per node", choices=types, share=4,
            is_tag=True),
        Box(f"{holder}resources.instance_count", "Nodes", Control.INTEGER, "1", "nodes", share=2, minimum=1),
        Box(f"{start}.process_count_per_instance", "Processes on each node", Control.INTEGER, "1", "processes each",
            share=3, minimum=1, when=("pytorch", "mpi")),
        Box(f"{start}.worker_count", "Workers", Control.INTEGER, "one per node", "workers", share=2, minimum=1,
            when=("tensorflow",), breaks=True),
        Box(f"{start}.parameter_server_count", "Parameter servers", Control.INTEGER, "0", "servers", share=2,
            minimum=0, when=("tensorflow",), breaks=True),
    )  # fmt: skip
    words = "Processes are counted on each node; all of them together are the ranks."
    return Line("Distribution", boxes, words, "ranks")


def environment(path: str = "environment") -> Line:
    """Return the line that picks an environment."""
    return line(
        "Environment", path, Control.SUGGEST, offers="environments", note="environment",
        placeholder="azureml:NAME@latest, or pick one",
        help="The image and the packages that the command runs in.",
    )  # fmt: skip
