"""What a failed run's page says: who fell when, what to try next, and what the program can mend itself; without Qt."""
