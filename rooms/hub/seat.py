"""A learner's seat: a copy of the course, and JupyterLab on it.

All of it runs in the learner's home and under the learner's account. What
the learner's notebooks are is decided by `course.workspace`, as on their own
machine.
"""

import ctypes
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from course import jupyterlab, workspace
from course.chapters import ROOT

PARTS = ("course", "notebooks", "snippets", "README.md", "requirements.txt")
NO_CACHES = shutil.ignore_patterns("__pycache__", ".*")
# A cell that asks for memory without end gets a MemoryError of its own,
# instead of bringing the machine down: bytes for each process.
MOST_MEMORY = 2 * 1024**3
# A kernel that loads no debugger, which learners can do without: `%debug`
# works. It takes 7 MB less, and starts sooner.
KERNELS = Path(__file__).with_name("jupyter")
# How often a JupyterLab gives freed memory back to the system, in seconds.
BREATH = 30.0
OPTIONS = (
    jupyterlab.NO_EXTENSION_LIST,
    "--ServerApp.terminals_enabled=False",
    # Kernels that start in the same moment can choose the same TCP port, and
    # fail: https://github.com/jupyter/jupyter_client/issues/487
    "--KernelManager.transport=ipc",
)


def copy_course(course: Path, copy: Path) -> None:
    """Copy what a learner needs of the course; `work/` is left as it is."""
    copy.mkdir(exist_ok=True)
    for name in PARTS:
        if (course / name).is_dir():
            shutil.rmtree(copy / name, ignore_errors=True)
            shutil.copytree(course / name, copy / name, ignore=NO_CACHES)
        else:
            shutil.copy(course / name, copy / name)


def environment(hub: Mapping[str, str], runtime: str) -> dict[str, str]:
    """Derive JupyterLab's environment variables from those that the hub gave.

    Args:
        runtime: Where the kernels' sockets are. Their paths have at most 107
            characters, which a home inside some folder could exceed.
    """
    programs = str(Path(sys.executable).parent)
    ours = jupyterlab.environment(hub)
    return {
        **ours,
        "JUPYTER_PATH": os.pathsep.join((str(KERNELS), ours["JUPYTER_PATH"])),
        "PATH": os.pathsep.join((programs, hub.get("PATH", os.defpath))),
        "JUPYTER_RUNTIME_DIR": runtime,
    }


def give_back() -> None:
    """Give freed memory back to the system, again and again.

    JupyterLab sends its page in large pieces, and the C library keeps what
    they took: 8 MB for each learner.
    """
    # Not every C library has it: musl's gives memory back by itself.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        time.sleep(BREATH)
        trim(0)


def take(options: Sequence[str]) -> None:
    """Run JupyterLab in this process, whose folder is the learner's home.

    Args:
        options: The hub's, for JupyterLab: `["--ServerApp.ip=127.0.0.1"]`.
    """
    copy = Path.cwd() / "course"
    copy_course(ROOT, copy)
    workspace.fill(copy)
    os.chdir(copy)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    threading.Thread(target=give_back, daemon=True).start()
    # Only the hub's environment has it.
    from jupyterhub.singleuser import main

    sys.argv = ["jupyterhub-singleuser", *OPTIONS]
    sys.argv += [f"--ServerApp.root_dir={copy}", *options]
    with tempfile.TemporaryDirectory(prefix="course-") as runtime:
        ours = environment(os.environ, runtime)
        os.environ.clear()
        os.environ.update(ours)
        main()
