"""`python -c`, run in this process: a tab has no other one."""

import contextlib
import io
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence

# A process of its own would import these anew, and leave ours alone.
OWN = ("bcrypt", "passlib", "snippets")


def run(
    command: Sequence[str], *, check: bool = False, **_: object
) -> "subprocess.CompletedProcess[str]":
    """In place of `subprocess.run([sys.executable, "-c", program])`.

    The program gets its own copies of the modules in `OWN`. What it prints is
    returned as text, whatever was asked for.

    Raises:
        OSError: any other command.
        subprocess.CalledProcessError: as `check` asks for.
    """
    if list(command[:2]) != [sys.executable, "-c"]:
        raise OSError("a browser tab can start no process")
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        own_modules(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            text = compile(command[2], "<string>", "exec")
            exec(text, {"__name__": "__main__"})  # noqa: S102
        except SystemExit as ending:
            code = exit_code(ending)
        except BaseException:
            traceback.print_exc()
            code = 1
    done = subprocess.CompletedProcess(
        list(command), code, out.getvalue(), err.getvalue()
    )
    if check:
        done.check_returncode()
    return done


@contextlib.contextmanager
def own_modules() -> Iterator[None]:
    """Let imports find no module of `OWN`, and put ours back at the end."""
    ours = {name: sys.modules.pop(name) for name in loaded()}
    try:
        yield
    finally:
        for name in loaded():
            del sys.modules[name]
        sys.modules.update(ours)


def loaded() -> list[str]:
    """List the modules of `OWN` that are imported, and those inside them."""
    return [name for name in sys.modules if name.split(".")[0] in OWN]


def exit_code(ending: SystemExit) -> int:
    """Return a program's exit code; print a reason, as Python does."""
    if isinstance(ending.code, str):
        print(ending.code, file=sys.stderr)
        return 1
    return ending.code or 0
