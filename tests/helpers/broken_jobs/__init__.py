"""Jobs that are broken in one known way each, and whether what is said of their runs is the truth."""
