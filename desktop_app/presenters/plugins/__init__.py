"""What the Plugins page says, without Qt: cards, one plugin, plans, what was found, history, and what was dropped."""
