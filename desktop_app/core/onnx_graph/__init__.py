"""ONNX models as pictures need them: read without weights, grouped by module, laid out, compared. Pure."""
