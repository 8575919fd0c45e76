"""Worker tasks over ONNX files, of no framework; run in the toolchain `onnx`, imported by nobody of the house."""
