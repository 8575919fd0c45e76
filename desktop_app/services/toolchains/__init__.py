"""Toolchains: made with uv or chosen by the person, checked, and asked whether they have what a job imports."""

from desktop_app.services.toolchains.models import InterpreterChoice, Toolchain
from desktop_app.services.toolchains.service import Toolchains

__all__ = ["InterpreterChoice", "Toolchain", "Toolchains"]
