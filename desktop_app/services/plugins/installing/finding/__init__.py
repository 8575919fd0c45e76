"""Which versions there are, where, and which one fits; asked by a child."""
