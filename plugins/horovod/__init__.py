"""Horovod and MPI jobs: ranks that mpirun starts."""
