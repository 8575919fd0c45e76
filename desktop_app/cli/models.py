"""Models of an Azure ML workspace: list them and their versions, register one from a run or from here, download."""

from __future__ import annotations

from argparse import ArgumentParser

from desktop_app.cli import asset_verbs, in_cloud

run = in_cloud.run
_KIND = asset_verbs.Kind(
    "model",
    "model",
    "register a model, with the run that it came from",
    ("custom_model", "mlflow_model", "triton_model"),
    "a local file or folder, RUN:outputs/model.pt for what a run made, or a datastore's path (azureml://…)",
)


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    asset_verbs.configure(parser, _KIND)
