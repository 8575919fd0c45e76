"""The picture of an ONNX model: pan, zoom, open modules, search, compare."""
