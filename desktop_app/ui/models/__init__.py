"""The Models page: exports to ONNX, their reports, and graphs."""
