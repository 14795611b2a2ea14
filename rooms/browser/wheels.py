"""The wheels of the site: PyPI's for Pyodide, and one of the course."""

import email
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Of which Python and platform Pyodide's wheels are (PEP 783).
TAGS = (
    *("--platform", "pyemscripten_2026_0_wasm32", "--python-version", "3.14"),
    *("--implementation", "cp"),
    *("--abi", "cp314", "--abi", "abi3", "--abi", "none"),
)
# The markers of requirements, as they are in a tab.
TAB = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_system": "Emscripten",
    "python_full_version": "3.14.2",
    "python_version": "3.14",
    "sys_platform": "emscripten",
    "extra": "",
}
# What the notebooks of a tab import, and IPython for its kernel.
NEEDED = (
    *("fastapi", "python-multipart", "uvicorn", "fastapi-offline"),
    *("pyjwt", "passlib", "argon2-cffi", "pwdlib", "sqlalchemy", "alembic"),
    *("httpx", "authlib", "requests-oauthlib"),
    *("ipython", "ipywidgets", "comm", "packaging"),
)
# Pyodide's kernel installs packages with it; it needs `packaging` only.
MICROPIP = {"micropip": "0.11.1"}
# What no wheel exists of, or what a tab has no use for.
LEFT_OUT = {
    *("argon2-cffi-bindings", "bcrypt", "cffi", "cryptography", "joserfc"),
    *("greenlet", "jupyterlab-widgets", "widgetsnbextension", "pexpect"),
    *("psutil", "tzdata"),
}
# Their compiled half only makes them faster: the wheel of any machine will do.
OPTIONALLY_COMPILED = {"markupsafe"}
# What no learner reaches; without it the site loads sooner.
UNREACHED = re.compile(
    r"(.*/)?tests?/|jedi/third_party/(django-stubs|typeshed/stubs)/"
    r"|fastapi_offline/static/(?!favicon)|(sqlalchemy|alembic)/testing/"
    r"|(?!jedi/).*\.pyi$|.*\.(so|c|pyx|h)$(?<!wasm32-emscripten\.so)"
)
DATE = (2026, 1, 1, 0, 0, 0)  # of every file, so that builds do not differ


class NoWheelError(Exception):
    """PyPI has no wheel of a package for Pyodide; the message says which."""


def closure(names: Iterable[str]) -> list[str]:
    """List the packages that these need in a tab, and these themselves.

    Read from what is installed here, which is what `constraints.txt` pins.
    """
    found: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or name in LEFT_OUT:
            continue
        found.add(name)
        extras = ["", *wanted.extras]
        for line in requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or any(
                needed.marker.evaluate({**TAB, "extra": extra})
                for extra in extras
            ):
                waiting.append(needed)
    return sorted(found)


def pins(constraints: str) -> dict[str, str]:
    """Read `constraints.txt` as it holds in a tab: `{"pyjwt": "2.15.1"}`."""
    found: dict[str, str] = {}
    for line in constraints.splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate(TAB):
            [pin] = wanted.specifier
            found[canonicalize_name(wanted.name)] = pin.version
    return found


def fetch(root: Path, folder: Path) -> list[Path]:
    """Download the wheels that the folder lacks, and return all of them.

    Raises:
        NoWheelError: PyPI has no wheel of a package for Pyodide.
    """
    constraints = (root / "constraints.txt").read_text(encoding="utf-8")
    pinned = pins(constraints)
    wanted = {name: pinned[name] for name in closure(NEEDED)} | MICROPIP
    folder.mkdir(parents=True, exist_ok=True)
    missing = {n: v for n, v in wanted.items() if not find(folder, n, v)}
    pure = {n: v for n, v in missing.items() if n in OPTIONALLY_COMPILED}
    download(folder, {n: v for n, v in missing.items() if n not in pure}, TAGS)
    download(folder, pure, ())
    return [path for n, v in wanted.items() for path in find(folder, n, v)]


def find(folder: Path, name: str, version: str) -> list[Path]:
    """Find the wheel of a package in a folder: a list of one, or none."""
    return [
        path
        for path in folder.glob("*.whl")
        if path.name.split("-")[1] == version
        and canonicalize_name(path.name.split("-")[0]) == name
    ]


def download(
    folder: Path, wanted: Mapping[str, str], tags: Iterable[str]
) -> None:
    """Let pip download wheels.

    Raises:
        NoWheelError: PyPI has no wheel of a package for these tags.
    """
    if not wanted:
        return
    command = [
        *(sys.executable, "-m", "pip", "download", "-q", "--no-deps"),
        *("--only-binary=:all:", *tags, "-d", str(folder)),
        *(f"{name}=={version}" for name, version in wanted.items()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1]
        raise NoWheelError(f"No wheel for a browser tab: {reason}")


def slim(path: Path, folder: Path) -> None:
    """Copy a wheel without what no learner reaches.

    A wheel whose compiled half is optional becomes one of pure Python.
    """
    name = path.name
    if canonicalize_name(name.split("-")[0]) in OPTIONALLY_COMPILED:
        name = f"{'-'.join(name.split('-')[:2])}-py3-none-any.whl"
    with (
        zipfile.ZipFile(path) as full,
        zipfile.ZipFile(folder / name, "w") as slim,
    ):
        for file in full.namelist():
            if not file.endswith("/") and not UNREACHED.match(file):
                add(slim, file, full.read(file))


def add(wheel: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Write a file into a wheel."""
    info = zipfile.ZipInfo(name, DATE)
    wheel.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=9)


def write_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, bytes]
) -> Path:
    """Write a wheel of pure Python, `name-version-py3-none-any.whl`."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, content in files.items():
            add(wheel, file, content)
        add(wheel, f"{info}/METADATA", metadata.encode())
        add(wheel, f"{info}/WHEEL", tags.encode())
        add(wheel, f"{info}/RECORD", b"")
    return path


def course_files(root: Path, unread: Iterable[str]) -> Iterator[str]:
    """List the files of the course that a tab imports.

    Args:
        unread: the names of chapters whose practice a tab leaves out, such as
            `ch09`.
    """
    practice = {f"course/practice/{name}.py" for name in unread}
    for pattern in ("snippets/**/*.py", "course/**/*.py", "rooms/*.py"):
        for path in sorted(root.glob(pattern)):
            name = path.relative_to(root).as_posix()
            if name not in practice and "/upkeep/" not in name:
                yield name
    yield "rooms/browser/__init__.py"
    for path in sorted(root.glob("rooms/browser/tab/*.py")):
        yield path.relative_to(root).as_posix()


def lock(paths: Iterable[Path], pyodide: Path) -> dict[str, Any]:
    """Write Pyodide's list of packages: each wheel, its digest, its needs."""
    original = (pyodide / "pyodide-lock.json").read_text(encoding="utf-8")
    packages = {}
    needs = {}
    for path in paths:
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()
            [metadata] = [n for n in names if n.endswith("-info/METADATA")]
            said = email.message_from_string(wheel.read(metadata).decode())
        name = canonicalize_name(said["Name"])
        needs[name] = [
            canonicalize_name(needed.name)
            for needed in map(Requirement, said.get_all("Requires-Dist") or [])
            if needed.marker is None or needed.marker.evaluate(TAB)
        ]
        packages[name] = {
            "name": name,
            "version": said["Version"],
            "file_name": path.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": sorted(top_level(names)),
            "unvendored_tests": False,
        }
    for name, package in packages.items():
        package["depends"] = [each for each in needs[name] if each in packages]
    return {"info": json.loads(original)["info"], "packages": packages}


def top_level(names: Iterable[str]) -> set[str]:
    """Return the modules that a wheel's files make importable."""
    return {
        name.split("/")[0].removesuffix(".py")
        for name in names
        if name.endswith((".py", ".so")) and ".dist-info/" not in name
    }


def copy_slim(paths: Iterable[Path], folder: Path) -> list[Path]:
    """Copy wheels, slimmed, into a folder made anew; return the copies."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in paths:
        slim(path, folder)
    return sorted(folder.glob("*.whl"))
