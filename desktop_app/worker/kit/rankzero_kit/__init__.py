"""What worker tasks may import in a toolchain's interpreter: standard library, and numpy where it is asked for."""
