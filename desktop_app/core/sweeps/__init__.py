"""What a sweep tries next, which trials it ends early, and the job of one trial. Pure; whoever runs sweeps uses it."""
