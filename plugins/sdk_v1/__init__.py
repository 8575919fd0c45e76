"""A wizard that takes the words of Azure ML SDK v1 and ends in a v2 job."""
