"""Online and batch endpoints and their deployments."""

from __future__ import annotations

from desktop_app.presenters.form.design import Box, Design, Line, Part, Table, Tree, choices, line
from desktop_app.presenters.form.designs.common import IDENTITY, about, environment
from desktop_app.presenters.form.model import Control, Start

_AUTH = choices(("key", "A key"), ("aml_token", "An Azure ML token"), ("aad_token", "A token of Microsoft Entra"))
_ON_OFF = choices(("enabled", "Yes"), ("disabled", "No"))
_SHARE = (Start("", 0),)
ONLINE_ENDPOINT = Design((
    Part("", (
        line("Name", "name", placeholder="letters, digits and -, new in the region"),
        Line("Access by", (Box("auth_mode", "Access by", Control.CHOICE, "A key (default)", choices=_AUTH),)),
        Line("Public access", (
            Box("public_network_access", "Public access", Control.CHOICE, "Yes (default)", choices=_ON_OFF),
        ), "Whether it can be reached from the internet."),
        Table("traffic", "Traffic", "deployment", ways=_SHARE,
              help="The share of the requests that each deployment gets, in percent; 100 together."),
        Table("mirror_traffic", "Mirrored", "deployment", ways=_SHARE,
              help="The share of the requests that one deployment also gets, to try it out; at most 50."),
        line("Compute", "compute", Control.SUGGEST, offers="computes", placeholder="for Kubernetes only"),
        IDENTITY,
    )),
    about(Table("properties", "Properties", "property")),
))  # fmt: skip
BATCH_ENDPOINT = Design((
    Part("", (
        line("Name", "name", placeholder="letters, digits and -, new in the region"),
        Line("Access by", (
            Box("auth_mode", "Access by", Control.CHOICE, "Microsoft Entra (default)", choices=_AUTH[2:]),
        )),
        line("Deployment", "defaults.deployment_name", placeholder="the one that answers unless another is named"),
        IDENTITY,
    )),
    about(Table("properties", "Properties", "property")),
))  # fmt: skip
_RUNS = (
    Line("Name", (
        Box("name", "Name", Control.LINE, "name", share=3),
        Box("endpoint_name", "Endpoint", Control.LINE, "its endpoint", "endpoint", share=3),
    )),
    line("Model", "model", Control.SUGGEST, placeholder="azureml:NAME:VERSION", help="The model that answers."),
    Line("Code", (
        Box("code_configuration.code", "Folder", Control.FOLDER, "a folder of the project", share=4),
        Box("code_configuration.scoring_script", "Script", Control.LINE, "score.py", "script", share=3),
    ), "The script that loads the model and answers; MLflow and Triton models need none."),
    environment(),
)  # fmt: skip
_VARIABLES = Table("environment_variables", "Variables", "variable", help="Environment variables of the server.")
ONLINE_DEPLOYMENT = Design((
    Part("", (
        *_RUNS,
        line("Node size", "instance_type", Control.SUGGEST, offers="sizes", note="size", placeholder="Standard_DS3_v2"),
        Line("Nodes", (Box("instance_count", "Nodes", Control.INTEGER, "1", "nodes", minimum=1),)),
        _VARIABLES,
    )),
    Part("Requests", (
        Line("Limits", (
            Box("request_settings.request_timeout_ms", "Time limit", Control.INTEGER, "5000", "ms", minimum=1),
            Box("request_settings.max_concurrent_requests_per_instance", "At a time", Control.INTEGER, "1",
                "at a time", minimum=1),
            Box("request_settings.max_queue_wait_ms", "Longest wait", Control.INTEGER, "500", "ms wait", minimum=0),
        )),
        Tree("scale_settings", "Scaling"),
        Tree("liveness_probe", "Alive", "How it is found out whether the server is alive."),
        Tree("readiness_probe", "Ready", "How it is found out whether the server may be asked."),
        Tree("data_collector", "Data collected"),
        Tree("resources", "Resources"),
    )),
    about(Line("Insights", (Box("app_insights_enabled", "Insights", Control.BOOLEAN, "No (default)"),))),
))  # fmt: skip
_OUTPUT = choices(("append_row", "One file, a row each"), ("summary_only", "The script writes it"))
BATCH_DEPLOYMENT = Design((
    Part("", (
        *_RUNS,
        line("Compute", "compute", Control.SUGGEST, offers="computes", note="compute", placeholder="azureml:NAME"),
        Line("Nodes", (
            Box("resources.instance_count", "Nodes", Control.INTEGER, "1", "nodes", minimum=1),
            Box("settings.max_concurrency_per_instance", "Processes on each", Control.INTEGER, "1", "processes each",
                minimum=1),
        )),
        Line("Batches", (
            Box("settings.mini_batch_size", "Files in a batch", Control.INTEGER, "10", "files each", minimum=1),
            Box("settings.error_threshold", "Files that may fail", Control.INTEGER, "-1: all", "may fail"),
        )),
        Line("Results", (
            Box("settings.output_action", "Results", Control.CHOICE, "One file (default)", choices=_OUTPUT, share=3),
            Box("settings.output_file_name", "File", Control.LINE, "predictions.csv", share=3),
        )),
        Line("Attempts", (
            Box("settings.retry_settings.max_retries", "Attempts", Control.INTEGER, "3", "more attempts", minimum=0),
            Box("settings.retry_settings.timeout", "Time for a batch", Control.INTEGER, "30", "seconds each",
                minimum=1),
        )),
        _VARIABLES,
    )),
    about(),
))  # fmt: skip
