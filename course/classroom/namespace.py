"""Namespaces: the global names that an answer reads, and tables lent to it.

An answer comes from a notebook, where `users` is one table, or uses what was
imported from a chapter's module, where `users` is another. A check that lends
users of its own has to lend them to every table that the answer may read.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

Namespace = dict[str, Any]
Table = dict[str, Any]


def namespace_of(answer: object) -> Namespace:
    """Find the global names that a callable reads.

    Args:
        answer: a function, a bound method, a `functools.partial`, a decorated
            function, a class, or an instance with `__call__`.

    Returns:
        The namespace of its module or notebook itself, not a copy; an empty
        dict for a callable that is written in C.
    """
    inner = answer
    while inner is not None:
        answer = inner
        inner = wrapped_in(answer)
    if inspect.isfunction(answer):
        return answer.__globals__
    kind = answer if inspect.isclass(answer) else type(answer)
    for method in vars(kind).values():
        if inspect.isfunction(method):
            return method.__globals__
    module = sys.modules.get(kind.__module__)
    return vars(module) if module and kind.__module__ != "builtins" else {}


def wrapped_in(answer: object) -> object:
    """Return what a partial, a method or a wrapper calls, or None."""
    if isinstance(answer, functools.partial):
        return answer.func
    if inspect.ismethod(answer):
        return answer.__func__
    return getattr(answer, "__wrapped__", None)


def namespaces_of(app: FastAPI) -> list[Namespace]:
    """List the namespaces of an app's endpoints and their dependencies."""
    found: list[Namespace] = []
    pending = [
        getattr(route, "dependant", None)
        for route in iter_route_contexts(app.routes)
    ]
    while pending:
        dependant = pending.pop()
        if dependant is not None:
            found.append(namespace_of(dependant.call))
            pending += dependant.dependencies
    return distinct(found)


def distinct(things: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep one of each object, by identity."""
    return list({id(thing): thing for thing in things}.values())


@contextmanager
def lent(
    name: str,
    entries: Callable[[Table], Table],
    *namespaces: Namespace,
) -> Iterator[list[Table]]:
    """Lend entries to every table of one name, and restore it afterwards.

        with lent("grants", lambda _: {}, vars(ch06_scopes), notebook) as [*_]:
            ...

    Args:
        name: what the namespaces call the table, such as `users`.
        entries: makes what a table holds meanwhile from what it holds now.
            Whatever an answer does to it, or to the name, is undone.
        namespaces: of the answer, and of the chapter's module.

    Yields:
        The tables, each once.
    """
    homes = distinct([names for names in namespaces if name in names])
    tables = distinct([names[name] for names in homes])
    bound = [(names, names[name]) for names in homes]
    try:
        with ExitStack() as stack:
            for table in tables:
                own = entries(dict(table))
                stack.enter_context(patch.dict(table, own, clear=True))
            yield tables
    finally:
        for names, table in bound:
            names[name] = table
