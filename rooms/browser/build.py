"""Build the browser edition: `python -m course build-site DIR`.

What is fetched (JupyterLite and wheels from PyPI, Pyodide and JavaScript
libraries from npm) is kept in `.tab/`, so a second build needs no network.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from course.chapters import chapters
from rooms.browser import wheels
from rooms.browser.content import write_content
from rooms.browser.shown import CELLS, to_read

HERE = Path(__file__).parent
TAB = "rooms/browser/tab"
SITE_PACKAGES = "/lib/python3.14/site-packages"
RUNTIME = (
    *("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"),
    "python_stdlib.zip",
)
KERNEL = "pyodide-kernel-extension"
# The kernel brings the front ends of two versions of ipywidgets; ours is 8.
OTHER_WIDGETS = "widgetsnbextension-3."
START = "start_kernel.py"
# Fonts in formats that browsers stopped to load years ago.
OLD_FONTS = ("build/fa-*.svg", "build/fa-*.eot", "build/fa-*.ttf")
# Stand-ins that are packages under another name in a tab.
BCRYPT, ARGON2 = "bcrypt.py", "argon2_bindings.py"
MATPLOTLIB = {
    "matplotlib/__init__.py": b'"""A stand-in: see rooms.browser.tab."""\n',
    "matplotlib/figure.py": b"from rooms.browser.tab.plot import Figure\n",
}


class BuildError(Exception):
    """The site cannot be built; the message says what to do."""


def build(root: Path, site: Path) -> None:
    """Build the site into a folder, which is made anew, and print its size.

    Raises:
        BuildError: the folder holds something else, or a tool failed.
    """
    if site.exists() and any(site.iterdir()):
        if not (site / "jupyter-lite.json").exists():
            raise BuildError(f"{site} holds something else: name a new one.")
        shutil.rmtree(site)
    begun = time.monotonic()
    kept = root / ".tab"
    tools = make_tools(kept)
    source = kept / "source"
    shutil.rmtree(source, ignore_errors=True)
    write_content(root, source / "content")
    write_pyodide(root, kept, source / "static" / "pyodide")
    write_settings(root, source)
    run(
        [
            *(str(tools / "jupyter"), "lite", "build"),
            *("--lite-dir", str(source), "--output-dir", str(site.resolve())),
            *("--contents", str(source / "content"), "--apps", "lab"),
            *("--no-libarchive", "--no-sourcemaps"),
            "--no-unused-shared-packages",
        ],
        source,
    )
    for pattern in OLD_FONTS:
        for path in site.glob(pattern):
            path.unlink()
    (site / "index.html").write_text(front_page(root), encoding="utf-8")
    files = [path for path in site.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    seconds = time.monotonic() - begun
    print(
        f"The site is in {site}: {size:.1f} MB in {len(files)} files, built "
        f"in {seconds:.0f} s."
    )


def make_tools(kept: Path) -> Path:
    """Install the pinned tools unless they are there; return their folder.

    Raises:
        BuildError: Node.js is missing, or something cannot be fetched.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise BuildError("The site is built with npm: install Node.js 20.")
    kept.mkdir(exist_ok=True)
    folder = kept / "venv" / ("Scripts" if os.name == "nt" else "bin")
    if is_outdated(kept, "requirements.txt"):
        run([sys.executable, "-m", "venv", "--clear", str(kept / "venv")])
        python = str(folder / "python")
        wanted = str(HERE / "requirements.txt")
        run([python, "-m", "pip", "install", "-q", "-r", wanted])
        shutil.copy(wanted, kept)
    if is_outdated(kept, "package-lock.json"):
        shutil.copy(HERE / "package.json", kept)
        lock = HERE / "package-lock.json"
        shutil.copy(lock, kept / "package-lock.json.part")
        shutil.copy(lock, kept)
        run([npm, "ci", "--silent", "--no-audit", "--no-fund"], kept)
    return folder


def is_outdated(kept: Path, name: str) -> bool:
    """Whether what was installed is not what a file asks for now."""
    path = kept / name
    return not path.exists() or path.read_bytes() != (HERE / name).read_bytes()


def write_pyodide(root: Path, kept: Path, folder: Path) -> None:
    """Write Pyodide, the wheels and their list into a folder."""
    folder.mkdir(parents=True)
    pyodide = kept / "node_modules" / "pyodide"
    for name in RUNTIME:
        shutil.copy(pyodide / name, folder)
    paths = wheels.copy_slim(
        wheels.fetch(root, kept / "wheels"), kept / "thin"
    )
    paths += [
        path
        for path in sorted(kept.glob(f"venv/**/{KERNEL}/static/pypi/*.whl"))
        if not path.name.startswith(OTHER_WIDGETS)
    ]
    stand_in = (root / TAB / BCRYPT).read_bytes()
    paths.append(
        wheels.write_wheel(kept, "bcrypt", "4.0.1", {BCRYPT: stand_in})
    )
    paths.append(course_wheel(root, kept, paths))
    for path in paths:
        shutil.copy(path, folder)
    listed = wheels.lock(paths, pyodide)
    write_json(folder / "pyodide-lock.json", listed)


def course_wheel(root: Path, kept: Path, paths: Sequence[Path]) -> Path:
    """Write the wheel of the course, with what takes the place of others."""
    whole = to_read(root)
    unread = [each.name for each in chapters(root) if each.stem in whole]
    files = {
        name: (root / name).read_bytes()
        for name in wheels.course_files(root, unread)
    }
    files[f"{TAB}/hashing.js"] = bundle(kept)
    files["_argon2_cffi_bindings.py"] = (root / TAB / ARGON2).read_bytes()
    start = "__import__('rooms.browser.tab.start').browser.tab.start.begin()\n"
    files |= MATPLOTLIB | {START: start.encode()}
    files["requirements.txt"] = shipped(root, paths).encode()
    return wheels.write_wheel(kept, "course", "1", files)


def bundle(kept: Path) -> bytes:
    """Bundle the JavaScript libraries into one script."""
    shutil.copy(HERE / "hashing_entry.js", kept)
    esbuild = kept / "node_modules" / ".bin" / "esbuild"
    run(
        [
            *(str(esbuild), "hashing_entry.js", "--bundle", "--minify"),
            *("--format=iife", "--global-name=hashing", "--log-level=error"),
            "--outfile=hashing.js",
        ],
        kept,
    )
    return (kept / "hashing.js").read_bytes()


def shipped(root: Path, paths: Sequence[Path]) -> str:
    """Write the lines of `requirements.txt` whose wheels a tab has."""
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    have = {canonicalize_name(p.name.split("-")[0]) for p in paths}
    pins = re.findall(r"(?m)^([\w-]+)==(\S+)", text)
    return "".join(
        f"{name}=={version}\n"
        for name, version in pins
        if canonicalize_name(name) in have
    )


def write_settings(root: Path, source: Path) -> None:
    """Write JupyterLite's settings: the kernel's, and those of JupyterLab."""
    labconfig = root / "course" / "jupyter" / "labconfig"
    page = json.loads((labconfig / "page_config.json").read_text("utf-8"))
    names = json.loads(
        (source / "static/pyodide/pyodide-lock.json").read_text("utf-8")
    )["packages"]
    kernel = {
        "disablePyPIFallback": True,
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "loadPyodideOptions": {
            "packages": sorted(names),
            "env": {
                "HOME": "/home/pyodide",
                "PYTHONSTARTUP": f"{SITE_PACKAGES}/{START}",
            },
        },
    }
    config = {
        "appName": "Log in to FastAPI",
        "exposeAppInBrowser": True,
        "disabledExtensions": list(page["disabledExtensions"]),
        "litePluginSettings": {
            "@jupyterlite/pyodide-kernel-extension:kernel": kernel
        },
    }
    write_json(
        source / "jupyter-lite.json",
        {"jupyter-lite-schema-version": 0, "jupyter-config-data": config},
    )
    shutil.copy(
        labconfig / "default_setting_overrides.json", source / "overrides.json"
    )


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def front_page(root: Path) -> str:
    """Write the site's first page: the chapters, and what a tab keeps."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| \[(.*)\]\(notebooks/(.*)\.ipynb\) \|", readme)
    items = []
    whole = to_read(root)
    for title, stem in rows:
        note = ""
        if stem in whole:
            note = f"To be read only: it {whole[stem]}."
        elif stem in CELLS:
            count = len(CELLS[stem])
            cells = "1 cell is" if count == 1 else f"{count} cells are"
            note = f"{cells} shown and not run."
        href = f"lab/index.html?path=work/{stem}.ipynb"
        text = html.escape(title).replace("`await`", "<code>await</code>")
        items.append(f'<li><a href="{href}">{text}</a> {note}</li>')
    page = (HERE / "front_page.html").read_text(encoding="utf-8")
    return page.replace("<!-- chapters -->", "\n".join(items))


def run(command: Sequence[str], folder: Path | None = None) -> None:
    """Run a tool, silently unless it fails.

    Raises:
        BuildError: it failed; the message has the end of what it printed.
    """
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-8:])
        raise BuildError(f"{' '.join(command[:3])} failed:\n{last}")
