"""Draw the tree of dependencies that FastAPI built for an endpoint."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from fastapi import FastAPI

# FastAPI has no documented way to its tree of dependencies: all names of the
# next five imports may change with any release. `iter_route_contexts` also
# finds the routes of included routers. `_get_cache_key` is even private, but
# nothing else tells which results FastAPI uses a second time.
from fastapi.dependencies.models import Dependant, _get_cache_key
from fastapi.dependencies.utils import get_dependant
from fastapi.openapi.models import APIKey, HTTPBase
from fastapi.routing import iter_route_contexts
from fastapi.security.base import SecurityBase

from course.classroom.card import Card

# Parameters that FastAPI fills in by their type.
BY_TYPE = {
    "request_param_name": "Request",
    "http_connection_param_name": "HTTPConnection",
    "response_param_name": "Response",
    "background_tasks_param_name": "BackgroundTasks",
}
Overrides = dict[Any, Any]  # a call, and the call that replaces it


@dataclass(frozen=True)
class Branch:
    """A line of a tree, and the branches below it."""

    label: str
    below: tuple["Branch", ...] = ()


def show_dependencies(app: FastAPI, path: str, method: str = "GET") -> None:
    """Draw what FastAPI calls before an endpoint, and each call's parameters.

    `token ← OAuth2PasswordBearer` means: the parameter `token` receives what
    `OAuth2PasswordBearer` returns. If FastAPI uses a result a second time,
    the line says so.

    Raises:
        ValueError: the app has no such endpoint; the message lists all.
    """
    name = f"{method.upper()} {path}"
    endpoint = find(app, name)
    below = branches_of(endpoint, app.dependency_overrides, set())
    draw(Branch(f"{name} → {name_of(endpoint.call)}", below)).show()


def find(app: FastAPI, name: str) -> Dependant:
    """Return FastAPI's tree for an endpoint such as `GET /users/me/`.

    Raises:
        ValueError: see `show_dependencies`.
    """
    found: dict[str, Dependant] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if dependant is not None:
            for method in sorted(route.methods or ()):
                # Of two routes to one path, the first answers.
                found.setdefault(f"{method} {route.path}", dependant)
    if name not in found:
        listed = ", ".join(found) or "no endpoint at all"
        raise ValueError(f"this app has no {name}; it has {listed}")
    return found[name]


def branches_of(
    dependant: Dependant, overrides: Overrides, called: set[Any]
) -> tuple[Branch, ...]:
    """Make a branch of each parameter and each dependency of a call.

    `called` collects FastAPI's cache keys of the calls drawn so far.
    """
    return (
        *map(Branch, parameters_of(dependant)),
        *(
            branch_of(dependency, overrides, called)
            for dependency in dependant.dependencies
        ),
    )


def branch_of(
    dependant: Dependant, overrides: Overrides, called: set[Any]
) -> Branch:
    """Make a branch of a dependency and of all below it.

    Marks a result that FastAPI has cached, and a call that is overridden.
    """
    label = label_of(dependant)
    key = _get_cache_key(dependant=dependant)
    if key in called and dependant.use_cache:
        return Branch(f"{label} (as above: not called again)")
    if key in called:
        label += " (called again: use_cache=False)"
    called.add(key)
    override = overrides.get(dependant.call)
    if override is not None:
        label += f", overridden by {name_of(override)}"
        dependant = get_dependant(
            path=dependant.path or "",
            call=override,
            parent_oauth_scopes=scopes_of(dependant),
        )
    return Branch(label, branches_of(dependant, overrides, called))


def label_of(dependant: Dependant) -> str:
    """Name a dependency: `user ← get_user, scopes: me`."""
    label = name_of(dependant.call)
    if dependant.name:
        label = f"{dependant.name} ← {label}"
    if dependant.own_oauth_scopes:
        label += f", scopes: {' '.join(dependant.own_oauth_scopes)}"
    return label


def scopes_of(dependant: Dependant) -> list[str]:
    """List the scopes that `SecurityScopes` has in a call, callers' first."""
    scopes = dependant.parent_oauth_scopes or []
    return [*dict.fromkeys([*scopes, *(dependant.own_oauth_scopes or [])])]


def parameters_of(dependant: Dependant) -> Iterator[str]:
    """Yield a line per source of a call's parameters: `query: skip, limit`.

    Parameters that receive the result of another call are not included.
    """
    if isinstance(dependant.call, SecurityBase):
        yield f"reads {place_of(dependant.call)}"
        return
    fields = (
        *dependant.path_params,
        *dependant.query_params,
        *dependant.header_params,
        *dependant.cookie_params,
        *dependant.body_params,
    )
    for kind, group in groupby(fields, lambda f: type(f.field_info).__name__):
        yield f"{kind.lower()}: {', '.join(field.alias for field in group)}"
    by_type = [
        type_name
        for attribute, type_name in BY_TYPE.items()
        if getattr(dependant, attribute) is not None
    ]
    if by_type:
        yield f"from FastAPI: {', '.join(by_type)}"
    if dependant.security_scopes_param_name:
        scopes = " ".join(scopes_of(dependant)) or "none"
        yield f"SecurityScopes: {scopes}"


def place_of(scheme: SecurityBase) -> str:
    """Name what a security scheme reads: `header Authorization: Bearer`."""
    model = scheme.model
    if isinstance(model, APIKey):
        return f"{model.in_.value} {model.name}"
    kind = model.scheme if isinstance(model, HTTPBase) else "bearer"
    return f"header Authorization: {kind.capitalize()}"


def name_of(call: object) -> str:
    """Name a function or a class; of any other object, name its class."""
    return str(getattr(call, "__name__", type(call).__name__))


def draw(tree: Branch) -> Card:
    """Draw a tree as text, and as nested HTML lists that say the same."""
    items = "".join(map(item, tree.below))
    return Card(
        "\n".join([tree.label, *rows(tree.below)]),
        '<figure style="margin: 0">'
        f"<figcaption><code>{escape(tree.label)}</code></figcaption>"
        f"<ul>{items}</ul></figure>",
    )


def rows(branches: tuple[Branch, ...], margin: str = "") -> Iterator[str]:
    """Yield a line for each branch, indented below the one it belongs to."""
    for number, branch in enumerate(branches, 1):
        is_last = number == len(branches)
        yield f"{margin}{'└── ' if is_last else '├── '}{branch.label}"
        yield from rows(branch.below, margin + ("    " if is_last else "│   "))


def item(branch: Branch) -> str:
    """Write a branch as a list item, the branches below as a list in it."""
    below = "".join(map(item, branch.below))
    inner = f"<ul>{below}</ul>" if below else ""
    return f"<li><code>{escape(branch.label)}</code>{inner}</li>"
