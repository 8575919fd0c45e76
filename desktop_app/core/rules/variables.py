"""Environment variables: text to every process; what YAML reads as something else arrives changed.

Source: azure-ai-ml 1.35.2 writes them by Python's str(): true becomes "True", a list what Python shows of it.
"""

from __future__ import annotations

from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import mapping


def check(body: Body, notes: Notes) -> None:
    """Check the variables of what runs something; whole numbers arrive as they are written."""
    for name, value in mapping(body.data.get("environment_variables")).items():
        path = (*body.path, "environment_variables", name)
        if value is None:
            message = f'Write "" at {name}, or remove it: nothing stands there, and a variable is text.'
            notes.warning("wrong-type", path, message, change('Write ""', path, ""))
        elif isinstance(value, bool):
            word = str(value).lower()
            message = f"Put {word} in quotes at {name}: without them the script gets “{value}”."
            notes.warning("wrong-type", path, message, change(f'Write "{word}"', path, word))
        elif isinstance(value, list | dict):
            notes.warning("wrong-type", path, f"Write text at {name}: a variable holds nothing else.")
