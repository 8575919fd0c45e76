"""Logs of a run: read in windows, merged by time, followed and searched; bounded however large they are."""
