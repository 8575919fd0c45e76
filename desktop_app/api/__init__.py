"""The public plugin API: all that a plugin may import, bundled ones included.

Standard library and pluggy only. `API_VERSION` is raised when a plugin written for the previous one
would break; additions keep it.

A name's module is imported when the name is first asked for: most programs use a few of them, and making all of these
classes would take longer than the window may take to show.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop_app.api.backends import JobBackend, JobSource, Looks, PlannedFile, Progress
    from desktop_app.api.clouds import (
        Artifact,
        Asset,
        Cloud,
        Compute,
        ComputeSpec,
        Deployment,
        Endpoint,
        Headroom,
        JobPage,
        NewAsset,
        Quota,
        SignInMethod,
        SignInPrompt,
        SignInReport,
        SignInStep,
        SizeOffer,
        Waiting,
        Workspace,
        WorkspaceJob,
    )
    from desktop_app.api.commands import simple_commands
    from desktop_app.api.diagnostics import Diagnostic, Fix, Severity
    from desktop_app.api.drills import DrillKind, DrillOrder, Drills
    from desktop_app.api.environments import EnvironmentPreset
    from desktop_app.api.errors import OutsideError, UserError
    from desktop_app.api.exports import MODEL_KINDS, ExportRequest, ModelFile, OnnxExporter
    from desktop_app.api.failures import UNKNOWN_RANKS, Explanation, FailureReport, Remedy, RemedyKind
    from desktop_app.api.forms import Answers, Choice, Field, FieldKind, FormSpec, Row, Value
    from desktop_app.api.hookspecs import PROJECT, Hooks, hookimpl
    from desktop_app.api.jobs import Distribution, Job, JobInput, JobOutput, Resources, Topology
    from desktop_app.api.plans import Host, ProcessSpec, SubmissionPlan
    from desktop_app.api.ranks import RankRow, RankTable
    from desktop_app.api.runs import (
        TERMINAL,
        Drill,
        FirstFailure,
        MetricPoint,
        Phase,
        PhaseName,
        RankState,
        ResourcePoint,
        RunSnapshot,
        RunStatus,
    )
    from desktop_app.api.scripts import ScriptArgument, ScriptScan, ScriptSource, ScriptVariable
    from desktop_app.api.sweeps import Sweep, SweepState, Trial
    from desktop_app.api.toolchains import SourceEdit, ToolchainSpec, WheelBuild
    from desktop_app.api.wizards import Cluster, JobWizard, VmSize, WizardContext, WizardStep
    from desktop_app.api.workers import WorkerTask

API_VERSION = "1"

_MODULES = {
    "backends": "JobBackend JobSource Looks PlannedFile Progress",
    "clouds": "Artifact Asset Cloud Compute ComputeSpec Deployment Endpoint Headroom JobPage NewAsset Quota "
    "SignInMethod SignInPrompt SignInReport SignInStep SizeOffer Waiting Workspace WorkspaceJob",
    "commands": "simple_commands",
    "diagnostics": "Diagnostic Fix Severity",
    "drills": "DrillKind DrillOrder Drills",
    "environments": "EnvironmentPreset",
    "errors": "OutsideError UserError",
    "exports": "ExportRequest MODEL_KINDS ModelFile OnnxExporter",
    "failures": "UNKNOWN_RANKS Explanation FailureReport Remedy RemedyKind",
    "forms": "Answers Choice Field FieldKind FormSpec Row Value",
    "hookspecs": "Hooks PROJECT hookimpl",
    "jobs": "Distribution Job JobInput JobOutput Resources Topology",
    "plans": "Host ProcessSpec SubmissionPlan",
    "ranks": "RankRow RankTable",
    "runs": "Drill FirstFailure MetricPoint Phase PhaseName RankState ResourcePoint RunSnapshot RunStatus TERMINAL",
    "scripts": "ScriptArgument ScriptScan ScriptSource ScriptVariable",
    "sweeps": "Sweep SweepState Trial",
    "toolchains": "SourceEdit ToolchainSpec WheelBuild",
    "wizards": "Cluster JobWizard VmSize WizardContext WizardStep",
    "workers": "WorkerTask",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


__all__ = [
    "API_VERSION",
    "MODEL_KINDS",
    "PROJECT",
    "TERMINAL",
    "UNKNOWN_RANKS",
    "Answers",
    "Artifact",
    "Asset",
    "Choice",
    "Cloud",
    "Cluster",
    "Compute",
    "ComputeSpec",
    "Deployment",
    "Diagnostic",
    "Distribution",
    "Drill",
    "DrillKind",
    "DrillOrder",
    "Drills",
    "Endpoint",
    "EnvironmentPreset",
    "Explanation",
    "ExportRequest",
    "FailureReport",
    "Field",
    "FieldKind",
    "FirstFailure",
    "Fix",
    "FormSpec",
    "Headroom",
    "Hooks",
    "Host",
    "Job",
    "JobBackend",
    "JobInput",
    "JobOutput",
    "JobPage",
    "JobSource",
    "JobWizard",
    "Looks",
    "MetricPoint",
    "ModelFile",
    "NewAsset",
    "OnnxExporter",
    "OutsideError",
    "Phase",
    "PhaseName",
    "PlannedFile",
    "ProcessSpec",
    "Progress",
    "Quota",
    "RankRow",
    "RankState",
    "RankTable",
    "Remedy",
    "RemedyKind",
    "ResourcePoint",
    "Resources",
    "Row",
    "RunSnapshot",
    "RunStatus",
    "ScriptArgument",
    "ScriptScan",
    "ScriptSource",
    "ScriptVariable",
    "Severity",
    "SignInMethod",
    "SignInPrompt",
    "SignInReport",
    "SignInStep",
    "SizeOffer",
    "SourceEdit",
    "SubmissionPlan",
    "Sweep",
    "SweepState",
    "ToolchainSpec",
    "Topology",
    "Trial",
    "UserError",
    "Value",
    "VmSize",
    "Waiting",
    "WheelBuild",
    "WizardContext",
    "WizardStep",
    "WorkerTask",
    "Workspace",
    "WorkspaceJob",
    "hookimpl",
    "simple_commands",
]
