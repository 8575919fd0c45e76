"""What a plugin is and what a person should know of it, in words that verbs, questions and the window share."""

from __future__ import annotations

RUNS_AS_YOU = (
    "A plugin is code that runs as you: it can read and change your files, use your network and the sign-ins of this "
    "program, and nothing holds it back."
)
WHAT_IT_IS = f"{RUNS_AS_YOU} Agree only if you trust who made it; nobody has checked it for you."
