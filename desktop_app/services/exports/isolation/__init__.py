"""How the workers of exports are held: environment, network, memory, and what those that were killed leave."""
