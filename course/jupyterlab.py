"""JupyterLab on the learner's notebooks: its options and its environment."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

LOOPBACK = ("127.0.0.1", "localhost")
# Defaults below the learner's own settings. Announcements are off: their
# plugin asks GitHub for news and PyPI for a newer JupyterLab. A Markdown file,
# such as the contents page, opens as a page and not as its source.
CONFIGURATION = Path(__file__).with_name("jupyter")
KERNELS = Path(sys.prefix) / "share" / "jupyter"
# Where programs of a kernel write, and the names below `work/.home`.
FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
}
# The panel that lists extensions would ask PyPI for them.
NO_EXTENSION_LIST = "--LabApp.extension_manager=readonly"


def start(root: Path, stem: str, options: Sequence[str]) -> int:
    """Open `work/<stem>.ipynb` in JupyterLab.

    Args:
        options: For JupyterLab: `["--no-browser", "--port", "9000"]`. They
            replace the course's own options of the same name.

    Returns:
        JupyterLab's exit code, where this process is not replaced by it.

    Raises:
        ModuleNotFoundError: JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ModuleNotFoundError("No JupyterLab", name="jupyterlab")
    if is_root() and "--allow-root" not in options:
        print("You are root: JupyterLab is started with --allow-root.")
        options = ["--allow-root", *options]
    variables = environment(os.environ)
    if not is_usable(home()):
        print(f"Your home folder cannot be written: {own_home(root)} is used.")
        variables = in_own_home(variables, root)
    # Printed last and flushed: another program takes this one's place.
    print(f"Opening work/{stem}.ipynb. Ctrl+C here stops it.", flush=True)
    # Given the file alone, JupyterLab takes work/ for its root, and the
    # address it prints for --no-browser leads to no notebook.
    ours = (
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/work/{quote(stem)}.ipynb",
        NO_EXTENSION_LIST,
    )
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        *unless_given(ours, options),
        *options,
    ]
    return launch(command, root, variables)


def unless_given(ours: Sequence[str], options: Sequence[str]) -> list[str]:
    """Drop those of our options, `--name=value`, that are given again.

    JupyterLab refuses most options that come twice.
    """
    given = {option.partition("=")[0] for option in options}
    return [each for each in ours if each.partition("=")[0] not in given]


def is_root() -> bool:
    """Tell whether this process runs as POSIX's root; Windows has none."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def environment(visitor: Mapping[str, str]) -> dict[str, str]:
    """Derive JupyterLab's environment variables, and its kernels', from ours.

    - `SECRET_KEY` is left out: the course signs with its teaching key.
    - Requests to this machine use no proxy. SOCKS proxies are left out: httpx
      fails on them, even for requests that would not use them.
    - `JUPYTER_CONFIG_PATH` ends with the course's own defaults.
    - `JUPYTER_PATH` begins with this Python's folder: a kernel named
      `python3` of another environment would not find the course's packages.
    """
    kept = {
        name: value
        for name, value in visitor.items()
        if name.upper() != "SECRET_KEY" and not is_socks(name, value)
    }
    # Programs read one spelling or the other.
    for name in ("no_proxy", "NO_PROXY"):
        hosts = (visitor.get(name, ""), *LOOPBACK)
        kept[name] = ",".join(filter(None, hosts))
    paths = (visitor.get("JUPYTER_CONFIG_PATH", ""), str(CONFIGURATION))
    kept["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    paths = (str(KERNELS), visitor.get("JUPYTER_PATH", ""))
    kept["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    return kept


def home() -> Path | None:
    """Return the home folder, or None where the system knows none."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def own_home(root: Path) -> Path:
    """Return the folder that stands in for a home that cannot be written."""
    return root / "work" / ".home"


def is_usable(folder: Path | None) -> bool:
    """Tell whether a file can be written in a folder, by writing one."""
    if folder is None:
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def in_own_home(variables: Mapping[str, str], root: Path) -> dict[str, str]:
    """Give Jupyter, IPython and Matplotlib folders below `work/`.

    Those that the learner has set stay as they are.
    """
    home = own_home(root)
    ours = {name: str(home / folder) for name, folder in FOLDERS.items()}
    learners = {name: value for name, value in variables.items() if value}
    return {**variables, **ours, **learners}


def is_socks(name: str, value: str) -> bool:
    """Tell whether a variable names a SOCKS proxy: `socks5://…`."""
    return name.lower().endswith("_proxy") and value.startswith("socks")


def launch(
    command: Sequence[str], folder: Path, environ: Mapping[str, str]
) -> int:
    """Run a command in a folder and return its exit code.

    On POSIX the command replaces this process, so that every signal, SIGTERM
    as well as Ctrl+C, reaches JupyterLab, which then stops its kernels.
    Windows cannot replace a process. There Ctrl+C reaches both, and
    JupyterLab answers it with a question: leaving earlier would orphan it.
    """
    # No shell: a list of words, our own and the learner's.
    if os.name == "posix":
        os.chdir(folder)
        os.execve(command[0], list(command), environ)  # noqa: S606
    process = subprocess.Popen(  # noqa: S603
        command, cwd=folder, env=environ
    )
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
