"""Small real source packages with a C extension, which build themselves: no tool but a C compiler is needed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

_PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
_BACKEND = '''
import os, pathlib, subprocess, sys, sysconfig, time, zipfile

NAME, VERSION = "{name}", "{version}"
INFO = f"{{NAME}}-{{VERSION}}.dist-info"
METADATA = f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n"

def prepare_metadata_for_build_wheel(folder, settings=None):
    path = pathlib.Path(folder, INFO)
    path.mkdir()
    (path / "METADATA").write_text(METADATA)
    return INFO

def build_wheel(folder, settings=None, metadata=None):
    print(f"[ 50%] Building C object CMakeFiles/{{NAME}}.dir/src/{{NAME}}.c.o", flush=True)
    hold()
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    include = sysconfig.get_paths()["include"]
    command = ["cc", "-shared", "-fPIC", "-I", include, os.path.abspath(f"src/{{NAME}}.c"), "-o", NAME + suffix]
    subprocess.run(command, check=True)
    print(f"[100%] Linking C shared library {{NAME}}{{suffix}}", flush=True)
    wheel = f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, wheel), "w") as archive:
        archive.write(NAME + suffix)
        archive.writestr(f"{{INFO}}/METADATA", METADATA)
        archive.writestr(f"{{INFO}}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{{INFO}}/RECORD", "")
    return wheel

def hold():
    """Wait below a child of its own, as make waits for its compilers, until the file GATE is there."""
    if "GATE" in os.environ:
        wait = "import os, sys, time\\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.02)"
        child = subprocess.Popen([sys.executable, "-c", wait, os.environ["GATE"]])
        pathlib.Path(os.environ["GATE"] + ".pids").write_text(f"{{os.getpid()}} {{child.pid}}")
        child.wait()
'''
_SOURCE = """
#include <Python.h>
#define ANSWER 1
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", 0, -1, 0}};
PyMODINIT_FUNC PyInit_{name}(void) {{
    PyObject *made = PyModule_Create(&module);
    PyModule_AddIntConstant(made, "ANSWER", ANSWER);
    return made;
}}
"""


def write_source_package(folder: Path, name: str, version: str = "1.0", source: str = "") -> Path:
    """Make a source package of one extension in C; it has the constant ANSWER."""
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": _PYPROJECT,
        "backend.py": _BACKEND.format(name=name, version=version),
        f"src/{name}.c": source or _SOURCE.format(name=name),
    }
    return write_archive(folder / f"{name}-{version}.tar.gz", {f"{name}-{version}/{k}": v for k, v in files.items()})


def write_archive(path: Path, files: Mapping[str, str]) -> Path:
    """Make a tar file of texts, whatever they are called."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return path
