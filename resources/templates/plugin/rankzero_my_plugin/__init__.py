"""My plugin for Rank Zero."""
