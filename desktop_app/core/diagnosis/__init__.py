"""Why a distributed run failed: causes told from symptoms and echoes, and who fell when. Pure: logs are handed in."""
