"""Environments, conda files, data and models."""

from __future__ import annotations

from desktop_app.presenters.form.design import Box, Design, Items, Line, Part, Table, Tree, When, choices, line
from desktop_app.presenters.form.designs.common import DATA_TYPES, about
from desktop_app.presenters.form.model import Control

_NAMED = Line("Name", (
    Box("name", "Name", Control.LINE, "letters, digits, - and _", share=4),
    Box("version", "Version", Control.LINE, "a new one each time", "version", share=2),
))  # fmt: skip
_INLINE = When("conda_file.dependencies")
ENVIRONMENT = Design((
    Part("", (
        _NAMED,
        line("Image", "image", Control.SUGGEST, offers="images", note="image",
             placeholder="mcr.microsoft.com/azureml/…", help="The Docker image to start from."),
        Line("Build", (
            Box("build.path", "Folder", Control.FOLDER, "a folder with a Dockerfile", share=4),
            Box("build.dockerfile_path", "Dockerfile", Control.LINE, "Dockerfile", share=2),
        ), "The folder from which the image is built, in place of one that is there."),
        line("Conda file", "conda_file", Control.FILE, placeholder="conda.yml, with the packages",
             help="The packages that come on top of the image."),
    )),
    Part("Packages", (
        line("Conda name", "conda_file.name", when=_INLINE),
        Items("conda_file.channels", "Channels", "channel", when=_INLINE),
        Items("conda_file.dependencies", "Packages", "package", skip="pip", when=_INLINE,
              help="Packages of conda, each with its version: python=3.10."),
        Items("conda_file.dependencies[pip].pip", "From pip", "package", when=_INLINE,
              help="Packages of pip, each with its version: torch==2.8.0."),
    )),
    about(Line("System", (Box("os_type", "System", Control.CHOICE, "Linux (default)"),))),
    Part("More", (Tree("inference_config", "Serving", "How a server in this image is asked."),)),
))  # fmt: skip
CONDA = Design((
    Part("", (
        line("Name", "name", placeholder="Azure ML names it itself"),
        Items("channels", "Channels", "channel", help="Where conda looks for packages, the first one first."),
        Items("dependencies", "Packages", "package", skip="pip", start="",
              help="Packages of conda, each with its version: python=3.10."),
        Items("dependencies[pip].pip", "From pip", "package",
              help="Packages of pip, each with its version: torch==2.8.0."),
        Table("variables", "Variables", "variable"),
    )),
), ("$schema", "prefix"))  # fmt: skip
DATA = Design((
    Part("", (
        _NAMED,
        Line("Type", (Box("type", "Type", Control.CHOICE, "Folder (default)", choices=DATA_TYPES[:3]),)),
        line("Path", "path", Control.SUGGEST, placeholder="./folder, azureml://… or https://…",
             help="A file or folder here, which is uploaded, or an address in the cloud."),
        line("Datastore", "datastore", placeholder="workspaceblobstore",
             help="Where what is uploaded goes: azureml:NAME."),
    )),
    about(),
))  # fmt: skip
_MODEL_TYPES = choices(
    ("custom_model", "Files of any kind"), ("mlflow_model", "MLflow model"), ("triton_model", "Triton model")
)
MODEL = Design((
    Part("", (
        _NAMED,
        Line("Type", (Box("type", "Type", Control.CHOICE, "Files of any kind (default)", choices=_MODEL_TYPES),)),
        line("Path", "path", Control.SUGGEST, placeholder="./model, or azureml://jobs/RUN/outputs/artifacts/paths/…",
             help="The file or folder to register, here or among a run's outputs."),
        line("Datastore", "datastore", placeholder="workspaceblobstore"),
        line("Stage", "stage", placeholder="such as Production"),
    )),
    about(),
    Part("More", (Tree("flavors", "Flavors", "How MLflow loads it."), Table("properties", "Properties", "property"))),
))  # fmt: skip
