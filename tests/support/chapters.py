"""The chapters and their apps, found by name."""

import ast
import importlib
import importlib.util
import inspect
from functools import cache
from pathlib import Path
from types import ModuleType

from fastapi import FastAPI

import snippets
from course.upkeep import notebook

FOLDER = Path(snippets.__file__).parent


def chapters() -> dict[str, ModuleType]:
    """Import the chapter modules: `{"ch02_password_hashing": ...}`."""
    stems = sorted(path.stem for path in FOLDER.glob("ch[0-9][0-9]_*.py"))
    return {
        stem: importlib.import_module(f"snippets.{stem}") for stem in stems
    }


def apps(first: int = 0) -> dict[str, FastAPI]:
    """Find the app of every chapter from number `first` on that defines one.

    An app that a chapter only imports counts for the chapter that built it.
    """
    return {
        stem: module.app
        for stem, module in chapters().items()
        if int(stem[2:4]) >= first and "app" in defined_names(module)
    }


def fresh(stem: str) -> ModuleType:
    """Run a chapter's module once more, aside: nobody else meets the copy."""
    spec = importlib.util.spec_from_file_location(
        f"fresh_{stem}", FOLDER / f"{stem}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def defined_names(module: ModuleType) -> tuple[str, ...]:
    """List what a module itself defines at its top level; no imports.

    A name comes once for each time it is defined.
    """
    return tuple(
        notebook.defined_names(ast.parse(inspect.getsource(module)).body)
    )
