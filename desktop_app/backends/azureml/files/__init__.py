"""Files in the cloud: listed, fetched and checked, never outside the folder they are fetched into."""
