"""Exports to ONNX as values: the report, the forecast, the scores. Pure."""
