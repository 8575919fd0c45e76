"""Environments: the catalogue of curated ones, one's own read from files, compared, checked, saved and tried."""
