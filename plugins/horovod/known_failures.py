"""The lines of failed Horovod and MPI runs that are known, what each means, what to try, and which are only echoes.

The texts are those of Horovod 0.28.1, mpi4py 4.1.2 and Open MPI 4.1.4, each brought about on purpose; those of GPUs are
known from their issue trackers.
"""

from __future__ import annotations

import re

from desktop_app.api.kit import Known

from .ranks import is_mpi

_LOOK_AT_OTHERS = ("Look at the rank that ended first: its log holds the cause.",)
_OPEN_MPI = (
    "Install Open MPI: `sudo apt install openmpi-bin libopenmpi-dev` (Debian, Ubuntu) or `brew install open-mpi`."
)
_COMPILE_AFTER = "Compile Horovod after the framework: see the Dockerfile of the sample digits, horovod-pytorch."

ANYWHERE = (
    Known(
        "horovod-not-built",
        re.compile(r"Extension horovod\.(\w+) has not been built"),
        "Horovod was compiled without {0}, so horovod.{0} can't be used.",
        (
            "On this machine, take the toolchain that has Horovod for it: horovod-pytorch or horovod-tensorflow.",
            f"On Azure ML: {_COMPILE_AFTER} HOROVOD_WITH_… = 1 makes a failing build say so.",
        ),
    ),
    Known(
        "no-mpi-library",
        re.compile(r"cannot load MPI library|(libmpi\w*\.so\S*): cannot open shared object file"),
        "The MPI library that the ranks speak by is not installed, or not where programs look for it.",
        (
            _OPEN_MPI,
            "On Azure ML, start from an image with Open MPI: mcr.microsoft.com/azureml/openmpi….",
        ),
    ),
    Known(
        "stalled",
        re.compile(r"^(\d+)!: \[(.+)\]"),
        "Rank {0} did not come to the operation {1} that the others wait for.",
        (
            "Every rank must call the same operations of Horovod as often: `if hvd.rank() == 0:` around one stops all.",
            "See that every rank has as many batches; else use hvd.join() at the end of an epoch.",
        ),
    ),
    Known(
        "keras3-variables",
        re.compile(r"AttributeError: 'Variable' object has no attribute 'ref'"),
        "Horovod was given variables of Keras 3, and knows TensorFlow's alone.",
        ("Give it [each.value for each in model.trainable_variables], or use tf_keras with TF_USE_LEGACY_KERAS=1.",),
    ),
    Known(
        "horovodrun-missing",
        re.compile(r"horovodrun: (?:command )?not found"),
        "The command calls horovodrun, which is not there.",
        ("Leave horovodrun and its options out: the distribution mpi starts the ranks.",),
    ),
    Known(
        "other-mpi",
        re.compile(r"suspicious MPI execution environment"),
        "The ranks were started by the mpirun of one MPI and speak another, so each believes that it is alone.",
        (_OPEN_MPI, "See that the folder of Open MPI's mpirun comes first in PATH."),
    ),
    Known(
        "connection-lost",
        re.compile(r"mca_btl_tcp_\w+.*(?:Connection reset by peer|Broken pipe)|MPI_ERR_PROC_FAILED"),
        "Another rank was gone, so the connection to it broke.",
        _LOOK_AT_OTHERS,
        is_echo=True,
    ),
)
"""Lines that tell wherever they stand in a rank's log."""

LAST_WORDS = (
    Known(
        "hvd-not-initialized",
        re.compile(r"Horovod has not been initialized; use hvd\.init\(\)"),
        "This rank used Horovod without having called hvd.init().",
        ("Call hvd.init() first of all, on every rank and under no condition.",),
    ),
    Known(
        "mismatched-tensors",
        re.compile(
            r"Mismatched (\w+) tensor shapes: One rank sent a tensor of shape (\[.*?\]), but another .*?(\[.*?\])"
        ),
        "The ranks gave tensors of different shapes, {1} and {2}, to one operation.",
        (
            "See that the model is built alike on every rank, and that no shape depends on a rank's own data.",
            "Operations are matched by name: give each of your own allreduce calls a name of its own.",
        ),
    ),
    Known(
        "mismatched-operations",
        re.compile(r"Mismatched (?:MPI operations|data types|\w+ root ranks|\w+ CPU/GPU device)\b.*"),
        "The ranks asked for different things in one operation of Horovod.",
        ("Operations are matched by name: every rank must do the same under the same name, with the same type.",),
    ),
    Known(
        "horovod-shut-down",
        re.compile(r"Horovod has been shut down"),
        "Another rank was gone, so Horovod shut down on this one.",
        _LOOK_AT_OTHERS,
        is_echo=True,
    ),
    Known(
        "mpi-truncated",
        re.compile(r"MPI_ERR_TRUNCATE"),
        "A rank sent more than the receiving rank's buffer holds.",
        ("See that both sides agree on the number and the type of the values; None or float64 and float32 differ.",),
    ),
    Known(
        "mpi-bad-rank",
        re.compile(r"MPI_ERR_(?:RANK|ROOT): invalid (rank|root)"),
        "A message went to a {0} that the job does not have.",
        ("Ranks count from 0 to COMM_WORLD.size - 1: run it with as many ranks as the program expects.",),
    ),
    Known(
        "no-such-module",
        re.compile(r"ModuleNotFoundError: No module named '(horovod|mpi4py)(?:\.\w+)?'"),
        "The Python that ran the job has no {0}.",
        (
            "On this machine, let a toolchain of the plugin “Horovod and MPI” run it: see Settings, Toolchains.",
            "On Azure ML, take an environment that holds {0}.",
        ),
    ),
    Known(
        "no-rank-variables",
        re.compile(
            r"environment variable (RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT|LOCAL_RANK) expected, but not set"
            r"|^KeyError: '(LOCAL_RANK|RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT)'"
        ),
        "The script looked for {0}, which mpirun does not set.",
        (
            "Take the distribution pytorch for scripts with init_process_group, or Horovod alone with mpi.",
            "Or set RANK, WORLD_SIZE and LOCAL_RANK in the script from OMPI_COMM_WORLD_RANK, …_SIZE and …_LOCAL_RANK.",
        ),
        when=is_mpi,
    ),
)
"""Exceptions that tell where they are the last of a rank's log."""

OF_MPIRUN = (
    Known(
        "peer-gone",
        re.compile(r"An MPI communication peer process has unexpectedly disconnected"),
        "A rank was gone while others still spoke with it.",
        _LOOK_AT_OTHERS,
        is_echo=True,
    ),
    Known(
        "too-few-slots",
        re.compile(r"There are not enough slots available in the system to satisfy the (\d+)"),
        "mpirun was asked for {0} ranks and has slots for fewer.",
        (
            "Ask for fewer processes per node, or give --host or the hostfile more slots.",
            "--oversubscribe lets ranks share cores; the ranks of a job with distribution mpi do so anyway here.",
        ),
    ),
    Known(
        "mpirun-as-root",
        re.compile(r"mpirun has detected an attempt to run as root"),
        "mpirun refuses to be run by root.",
        ("Run it as another user, or in a container set OMPI_ALLOW_RUN_AS_ROOT and …_CONFIRM to 1.",),
    ),
    Known(
        "rank-killed",
        re.compile(r"process rank (\d+) with PID \d+ on node \S+ exited on signal (\d+) \(([^)]*)\)"),
        "Rank {0} was killed by signal {1} ({2}).",
        (
            "Signal 9 most often means that the memory ran out: take smaller batches or fewer processes per node.",
            "Signal 11 is a fault in compiled code: see that Horovod and mpi4py were built for this MPI and framework.",
        ),
    ),
    Known(
        "mpi-abort",
        re.compile(r"MPI_ABORT was invoked on rank (\d+)"),
        "Rank {0} ended the whole job by MPI_Abort; under python -m mpi4py any exception does.",
        ("Its own log has the exception, if there was one.",),
    ),
    Known(
        "no-finalize",
        re.compile(r"exiting improperly|exiting without calling .finalize.|exited without calling .*finalize"),
        "A rank ended without ending MPI, so mpirun ended the others.",
        ("See how that rank ended: os._exit, a fork, or a script that never starts MPI on some ranks.",),
    ),
    Known(
        "program-missing",
        re.compile(r"unable to find the specified executable file"),
        "mpirun did not find the program that it should start.",
        ("See the name of the program, and the PATH on every node.",),
    ),
    Known(
        "host-unknown",
        re.compile(r"Could not resolve hostname (\S+):"),
        "mpirun could not reach the node {0}: nobody knows its name.",
        ("Correct the hosts that mpirun is given; a job with distribution mpi needs none.",),
    ),
    Known(
        "ssh-refused",
        re.compile(r"(Permission denied \(publickey|Host key verification failed|connect to host \S+ port \d+)"),
        "mpirun could not log in to another node by ssh.",
        ("Let ssh log in there without a password; a job with distribution mpi needs no ssh of your own.",),
    ),
    Known(
        "nodes-unreachable",
        re.compile(r"ORTE was unable to reliably start one or more daemons|ORTE does not know how to route"),
        "mpirun could not start its helper on one of the nodes.",
        ("Its log says above why: a name that is not known, no way to log in, or no Open MPI there.",),
    ),
)
