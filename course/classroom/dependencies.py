"""The wiring: the tree of dependencies that FastAPI built for an endpoint."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_oauth_scopes,
)
from fastapi.dependencies.utils import get_dependant
from fastapi.openapi.models import APIKey, HTTPBase
from fastapi.routing import iter_route_contexts
from fastapi.security.base import SecurityBase

from course.classroom.tree import Branch, draw

GIVEN = {
    "request_param_name": "Request",
    "http_connection_param_name": "HTTPConnection",
    "response_param_name": "Response",
    "background_tasks_param_name": "BackgroundTasks",
}


def show_dependencies(app: FastAPI, path: str, method: str = "GET") -> None:
    """Draw what FastAPI calls before an endpoint, and what each call takes.

    `token ← OAuth2PasswordBearer` reads: the parameter `token` gets what
    `OAuth2PasswordBearer` returns. A call whose result FastAPI uses a second
    time is marked.

    Raises:
        ValueError: the app has no such endpoint; the message lists all.
    """
    name = f"{method.upper()} {path}"
    endpoint = find(app, name)
    below = tuple(Grower(app).below(endpoint))
    draw(Branch(f"{name} → {name_of(endpoint.call)}", below)).show()


def find(app: FastAPI, name: str) -> Dependant:
    """Return the tree of the route that answers `GET /users/me/`.

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


class Grower:
    """Turns FastAPI's tree into one to look at."""

    def __init__(self, app: FastAPI) -> None:
        self._overrides: dict[Any, Any] = app.dependency_overrides
        self._met: set[Any] = set()

    def below(self, dependant: Dependant) -> Iterator[Branch]:
        """List what a call takes, and what it depends on."""
        yield from map(Branch, takes(dependant))
        yield from map(self.grow, dependant.dependencies)

    def grow(self, dependant: Dependant) -> Branch:
        """Make a branch of a dependency, and of what it depends on."""
        label = name_of(dependant.call)
        if dependant.name:
            label = f"{dependant.name} ← {label}"
        if dependant.own_oauth_scopes:
            label += f", scopes: {' '.join(dependant.own_oauth_scopes)}"
        key = _get_cache_key(dependant=dependant)
        if key in self._met and dependant.use_cache:
            return Branch(f"{label} (as above: not called again)")
        if key in self._met:
            label += " (called again: use_cache=False)"
        self._met.add(key)
        override = self._overrides.get(dependant.call)
        if override is not None:
            label += f", overridden by {name_of(override)}"
            dependant = get_dependant(
                path=dependant.path or "",
                call=override,
                parent_oauth_scopes=_get_oauth_scopes(dependant=dependant),
            )
        return Branch(label, tuple(self.below(dependant)))


def takes(dependant: Dependant) -> Iterator[str]:
    """Say which of a call's arguments come from where, other calls apart."""
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
    given = [
        kind
        for name, kind in GIVEN.items()
        if getattr(dependant, name) is not None
    ]
    if given:
        yield f"from FastAPI: {', '.join(given)}"
    if dependant.security_scopes_param_name:
        scopes = _get_oauth_scopes(dependant=dependant)
        yield f"SecurityScopes: {' '.join(scopes) or 'none'}"


def place_of(scheme: SecurityBase) -> str:
    """Say where a security scheme reads: `header Authorization: Bearer`."""
    model = scheme.model
    if isinstance(model, APIKey):
        return f"{model.in_.value} {model.name}"
    kind = model.scheme if isinstance(model, HTTPBase) else "bearer"
    return f"header Authorization: {kind.capitalize()}"


def name_of(call: object) -> str:
    """Name a function or a class; of another object, its class."""
    return str(getattr(call, "__name__", type(call).__name__))
