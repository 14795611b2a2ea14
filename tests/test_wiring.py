"""No app reaches what a later section or chapter has replaced."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apps import apps, chapters
from tests.wiring import Walker

APPS = apps()
CHAPTERS = chapters()
Story = Callable[..., Walker]


def walker_of(stem: str) -> Walker:
    """Walk a chapter's app among the chapters up to this one."""
    return Walker(
        APPS[stem],
        [module for name, module in CHAPTERS.items() if name <= stem],
    )


@pytest.mark.parametrize("stem", APPS)
def test_app_reaches_nothing_that_was_replaced(stem: str) -> None:
    assert walker_of(stem).stale() == []


def test_walk_reaches_the_whole_system() -> None:
    reached = {
        step.way[-1] for step in walker_of("ch04_token_endpoint").reached()
    }
    assert reached >= {
        "read_own_items",
        "get_current_active_user",
        "get_current_user",
        "OAuth2PasswordBearer",
        "read_access_token",
        "SECRET_KEY",
        "unauthorized",
        "users",
        "UserInDB",
        "User",
        "login_for_access_token",
        "authenticate_user",
        "DUMMY_HASH",
        "verify_password",
        "ensure_hashable",
        "UnhashablePasswordError",
        "pwd_context",
        "create_access_token",
        "Token",
    }


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """Write chapters, and walk the app of the last one."""
    monkeypatch.syspath_prepend(tmp_path)
    package = f"story_{tmp_path.name}"
    (tmp_path / package).mkdir()

    def tell(*sources: str) -> Walker:
        modules = []
        for number, source in enumerate(sources, start=1):
            name = f"ch{number:02}"
            path = tmp_path / package / f"{name}.py"
            path.write_text(BASE + source.replace("PACKAGE", package))
            modules.append(importlib.import_module(f"{package}.{name}"))
        return Walker(modules[-1].app, modules)

    yield tell


BASE = """
from typing import Annotated
from fastapi import Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
"""
FIRST = """
LIMIT = 1000.5

class Item(BaseModel):
    name: str

scheme = OAuth2PasswordBearer(tokenUrl="token")

def helper():
    return "old"

def find(token: Annotated[str, Depends(scheme)]):
    return helper()

def limited(limit: float = LIMIT):
    return limit

Found = Annotated[str, Depends(find)]

app = FastAPI()

@app.get("/")
def read(found: Found) -> list[Item]:
    return []
"""
IMPORT = """
from PACKAGE import ch01
from PACKAGE.ch01 import Found, Item, find, helper, limited, scheme
"""
APP = """
app = FastAPI()
"""
ROUTE = """
@app.get("/")
def read(found: Found) -> list[Item]:
    return []
"""
NEW_FIND = """
def find(token: Annotated[str, Depends(scheme)]):
    return helper()
"""
NEW_FOUND = """
Found = Annotated[str, Depends(find)]
"""
NEW_HELPER = """
def helper():
    return "new"
"""
NEW_SCHEME = """
scheme = OAuth2PasswordBearer(tokenUrl="login")
"""
NEW_ITEM = """
class Item(BaseModel):
    title: str
"""

CLEAN = {
    "one chapter": [FIRST],
    "nothing replaced": [FIRST, IMPORT + APP + ROUTE],
    "replaced, and all that depends on it": [
        FIRST,
        IMPORT + NEW_HELPER + NEW_FIND + NEW_FOUND + APP + ROUTE,
    ],
    "replaced, and not reached": [
        FIRST,
        IMPORT + NEW_HELPER + NEW_FIND + APP,
    ],
    "replacement that calls what it replaces": [
        FIRST,
        IMPORT
        + "old = helper"
        + NEW_HELPER.replace('"new"', 'old() + ch01.helper() + "new"')
        + NEW_FIND
        + NEW_FOUND
        + APP
        + ROUTE,
    ],
    "replaced in the chapter after": [
        FIRST + "\n" + NEW_HELPER.replace("helper", "other"),
    ],
}
STALE = {
    "dependency": ("find", [FIRST, IMPORT + NEW_FIND + APP + ROUTE]),
    "global of a function": (
        "helper",
        [FIRST, IMPORT + NEW_HELPER + APP + ROUTE],
    ),
    "setting": (
        "LIMIT",
        [
            FIRST.replace('return "old"', "return LIMIT"),
            IMPORT + "LIMIT = 2000.5" + APP + ROUTE,
        ],
    ),
    "setting frozen in a default": (
        "LIMIT",
        [
            FIRST,
            IMPORT
            + "LIMIT = 2000.5"
            + APP
            + '@app.get("/")\ndef read(limit=Depends(limited)): ...',
        ],
    ),
    "dependency that is an instance": (
        "scheme",
        [FIRST, IMPORT + NEW_SCHEME + APP + ROUTE],
    ),
    "response model": (
        "Item",
        [FIRST + APP + NEW_ITEM],
    ),
    "name behind another name": (
        "helper",
        [
            FIRST,
            IMPORT
            + "alias = helper"
            + NEW_HELPER
            + NEW_FIND.replace("helper()", "alias()")
            + NEW_FOUND
            + APP
            + ROUTE,
        ],
    ),
    "attribute of a chapter": (
        "helper",
        [
            FIRST,
            IMPORT
            + NEW_HELPER
            + NEW_FIND.replace("helper()", "ch01.helper()")
            + NEW_FOUND
            + APP
            + ROUTE,
        ],
    ),
    "name used in an inner function": (
        "helper",
        [
            FIRST.replace(
                "return helper()", "return [helper() for _ in (1, 2)]"
            ),
            IMPORT + NEW_HELPER + APP + ROUTE,
        ],
    ),
    "function replaced by a later section": (
        "find",
        [
            FIRST.replace(
                "\nFound =",
                "\nFound = Annotated[str, Depends(find)]\n"
                + NEW_FIND
                + "\nOther =",
            )
        ],
    ),
    "instance replaced by a later section": (
        "scheme",
        [FIRST.replace("\ndef limited", NEW_SCHEME + "\ndef limited")],
    ),
    "dependency of a router": (
        "find",
        [
            FIRST,
            IMPORT
            + NEW_FIND
            + APP
            + """
from fastapi import APIRouter
router = APIRouter()
@router.get("/")
def read(found: Found) -> None: ...
app.include_router(router)
""",
        ],
    ),
    "exception handler": (
        "helper",
        [
            FIRST,
            IMPORT
            + NEW_HELPER
            + APP
            + """
@app.exception_handler(KeyError)
def answer(request, error):
    return ch01.helper()
""",
        ],
    ),
    "middleware": (
        "helper",
        [
            FIRST,
            IMPORT
            + NEW_HELPER
            + APP
            + """
class Middle:
    def __init__(self, app):
        ch01.helper()
app.add_middleware(Middle)
""",
        ],
    ),
}


@pytest.mark.parametrize("sources", CLEAN.values(), ids=CLEAN)
def test_clean_story_has_nothing_stale(
    sources: list[str], story: Story
) -> None:
    assert story(*sources).stale() == []


@pytest.mark.parametrize(("name", "sources"), STALE.values(), ids=STALE)
def test_stale_name_is_found(
    name: str, sources: list[str], story: Story
) -> None:
    assert {stale.name for stale in story(*sources).stale()} == {name}
