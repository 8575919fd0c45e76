"""PyTorch models on their way to ONNX; every file here runs in a toolchain's interpreter."""
