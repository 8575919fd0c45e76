"""What is kept of an export: its report, and the report as a page."""
