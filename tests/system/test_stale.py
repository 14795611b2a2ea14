"""No app reaches what a later section or chapter has replaced."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.chapters import apps, chapters
from tests.support.stale import Walker

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
        "verify_and_rehash",
        "ensure_hashable",
        "UnhashablePasswordError",
        "pwd_context",
        "create_access_token",
        "Token",
    }


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
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

    return tell


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

ROUTER = """
from fastapi import APIRouter
router = APIRouter()

@router.get("/")
def read(found: Found) -> None: ...

app.include_router(router)
"""
HANDLER = """
@app.exception_handler(KeyError)
def answer(request, error):
    return ch01.helper()
"""
MIDDLEWARE = """
class Middle:
    def __init__(self, app):
        ch01.helper()

app.add_middleware(Middle)
"""
PARTIAL = """
from functools import partial

@app.get("/")
def read(found: Annotated[str, Depends(partial(find, "token"))]): ...
"""
NEW_LIMIT = """
LIMIT = 2000.5
"""
LIMITED = """
@app.get("/")
def read(limit=Depends(limited)): ...
"""
OLD_HELPER = """
old = helper
"""
REWIRED = NEW_FIND + NEW_FOUND + APP + ROUTE


def later(*parts: str) -> list[str]:
    """Let a second chapter follow the first."""
    return [FIRST, "".join([IMPORT, *parts])]


CLEAN = {
    "one chapter": [FIRST],
    "nothing replaced": later(APP, ROUTE),
    "replaced with all that depends on it": later(NEW_HELPER, REWIRED),
    "own name beside an attribute of a chapter": later(
        NEW_HELPER,
        NEW_FIND.replace("helper()", "helper() + str(ch01.LIMIT)"),
        NEW_FOUND,
        APP,
        ROUTE,
    ),
    "replaced and not reached": later(NEW_HELPER, NEW_FIND, APP),
    "replacement that calls what it replaces": later(
        OLD_HELPER,
        NEW_HELPER.replace('"new"', "old() + ch01.helper()"),
        REWIRED,
    ),
}
STALE = {
    "dependency": ("find", later(NEW_FIND, APP, ROUTE)),
    "dependency of a router": ("find", later(NEW_FIND, APP, ROUTER)),
    "partial dependency": (
        "helper",
        later(NEW_HELPER, APP, PARTIAL),
    ),
    "dependency that is an instance": (
        "scheme",
        later(NEW_SCHEME, APP, ROUTE),
    ),
    "response model": (
        "Item",
        later("Old = Item", NEW_ITEM, APP, ROUTE.replace("Item", "Old")),
    ),
    "global of a function": ("helper", later(NEW_HELPER, APP, ROUTE)),
    "global of an inner function": (
        "helper",
        [
            FIRST.replace("return helper()", "return lambda: helper()"),
            IMPORT + NEW_HELPER + APP + ROUTE,
        ],
    ),
    "global behind another name": (
        "helper",
        later(
            OLD_HELPER,
            NEW_HELPER,
            NEW_FIND.replace("helper()", "old()"),
            NEW_FOUND,
            APP,
            ROUTE,
        ),
    ),
    "attribute of a chapter": (
        "helper",
        later(
            NEW_HELPER,
            NEW_FIND.replace("helper()", "ch01.helper()"),
            NEW_FOUND,
            APP,
            ROUTE,
        ),
    ),
    "one way of two": (
        "helper",
        later(
            NEW_HELPER.replace('"new"', "ch01.helper()"),
            NEW_FIND.replace("helper()", "helper() + ch01.helper()"),
            NEW_FOUND,
            APP,
            ROUTE,
        ),
    ),
    "setting": (
        "LIMIT",
        [
            FIRST.replace('return "old"', "return LIMIT"),
            IMPORT + NEW_LIMIT + APP + ROUTE,
        ],
    ),
    "setting frozen in a default": ("LIMIT", later(NEW_LIMIT, APP, LIMITED)),
    "handler of exceptions": ("helper", later(NEW_HELPER, APP, HANDLER)),
    "middleware": ("helper", later(NEW_HELPER, APP, MIDDLEWARE)),
    "function replaced by a later section": (
        "find",
        [FIRST + NEW_FIND],
    ),
    "class replaced by a later section": ("Item", [FIRST + NEW_ITEM]),
    "instance replaced by a later section": ("scheme", [FIRST + NEW_SCHEME]),
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
