"""Rank Zero: a workbench for training on many processes."""

__version__ = "0.1.0"
