"""Walk what an app's routes reach, and find what a later chapter replaced.

If chapter 5 defines `get_current_user` anew, but its app's `/users/me/` was
declared with chapter 3's, `Walker(app, modules).stale()` returns
`[Stale("get_current_user", "snippets.ch05_check_it", "/users/me/ → …")]`.

FastAPI freezes a dependency tree when a route is declared, and a function
looks up its globals in the module that defined it. So an app can go on using
a function, class or setting that a later section or chapter defined anew.
"""

import dis
import functools
import inspect
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import CodeType, FunctionType, ModuleType
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from tests.support.chapters import defined_names


@dataclass(frozen=True)
class Reached:
    """An object, the global name it was reached by, if any, and the way."""

    target: Any
    name: str | None
    way: tuple[str, ...]

    def on(self, target: Any, name: str | None = None) -> "Reached":
        return Reached(target, name, (*self.way, name or label(target)))


@dataclass(frozen=True)
class Stale:
    """A name that the app reaches in a version that was replaced."""

    name: str
    replaced_by: str
    way: str


class Walker:
    """Walk the app of the last of `chapters`, given in their order."""

    def __init__(self, app: FastAPI, chapters: Sequence[ModuleType]) -> None:
        self.app = app
        self.chapters = {module.__name__: module for module in chapters}
        self.latest: dict[str, ModuleType] = {}
        self.redefined: set[str] = set()
        for module in chapters:
            names = defined_names(module)
            self.redefined |= {n for n in names if names.count(n) > 1}
            self.latest |= dict.fromkeys(names, module)

    def stale(self) -> list[Stale]:
        found = {
            Stale(name, self.latest[name].__name__, " → ".join(step.way))
            for step in self.reached()
            for name in self.stale_names(step)
        }
        return sorted(found, key=lambda stale: stale.way)

    def stale_names(self, step: Reached) -> Iterator[str]:
        """Name the current things in whose stead this one was reached.

        A replacement may build on what it replaces: no fault.
        """
        names = [step.name] if step.name else self.names_of(step.target)
        for name in names:
            if (
                name in self.latest
                and self.current(name) is not step.target
                and name != step.way[-2]
            ):
                yield name

    def names_of(self, target: Any) -> list[str]:
        """Tell how the chapters call an object that no global name led to."""
        if self.is_own(target):
            return [target.__name__]
        if target is None or isinstance(target, (bool, int)):
            return []
        names = [
            name
            for module in self.chapters.values()
            for name in defined_names(module)
            if vars(module).get(name) is target
        ]
        if any(self.current(name) is target for name in names):
            return []
        return names or [
            name
            for name in sorted(self.redefined)
            if type(self.current(name)) is type(target)
        ]

    def current(self, name: str) -> Any:
        return vars(self.latest[name])[name]

    def is_own(self, target: Any) -> bool:
        """Tell whether a chapter defined this function or class."""
        return (
            isinstance(target, (FunctionType, type))
            and target.__module__ in self.chapters
        )

    def reached(self) -> Iterator[Reached]:
        """Walk from every route, handler and middleware, each way once."""
        steps = deque(self.roots())
        walked: dict[int, Any] = {}
        while steps:
            step = steps.popleft()
            yield step
            if id(step.target) not in walked:
                walked[id(step.target)] = step.target
                steps.extend(self.beyond(step))

    def roots(self) -> Iterator[Reached]:
        for route in iter_route_contexts(self.app.routes):
            dependant = getattr(route, "dependant", None)
            if dependant is not None:
                start = Reached(route, None, (str(route.path),))
                yield from called(dependant, start)
                model = getattr(route, "response_model", None)
                yield from map(start.on, parts(model))
        for handler in self.app.exception_handlers.values():
            yield Reached(handler, None, ("handler", label(handler)))
        for middleware in self.app.user_middleware:
            for each in (middleware.cls, *middleware.kwargs.values()):
                yield Reached(each, None, ("middleware", label(each)))

    def beyond(self, step: Reached) -> Iterator[Reached]:
        """Go on to what the chapters' own functions and classes use."""
        for function in own_functions(step.target, self.is_own):
            yield from map(step.on, frozen(function))
            used = names_used(function.__code__)
            for name in used & function.__globals__.keys():
                target = function.__globals__[name]
                if isinstance(target, ModuleType):
                    yield from self.attributes(step, target, function)
                else:
                    yield step.on(target, name)
                    yield from map(step.on, parts(target))
        # A function that is called runs no `Depends` of its own signature;
        # those of routes are in the trees that `called` walks.
        if self.is_own(step.target):
            for annotation in inspect.get_annotations(step.target).values():
                types = parts(annotation, with_dependencies=False)
                yield from map(step.on, types)

    def attributes(
        self, step: Reached, module: ModuleType, function: FunctionType
    ) -> Iterator[Reached]:
        """Follow `chapter.name` where a chapter was imported whole."""
        if module.__name__ in self.chapters:
            for owner, name in attributes_used(function.__code__):
                if function.__globals__.get(owner) is module:
                    yield step.on(vars(module)[name], name)


def called(dependant: Dependant, start: Reached) -> Iterator[Reached]:
    """Walk a dependency tree: every callable, and the models of the body."""
    step = start.on(dependant.call)
    yield step
    for parameter in dependant.body_params:
        yield from map(step.on, parts(parameter.field_info.annotation))
    for dependency in dependant.dependencies:
        yield from called(dependency, step)


def own_functions(
    target: Any, is_own: Callable[[Any], bool]
) -> list[FunctionType]:
    """Open a function, a class or an instance: the functions in it."""
    if isinstance(target, functools.partial):
        target = target.func
    target = inspect.unwrap(target)
    if not isinstance(target, (FunctionType, type)):
        target = type(target)
    if not is_own(target):
        return []
    if isinstance(target, FunctionType):
        return [target]
    members = [
        getattr(member, "fget", None) or getattr(member, "__func__", member)
        for member in vars(target).values()
    ]
    return [each for each in members if isinstance(each, FunctionType)]


def frozen(function: FunctionType) -> list[Any]:
    """List what a function holds since its definition."""
    return [
        *(function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).values(),
        *(cell.cell_contents for cell in function.__closure__ or ()),
    ]


def names_used(code: CodeType) -> set[str]:
    """List the global names that code loads, functions inside it included."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    own = {
        instruction.argval
        for instruction in dis.get_instructions(code)
        if instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}
    }
    return own.union(*map(names_used, inner))


def attributes_used(code: CodeType) -> set[tuple[str, str]]:
    """List attributes of globals that code loads: `{("ch04", "logger")}`."""
    steps = [
        (instruction.opname, instruction.argval)
        for instruction in dis.get_instructions(code)
        if instruction.opname != "EXTENDED_ARG"
    ]
    own = {
        (owner, name)
        for (load, owner), (attribute, name) in pairwise(steps)
        if load == "LOAD_GLOBAL" and attribute in {"LOAD_ATTR", "LOAD_METHOD"}
    }
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return own.union(*map(attributes_used, inner))


def parts(annotation: Any, *, with_dependencies: bool = True) -> list[Any]:
    """Take an annotation apart: `list[User] | None` has `User` in it.

    The callable of a `Depends` inside it is one of its parts, or is not.
    """
    arguments = get_args(annotation)
    if arguments:
        return [
            part
            for each in arguments
            for part in parts(each, with_dependencies=with_dependencies)
        ]
    dependency = getattr(annotation, "dependency", None)
    if dependency:
        return [dependency] if with_dependencies else []
    return [annotation]


def label(target: Any) -> str:
    return getattr(target, "__name__", type(target).__name__)
