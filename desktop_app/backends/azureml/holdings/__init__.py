"""What a workspace holds beside runs: computes, quota, models, data, environments, endpoints."""
