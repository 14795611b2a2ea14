"""Refuse files of the learner's that Python imports instead of a package."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path

# What the course and its chapters import, and pip installs.
PACKAGES = (
    *("IPython", "alembic", "anyio", "argon2", "bcrypt", "cryptography"),
    *("fastapi", "fastapi_offline", "httpx", "ipywidgets", "jupyter_client"),
    *("jwt", "libcst", "limits", "markupsafe", "matplotlib", "nbconvert"),
    *("nbformat", "nbval", "passlib", "pwdlib", "pydantic"),
    *("pydantic_settings", "sqlalchemy", "starlette", "uvicorn", "zmq"),
)


def refuse_shadows(
    folder: Path | None = None, packages: Iterable[str] = PACKAGES
) -> None:
    """Raise if a file in a folder hides an installed package.

    A learner who experiments in `work/jwt.py` has, in every notebook beside
    that file, no PyJWT any more. The errors that follow name neither.

    Args:
        folder: by default the current one, where a notebook's kernel runs.
        packages: the packages by the names under which they are imported.

    Raises:
        ImportError: a file hides a package; the message says what to do.
    """
    folder = (folder or Path.cwd()).resolve()
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        file = Path(spec.origin).resolve()
        if file == folder / f"{name}.py" or file.parent == folder / name:
            raise ImportError(
                f"Python found {file} where it needs the installed package "
                f"{name}. Give that file or its folder another name, then "
                "restart the kernel: Kernel > Restart Kernel…",
                name=name,
                path=str(file),
            )
