"""Run pytest in processes of its own whose libraries are already imported.

A process that starts from nothing imports for 2 seconds before its first
test. Here one server imports the libraries once, and each run is a fork of
it. The system under test is not among them: a run imports the copy that it
is given. Windows has no fork: there each run imports everything.
"""

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

LIBRARIES = [
    *("alembic.command", "alembic.config", "argon2", "authlib.jose.errors"),
    *("cryptography.x509", "fastapi", "httpx", "hypothesis", "jwt"),
    *("limits.storage", "passlib.hash", "pydantic_settings", "pytest"),
    *("redis", "sqlalchemy.orm", "uvicorn"),
]
if sys.platform == "win32":
    processes = multiprocessing.get_context("spawn")
else:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(LIBRARIES)


def run_pytest(
    arguments: Sequence[str], path: Sequence[Path], folder: Path
) -> tuple[int, str]:
    """Return how a run in `folder` ended, and what it printed.

    `path` comes first where Python looks for modules.
    """
    printed = folder / "printed.txt"
    run = processes.Process(
        target=_run, args=(arguments, path, folder, printed)
    )
    run.start()
    run.join()
    assert run.exitcode is not None
    return run.exitcode, printed.read_text(encoding="utf-8")


def _run(
    arguments: Sequence[str], path: Sequence[Path], folder: Path, printed: Path
) -> None:
    with printed.open("w", encoding="utf-8") as output:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), stream.fileno())
    os.chdir(folder)
    sys.path[:0] = map(str, path)
    sys.dont_write_bytecode = True
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pytest

    sys.exit(pytest.main(list(arguments)))
