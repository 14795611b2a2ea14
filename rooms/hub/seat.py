"""Run as a learner: renew the copy of the course, then become JupyterLab.

The hub starts `python -m rooms.hub.seat` in the learner's home, under the
learner's account. What the learner's notebooks are is decided by
`course.workspace`, as on their own machine.
"""

import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from course import jupyterlab, workspace
from course.chapters import ROOT

PARTS = ("course", "notebooks", "snippets", "README.md", "requirements.txt")
NO_CACHES = shutil.ignore_patterns("__pycache__", ".*")
# A cell that asks for memory without end gets a MemoryError of its own,
# instead of bringing the machine down: bytes for each process.
MOST_MEMORY = 2 * 1024**3
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
    ours = jupyterlab.environment(hub)
    # It led to this module; the learner's notebooks import their own copy.
    paths = hub["PYTHONPATH"].split(os.pathsep)
    ours["PYTHONPATH"] = os.pathsep.join(
        path for path in paths if path != str(ROOT)
    )
    programs = str(Path(sys.executable).parent)
    ours["PATH"] = os.pathsep.join((programs, hub.get("PATH", os.defpath)))
    ours["JUPYTER_RUNTIME_DIR"] = runtime
    return ours


def main(options: Sequence[str]) -> int:
    """Replace this process by a learner's JupyterLab.

    Args:
        options: The hub's, for JupyterLab: `["--ServerApp.ip=127.0.0.1"]`.
    """
    copy = Path.cwd() / "course"
    copy_course(ROOT, copy)
    workspace.fill(copy)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    command = [sys.executable, "-m", "jupyterhub.singleuser"]
    command += [*OPTIONS, f"--ServerApp.root_dir={copy}", *options]
    runtime = tempfile.mkdtemp(prefix="course-")
    return jupyterlab.launch(command, copy, environment(os.environ, runtime))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
