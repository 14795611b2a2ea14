"""Start a hub for one room: `python -m rooms.hub --host 0.0.0.0`."""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from course import jupyterlab
from course.chapters import ROOT
from rooms.hub import homes, passwords
from rooms.hub.settings import Settings

CONFIGURATION = Path(__file__).with_name("jupyterhub_config.py")
ONE_ACCOUNT = """\
This hub does not run as root, so all learners share your account: any cell
can read the files of every learner, and yours.
"""


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m rooms.hub",
        description="Start a JupyterHub: a copy of the course, and a "
        "JupyterLab, for everyone who knows the password on the board.",
    )
    parser.add_argument(
        "--host",
        default=Settings.host,
        help="the address to listen at (default: %(default)s, for this "
        "machine alone; 0.0.0.0 for everyone in its networks)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=Settings.port,
        help="default: %(default)s; the two ports above it are used as well",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "room",
        help="where the learners' files are (default: room/ in the course)",
    )
    parser.add_argument(
        "--password", help="the one on the board (default: one is made up)"
    )
    parser.add_argument(
        "--idle",
        type=int,
        default=Settings.idle,
        metavar="SECONDS",
        help="end kernels that nobody used for so long (default: %(default)s)",
    )
    parser.add_argument(
        "options",
        nargs="*",
        metavar="-- OPTIONS",
        help="further options for each learner's JupyterLab",
    )
    return parser.parse_args(arguments)


def make_folders(settings: Settings) -> None:
    """Make the folders; learners may pass through, and read none of them."""
    Path(settings.folder).mkdir(parents=True, exist_ok=True)
    for folder, mode in (
        (Path(settings.folder), 0o711),
        (settings.homes, 0o711),
        (settings.records, 0o700),
    ):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)


def board_password(file: Path, chosen: str | None) -> str:
    """Return the password on the board, which stays when a hub is restarted.

    It is the one that was chosen, else that of the last start, else new.
    """
    if chosen is None and file.exists():
        return file.read_text(encoding="utf-8")
    password = chosen or passwords.make_up()
    file.touch(mode=0o600)
    file.write_text(password, encoding="utf-8")
    return password


def main(arguments: Sequence[str]) -> int:
    """Start the hub, and return its exit code where it does not replace us."""
    given = read_arguments(arguments)
    if importlib.util.find_spec("jupyterhub") is None:
        print(
            "JupyterHub is not installed. Install it with: "
            "python -m pip install -r rooms/hub/requirements.txt",
            file=sys.stderr,
        )
        return 1
    folder = given.folder.absolute()
    if homes.are_separate():
        try:
            homes.check_readable(ROOT, Path(sys.executable), folder.parent)
        except homes.UnreachableError as error:
            print(error, file=sys.stderr)
            return 1
    else:
        print(ONE_ACCOUNT)
    settings = Settings(
        folder=str(folder),
        host=given.host,
        port=given.port,
        idle=given.idle,
        options=tuple(given.options),
    )
    make_folders(settings)
    password = board_password(settings.board, given.password)
    print(f"Write on the board: {address(settings)}, password {password}")
    print("Ctrl+C stops it; what learners saved stays.", flush=True)
    command = [sys.executable, "-m", "jupyterhub", "-f", str(CONFIGURATION)]
    # A line for each request would hide what a teacher needs to see.
    command += ["--log-level=WARN"]
    environ = {**os.environ, **settings.to_environment()}
    return jupyterlab.launch(command, ROOT, environ)


def address(settings: Settings) -> str:
    """Return what learners type into their browsers."""
    everywhere = settings.host in ("0.0.0.0", "::")  # noqa: S104
    host = "<address of this machine>" if everywhere else settings.host
    return f"http://{host}:{settings.port}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
