"""What the Models page says of exports to ONNX and of graphs, without Qt."""
