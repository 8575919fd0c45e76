"""The Runs page: the table of runs, and a run with its logs, curves and outputs."""
