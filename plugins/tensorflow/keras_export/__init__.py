"""Worker code of the exports of Keras and TensorFlow models; imported by a toolchain's interpreter alone."""
