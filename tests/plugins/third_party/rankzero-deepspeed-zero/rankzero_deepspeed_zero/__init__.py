"""DeepSpeed ZeRO for Rank Zero."""
