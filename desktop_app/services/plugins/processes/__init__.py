"""Plugins in processes of their own: started, asked, cut off and ended."""

from desktop_app.services.plugins.processes.crew import Crew, Member, Outcome
from desktop_app.services.plugins.processes.faults import FaultError, RefusedError
from desktop_app.services.plugins.processes.nursery import Cradles

__all__ = ["Cradles", "Crew", "FaultError", "Member", "Outcome", "RefusedError"]
