"""What a newcomer's slips are told as: a misspelled name, a shadowed module, a file that a program does not find."""

from __future__ import annotations

import pytest

from desktop_app.api import Explanation, FailureReport, Job
from plugins.failures import hooks
from plugins.pytorch.explain import explain


def told(text: str) -> Explanation:
    """Return the surest of what the plugins of failures and of PyTorch say of a log."""
    report = FailureReport(Job(command="python train.py"), tails={0: text}, is_foreign=True)
    found = (*hooks.explain_failure(report), *explain(report))
    return max(found, key=lambda each: each.certainty)


WRAPPED = "[rank0]: AttributeError: 'DistributedDataParallel' object has no attribute "
SPELLED = {
    "AttributeError: 'Adam' object has no attribute 'zero_grads'. Did you mean: 'zero_grad'?": "zero_grad",
    "AttributeError: module 'torch' has no attribute 'no_grd'. Did you mean: 'no_grad'?": "no_grad",
    "NameError: name 'lables' is not defined. Did you mean: 'labels'?": "labels",
    "TypeError: DataLoader.__init__() got an unexpected keyword argument 'shufle'. Did you mean 'shuffle'?": "shuffle",
    "ImportError: cannot import name 'Datast' from 'torch.utils.data' (/data.py). Did you mean: 'Dataset'?": "Dataset",
    WRAPPED + "'require_backward'. Did you mean: 'require_backward_grad_sync'?": "require_backward_grad_sync",
}


@pytest.mark.parametrize("line", SPELLED)
def test_what_python_suggests_is_said_first(line: str) -> None:
    found = told(f"epoch 1\n{line}\n")
    assert found.cause.endswith(f"Python asks: did you mean {SPELLED[line]}?")
    assert found.advice[0].startswith(f"Write {SPELLED[line]} instead of ")


def test_a_name_of_the_model_is_asked_of_the_model_inside() -> None:
    assert told(WRAPPED + "'encoder'\n").advice[0].startswith("Write model.module.encoder ")
    misspelled = told(WRAPPED + "'modle'. Did you mean: 'module'?\n")
    assert "model.module" not in misspelled.advice[0]
    assert "belongs to the model inside" not in misspelled.cause


LIBRARY = """  File "/job/code/train.py", line 3, in <module>
    import diffusion
  File "/env/lib/python3.12/site-packages/diffusion/ops.py", line 9, in %s
    register = torch.library.custom_opp
AttributeError: module 'torch.library' has no attribute 'custom_opp'. Did you mean: 'custom_op'?
"""


def test_a_name_that_a_package_uses_is_of_another_version_and_not_misspelled() -> None:
    found = told(LIBRARY % "<module>")
    assert found.cause == (
        "The package diffusion uses custom_opp, which is not there: its version and another package's do not fit."
    )
    asked_for_another = told(LIBRARY % "__getattr__")
    assert asked_for_another.advice[0].startswith("Write custom_op instead of custom_opp")


def test_a_name_that_a_package_imports_is_of_another_version() -> None:
    frame = '  File "/env/lib/python3.11/site-packages/tuner/hub.py", line 5, in <module>\n    from hub import fetch\n'
    found = told(f"{frame}ImportError: cannot import name 'fetch' from 'hub' (/env/hub/__init__.py)\n")
    assert found.code == "import-name-missing"
    assert found.cause.startswith("The package tuner uses fetch, which is not there")
    assert "spelled" not in " ".join(found.advice)


def test_what_an_older_version_had_is_no_slip_of_the_pen() -> None:
    assert told("AttributeError: module 'numpy' has no attribute 'bool'. Did you mean: 'bool_'?\n").code == (
        "attribute-of-other-version"
    )


def test_a_name_that_cannot_be_imported_may_be_misspelled_or_of_another_version() -> None:
    found = told("ImportError: cannot import name 'Distributed' from 'torch.nn.parallel' (/env/parallel/__init__.py)\n")
    assert found.cause.index("spelled wrong") < found.cause.index("version")
    assert "spelled" in found.advice[0]


def test_an_import_that_is_forgotten_is_asked_for() -> None:
    found = told("NameError: name 'os' is not defined. Did you forget to import 'os'?\n")
    assert found.advice == ("Write import os at the top of the file that the traceback names.",)


SHADOWED = (
    "AttributeError: module 'queue' has no attribute 'SimpleQueue'\n",
    "AttributeError: partially initialized module 'random' has no attribute 'Random' (most likely due to a circular "
    "import)\n",
    "AttributeError: module 'turtle' has no attribute 'Pen' (consider renaming '/c/turtle.py' since it has the same "
    "name as the standard library module named 'turtle' and the import system gives it precedence)\n",
    "ImportError: cannot import name 'Logger' from 'logging' (/job/code/logging.py)\n",
)


@pytest.mark.parametrize("line", SHADOWED)
def test_a_file_that_is_called_like_a_module_of_python_is_told_of(line: str) -> None:
    found = told(line)
    assert found.code == "module-of-python-shadowed"
    assert "rename it" in found.advice[0]


NOT_SHADOWED = (
    "AttributeError: module 'inspect' has no attribute 'getargspec'\n",
    "AttributeError: module 'logging' has no attribute 'handlers'\n",
    "ImportError: cannot import name 'Unknown' from 'enum' (/usr/lib/python3.11/enum.py)\n",
    "AttributeError: module 'logging' has no attribute 'getLoger'. Did you mean: 'getLogger'?\n",
)


@pytest.mark.parametrize("line", NOT_SHADOWED)
def test_what_python_itself_lacks_is_no_file_of_ones_own(line: str) -> None:
    report = FailureReport(Job(command=""), tails={0: line})
    assert "module-of-python-shadowed" not in {each.code for each in hooks.explain_failure(report)}


STRERROR = {
    "Permission denied": ("checkpoint-forbidden", "permission"),
    "Is a directory": ("checkpoint-is-folder", "missing-file"),
    "No such file or directory": ("checkpoint-folder-missing", "missing-file"),
    "No space left on device": ("checkpoint-disk-full", "storage-full"),
    "Text file busy": ("checkpoint-not-opened", "missing-file"),
}


@pytest.mark.parametrize("why", STRERROR)
def test_a_checkpoint_that_cannot_be_opened_is_explained_by_the_systems_words(why: str) -> None:
    found = told(f"RuntimeError: [enforce fail at inline_container.cc:659] . open file failed with strerror: {why}\n")
    assert (found.code, found.category) == STRERROR[why]
    assert ("disk" in found.cause or "quota" in found.cause) is False
    assert any("df -h" in each for each in found.advice) is (why == "No space left on device")


def test_a_file_that_is_moved_is_what_is_missing_and_not_its_folder() -> None:
    found = told("FileNotFoundError: [Errno 2] No such file or directory: 'outputs/a.pt' -> 'outputs/b.pt'\n")
    assert found.cause.startswith("outputs/a.pt was to be moved, copied or linked to outputs/b.pt")
    assert "what writes outputs/a.pt" in found.advice[0]


def test_a_local_rank_that_the_command_gives_is_not_blamed_on_a_launcher() -> None:
    found = told("usage: t.py [-h]\nt.py: error: unrecognized arguments: --local_rank 2\n")
    assert found.cause.startswith("The command gives the script --local_rank 2,")
    by_launcher = told("usage: t.py [-h]\nt.py: error: unrecognized arguments: --local-rank=2\n")
    assert "launch" in by_launcher.cause
    assert "job's own command" in by_launcher.advice[0]


def test_files_that_a_script_opens_are_to_be_closed_first() -> None:
    by_name = told("    handles.append(open(path))\nOSError: [Errno 24] Too many open files: 'shards/7.bin'\n")
    assert by_name.advice[0].startswith("Close the files that the script opens: with open(path)")
    of_workers = told("RuntimeError: received 0 items of ancdata\n")
    assert of_workers.code != by_name.code


PRODUCT = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (5x6 and 7x8)\n"


def test_a_product_of_two_matrices_is_no_layer() -> None:
    plain = told("    logits = left @ right\n" + PRODUCT)
    assert plain.cause.startswith("Two matrices do not fit for a product: the first is 5x6, the second 7x8")
    in_a_layer = told(
        '  File "/e/torch/nn/modules/linear.py", line 125, in forward\n    return F.linear(x, w)\n' + PRODUCT
    )
    assert in_a_layer.cause == "A layer expects 7 features and got 6."


AGAIN = """Traceback (most recent call last):
  File "/e/lib/python3.12/multiprocessing/spawn.py", line 246, in prepare
    _fixup_main_from_path(data['init_main_from_path'])
  File "/e/lib/python3.12/multiprocessing/spawn.py", line 297, in _fixup_main_from_path
    main_content = runpy.run_path(main_path,
                   ^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/job/code/train.py", line 60, in <module>
    dist.init_process_group("gloo")
torch.distributed.DistNetworkError: The server socket has failed to listen. code: -98, name: EADDRINUSE
[rank0]: RuntimeError: DataLoader worker (pid 12) exited unexpectedly with exit code 1.
"""


def test_a_script_that_its_own_worker_runs_once_more_is_to_be_guarded() -> None:
    found = told(AGAIN)
    assert (found.code, found.position) == ("main-not-guarded", 8)
    assert "if __name__ == '__main__':" in found.advice[0]
    without = told("\n".join(each for each in AGAIN.splitlines() if "_fixup_main" not in each))
    assert without.code != "main-not-guarded"


def test_a_worker_that_fails_in_an_import_of_the_script_says_nothing_of_a_guard() -> None:
    """On Windows each worker imports the script anew, guarded or not, and may lack the memory for it."""
    importing = AGAIN.replace('dist.init_process_group("gloo")', "import torch")
    text = importing.replace(
        "torch.distributed.DistNetworkError: The", "OSError: [WinError 1455] The paging file is too small."
    )
    assert told(text).code != "main-not-guarded"


def test_a_script_that_starts_processes_while_it_is_imported_is_told_of_once() -> None:
    bootstrapping = "RuntimeError:\n  An attempt has been made to start a new process before the\nThe"
    text = AGAIN.replace("torch.distributed.DistNetworkError: The", bootstrapping)
    found = hooks.explain_failure(FailureReport(Job(command=""), tails={0: text}))
    assert [each.code for each in found].count("main-not-guarded") == 1


CALLED = """unzip: cannot find or open data.zip
[rank2]: Traceback (most recent call last):
[rank2]:   File "train.py", line 4, in <module>
[rank2]:     subprocess.run(["unzip", "data.zip"], check=True)
[rank2]: subprocess.CalledProcessError: Command '['unzip', 'data.zip']' returned non-zero exit status 9.
"""


def test_a_called_programs_own_words_are_said() -> None:
    found = told(CALLED)
    assert found.cause == "unzip, which the script started, failed (exit status 9): cannot find or open data.zip."
    assert (found.line.startswith("[rank2]: subprocess.CalledProcessError"), found.about) == (True, 2)
    report = FailureReport(Job(command=""), tails={0: CALLED.replace("unzip: ", "epoch 1 ")})
    assert "called-program-failed" not in {each.code for each in hooks.explain_failure(report)}


def test_a_program_whose_children_tell_why_is_not_quoted() -> None:
    text = CALLED.replace("unzip", "ninja").replace("cannot find or open data.zip", "build stopped: subcommand failed.")
    report = FailureReport(Job(command=""), tails={0: text})
    assert "called-program-failed" not in {each.code for each in hooks.explain_failure(report)}
