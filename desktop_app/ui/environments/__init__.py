"""The environments' window: curated ones and one's own, compared, checked, saved, tried, used in a job."""
