"""A build's output becomes progress while it runs, and one plain sentence where it fails."""

import pytest

from desktop_app.services.toolchains.build_output import BuildLines, first_error

HORRIBLE = """\
  [ 45%] Building CXX object horovod/torch/CMakeFiles/pytorch.dir/__/common/timeline.cc.o
  cd /tmp/w/build && /usr/bin/c++ -DHAVE_MPI=1 -c /tmp/w/source/horovod-0.28.1/horovod/common/timeline.cc
  In file included from /tmp/w/source/horovod-0.28.1/horovod/torch/adapter_v2.h:25,
                   from /tmp/w/source/horovod-0.28.1/horovod/torch/adapter_v2.cc:17:
  /c/toolchains/x/lib/python3.11/site-packages/torch/include/c10/util/Half.h:4:2: error: #error C++17 or later is needed
      4 | #error C++17 or later is needed
        |  ^~~~~
  /tmp/w/source/horovod-0.28.1/horovod/common/timeline.cc:40:9: error: ‘variant’ is not a member of ‘std’
  make[2]: *** [horovod/torch/CMakeFiles/pytorch.dir/build.make:272: timeline.cc.o] Error 1
  Traceback (most recent call last):
    File "setup.py", line 140, in build_extensions
  subprocess.CalledProcessError: Command '['cmake', '--build', '.']' returned non-zero exit status 2.
  error: subprocess-exited-with-error
""".splitlines()
REASONS = {
    "g++: fatal error: Killed signal terminated program cc1plus\nx.cc:3:1: error: what": "because the memory was full",
    "/tmp/x.s: fatal error: error writing to /tmp/x.s: No space left on device": "the disk is full",
    "src/a.c:3:10: fatal error: mpi.h: No such file or directory\ncompilation terminated.": "src/a.c:3: mpi.h: No such",
    "CMake Error at CMakeLists.txt:31 (find_package):\n  Could not find MPI\n  (missing: MPI_CXX)\n\n  more": (
        "CMakeLists.txt:31: Could not find MPI (missing: MPI_CXX)"
    ),
    "CMake Error: CMake was unable to find a build program": "CMake was unable to find a build program",
    "/usr/bin/ld: cannot find -lmpi: No such file\ncollect2: error: ld returned 1 exit status": (
        "linking failed: cannot find -lmpi: No such file"
    ),
    "x.o: in function `f':\nx.c:(.text+0x9): undefined reference to `g'": "linking failed: undefined reference to `g'",
    "Traceback (most recent call last):\n  File\nModuleNotFoundError: No module named 'torch'\nerror: exited": (
        "ModuleNotFoundError: No module named 'torch'"
    ),
    "distutils.errors.CompileError: command 'gcc' failed\nerror: command 'gcc' failed": "command 'gcc' failed",
    "all is well": "",
}


def test_the_first_error_of_the_compiler_is_the_reason() -> None:
    assert first_error(HORRIBLE) == "torch/include/c10/util/Half.h:4: #error C++17 or later is needed"
    found = first_error(HORRIBLE[6:], "/tmp/w/source/horovod-0.28.1")
    assert found == "horovod/common/timeline.cc:40: ‘variant’ is not a member of ‘std’"


@pytest.mark.parametrize(("text", "reason"), REASONS.items(), ids=list(REASONS.values()))
def test_a_reason_is_found_whoever_says_it(text: str, reason: str) -> None:
    found = first_error(text.splitlines())
    assert reason in found
    assert bool(found) is bool(reason)


def test_a_link_error_is_said_without_cmakes_own_words() -> None:
    assert first_error(["ld: cannot find -lmpi", "make: *** Error 1"]) == "linking failed: cannot find -lmpi"


def read(text: str) -> tuple[str, float | None]:
    lines = BuildLines("Building")
    for each in text.splitlines():
        lines.take(each)
    return lines.message, lines.part


def test_what_is_compiled_and_how_far_it_is() -> None:
    assert read("nothing of interest\n  [  x%] odd\n") == ("Building", None)
    assert read("\n".join(HORRIBLE)) == ("Compiling timeline.cc", 0.45)
    assert read("[100%] Linking CXX shared library /tmp/horovod/mpi_lib_v2.so") == ("Linking mpi_lib_v2.so", 1.0)
    assert read("gcc -pthread -O3 -I/x -c src/fast.c -o build/fast.o") == ("Compiling fast.c", None)
    assert read("[3/12] c++ -O2 -c -o a/b.o ops/b.cpp") == ("Compiling b.cpp", 0.25)
    assert read("[0/0] nothing") == ("Building", None)


def test_a_build_of_two_halves_never_goes_back() -> None:
    assert read("[100%] Building CXX object a.cc.o\n[ 10%] Building CXX object b.cc.o") == ("Compiling b.cc", 1.0)


def test_only_news_is_told() -> None:
    lines = BuildLines("Building")
    said = [lines.take(each) for each in ("noise", "[ 5%] Building C object a.c.o", "noise", "noise")]
    assert said == [False, True, False, False]
