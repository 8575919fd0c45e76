"""Exports to ONNX: what a model file is, the way to ONNX, the verdict, and what is kept of it."""
