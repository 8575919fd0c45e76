"""The environments that the team trains in."""

from desktop_app.api import EnvironmentPreset

TRAINING = "azureml:my-plugin-training@latest"  # put your own environment here

PRESETS = [
    EnvironmentPreset(
        name="my-plugin-training",
        title="My plugin: training",
        reference=TRAINING,
        summary="The environment that our jobs run in.",
        as_of="2026-11",
        source="our team",
    )
]
