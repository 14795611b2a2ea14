"""Namespaces are found whatever an answer is; what is lent comes back."""

import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI

from course.classroom.namespace import lent, namespace_of, namespaces_of

NOTEBOOK = """
import functools

def function(): ...

async def async_function(): ...

class Instance:
    LIMIT = 1
    def __call__(self): ...
    def method(self): ...
    @classmethod
    def from_class(cls): ...

class Bare:
    LIMIT = 1

@functools.wraps(function)
def decorated(): ...

instance = Instance()
method = instance.method
class_method = Instance.from_class
anonymous = lambda: None
partial = functools.partial(function)
nested = functools.partial(functools.partial(method))
wrapped_partial = functools.wraps(partial)(lambda: None)
cached = functools.cache(function)
"""


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the cells of a notebook of its own."""
    module = ModuleType("notebook")
    monkeypatch.setitem(sys.modules, "notebook", module)
    exec(NOTEBOOK, vars(module))
    return vars(module)


@pytest.mark.parametrize(
    "name",
    [
        "function",
        "async_function",
        "Instance",
        "instance",
        "method",
        "class_method",
        "anonymous",
        "partial",
        "nested",
        "decorated",
        "wrapped_partial",
        "cached",
        "Bare",
    ],
)
def test_namespace_is_the_one_an_answer_reads(
    name: str, notebook: dict[str, Any]
) -> None:
    assert namespace_of(notebook[name]) is notebook


def test_decorated_answer_reads_what_its_inner_function_reads(
    notebook: dict[str, Any],
) -> None:
    ours = functools.wraps(notebook["function"])(lambda: None)
    assert namespace_of(ours) is notebook


@pytest.mark.parametrize("answer", [len, "text", 2, None, dict, [].append])
def test_what_is_written_in_c_has_no_namespace(answer: object) -> None:
    assert namespace_of(answer) == {}


def test_namespace_of_a_vanished_module_is_empty() -> None:
    lost = type("Lost", (), {"__module__": "no.such.module"})
    assert namespace_of(lost()) == {}


def test_namespaces_of_an_app_are_those_of_all_it_calls(
    notebook: dict[str, Any],
) -> None:
    def deep() -> None:
        """Depend on the notebook, from this module."""

    def between(
        theirs: Annotated[None, Depends(notebook["partial"])],
    ) -> None:
        """Pass on."""

    router = APIRouter(dependencies=[Depends(between)])
    router.get("/inner")(deep)
    app = FastAPI()
    app.include_router(router)
    app.mount("/mounted", FastAPI(openapi_url=None))
    found = namespaces_of(app)
    assert any(names is globals() for names in found)
    assert any(names is notebook for names in found)
    assert len({id(names) for names in found}) == len(found)


# Tables


def with_bob(users: dict[str, Any]) -> dict[str, Any]:
    return {**users, "bob": "active"}


def test_table_is_lent_and_comes_back() -> None:
    users = {"johndoe": "active"}
    with lent("users", with_bob, {"users": users}) as tables:
        assert tables == [users]
        assert users == {"johndoe": "active", "bob": "active"}
        users.clear()
    assert users == {"johndoe": "active"}


def test_each_table_is_lent_its_own_entries_once() -> None:
    mine, theirs = {"johndoe": "mine"}, {"johndoe": "theirs"}
    notebook, module = {"users": mine}, {"users": theirs}
    homes: tuple[dict[str, Any], ...] = (
        module,
        notebook,
        {"users": mine},
        notebook,
        {},
    )
    with lent("users", with_bob, *homes) as tables:
        assert [id(table) for table in tables] == [id(theirs), id(mine)]
        assert mine == {"johndoe": "mine", "bob": "active"}
        assert theirs == {"johndoe": "theirs", "bob": "active"}
    assert (mine, theirs) == ({"johndoe": "mine"}, {"johndoe": "theirs"})


@pytest.mark.parametrize("spoil", [dict.popitem, dict.clear])
def test_name_and_table_are_restored_after_a_failure(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    users = {"johndoe": "active"}
    notebook = {"users": users}

    def fail() -> None:
        spoil(users)
        notebook["users"] = {}
        raise LookupError

    with pytest.raises(LookupError), lent("users", with_bob, notebook):
        fail()
    assert notebook["users"] is users
    assert users == {"johndoe": "active"}


def test_name_that_was_deleted_comes_back() -> None:
    users: dict[str, Any] = {}
    notebook = {"users": users}
    with lent("users", with_bob, notebook):
        del notebook["users"]
    assert notebook["users"] is users
