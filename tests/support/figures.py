"""Print how long the course takes on this machine; nothing is asserted.

    python -m tests.support.figures

For each notebook the best of up to three runs with all cells queued; then all
notebooks under nbval, and the same code as plain scripts; then what
`tests.support.signature_times`, `tests.support.load` and
`tests.support.storm` measure. How long the quick tier takes is in pytest's
own last line.
"""

import ast
import asyncio
import inspect
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from course.chapters import ROOT
from course.upkeep.notebook import Notebook, notebooks, source
from tests.support import load, signature_times, storm
from tests.support.offline_run import run_all

RUNS = 3
ENOUGH = 4.0  # seconds after which a notebook is not run once more
PYTEST = (sys.executable, "-m", "pytest", "-q")


def run_script(path: Path) -> None:
    """Run a notebook's code cells in this process, without a kernel."""
    # A cell may patch a name in `__main__`.
    sys.modules["__main__"] = module = ModuleType("__main__")
    names: dict[str, Any] = vars(module)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    async def run() -> None:
        for cell in Notebook(path).code_cells:
            code = compile(source(cell), str(path), "exec", flags=flags)
            if code.co_flags & inspect.CO_COROUTINE:
                await eval(code, names)
            else:
                exec(code, names)

    asyncio.run(run())


def time_commands(*commands: tuple[str, ...], folder: Path = ROOT) -> float:
    """Return the seconds that commands take, one after the other."""
    begun = time.perf_counter()
    for command in commands:
        subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        )
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print, a line for each figure."""
    books = [book.path for book in notebooks()]
    for path in books:
        cells = list(map(source, Notebook(path).code_cells))
        runs = [run_all(cells, path.parent)]
        while len(runs) < RUNS and sum(run.seconds for run in runs) < ENOUGH:
            runs.append(run_all(cells, path.parent))
        best = min(runs, key=lambda run: run.seconds)
        print(
            f"{path.stem}: Run All {best.seconds:.1f} s, "
            f"slowest cell {best.slowest:.1f} s (best of {len(runs)})"
        )
    program = "import sys, pathlib; from tests.support.figures import "
    program += "run_script; run_script(pathlib.Path(sys.argv[1]))"
    scripts = time_commands(
        *((sys.executable, "-c", program, str(path)) for path in books),
        folder=ROOT / "notebooks",
    )
    nbval = time_commands((*PYTEST, "-n0", *map(str, books)))
    print(
        f"{len(books)} notebooks: nbval {nbval:.1f} s, plain scripts "
        f"{scripts:.1f} s, ratio {nbval / scripts:.2f}"
    )
    signature_times.main()
    load.main()
    storm.main()


if __name__ == "__main__":
    main()
