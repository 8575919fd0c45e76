"""Metrics of runs: TensorBoard's event files as points, points in short."""

from desktop_app.services.metrics.reader import TensorBoardReader, read_tensorboard
from desktop_app.services.metrics.summaries import summary

__all__ = ["TensorBoardReader", "read_tensorboard", "summary"]
