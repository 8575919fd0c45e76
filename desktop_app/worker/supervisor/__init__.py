"""A local run's own processes: a guardian and, as its child, the supervisor that owns the ranks.

Started by path (`python -I …/supervisor/__main__.py FOLDER`), so nothing of the house is imported, and the
window may die. The run folder's format is described in docs/architecture.md; these modules are its only writers.

On Linux no process of a run outlives it: guardian and supervisor are child subreapers, so that whatever a rank leaves
behind becomes their child, and ranks die with the supervisor (PR_SET_PDEATHSIG). On macOS (process groups, polling
for the parent) and Windows (a Job Object that kills on close) the same is written by their means and was
not tried: there was no such machine.
"""
