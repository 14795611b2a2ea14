"""Answers: what a learner hands over, made fit to be tried.

Each function takes anything at all. What is not of its kind it refuses in a
sentence of its own.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from course.classroom.trial import (
    UnmetError,
    UntouchedError,
    attempt,
    saw,
    shown,
)


def a_value(answer: object) -> Any:  # noqa: ANN401
    """Take any finished value but None."""
    if answer is None or answer is ...:
        raise UntouchedError
    if inspect.iscoroutine(answer):
        answer.close()
        raise UnmetError(
            "You handed over a coroutine: a call that was made and never "
            "awaited. Put `await` before it."
        )
    return answer


def a_function(answer: object) -> Callable[..., Any]:
    """Take a plain `def`."""
    function = callable_of(answer)
    name = name_of(function)
    if inspect.iscoroutinefunction(function):
        raise UnmetError(
            f"`{name}` is an `async def`: calling it makes a coroutine and "
            "runs none of its lines. Here a plain `def` is asked for."
        )

    def call(*args: object, **kwargs: object) -> Any:  # noqa: ANN401
        with attempt(fitting_call(function, args, kwargs)):
            result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result.close()
            raise UnmetError(
                f"`{name}` returned a coroutine: it calls an `async def` and "
                "nobody awaits it, so nothing ran."
            )
        return returned(function, result)

    return call


def an_async_function(answer: object) -> Callable[..., Awaitable[Any]]:
    """Take an `async def`."""
    function = callable_of(answer)
    if not inspect.iscoroutinefunction(function):
        raise UnmetError(
            f"`{name_of(function)}` is a plain `def`. Here an `async def` is "
            "asked for: whoever calls it will `await` it."
        )

    async def call(*args: object, **kwargs: object) -> Any:  # noqa: ANN401
        with attempt(fitting_call(function, args, kwargs)):
            result = await function(*args, **kwargs)
        return returned(function, result)

    return call


def an_app(answer: object) -> httpx.AsyncClient:
    """Take a FastAPI app, and return a client that talks to it."""
    app = a_value(answer)
    if not isinstance(app, FastAPI):
        raise UnmetError(
            f"You handed over {described(app)}. Hand over the FastAPI app "
            "itself, the object that the routes are declared on."
        )

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        """Forward to the app, and report what it raises with the request."""

        async def relay(message: Any) -> None:  # noqa: ANN401
            if message["type"] == "http.response.start":
                saw(f"answered {message['status']}")
            await send(message)

        with attempt(f"{scope['method']} {scope['path']}"):
            await app(scope, receive, relay)

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=watched),
        base_url="http://testserver",
    )


def callable_of(answer: object) -> Callable[..., Any]:
    """Take what can be called and is no class."""
    function = a_value(answer)
    if inspect.isclass(function) or not callable(function):
        raise UnmetError(
            f"You handed over {described(function)}. Hand over the function "
            "itself: its name, without parentheses."
        )
    called: Callable[..., Any] = function
    return called


def described(thing: object) -> str:
    """Say what something is: "the class `Token`", "the `str` 'abc'"."""
    if inspect.isclass(thing):
        return f"the class `{thing.__name__}`"
    if inspect.isroutine(thing):
        return f"the function `{name_of(thing)}`"
    return f"`{shown(thing)}`, which is of type `{type(thing).__name__}`"


def name_of(function: Callable[..., Any]) -> str:
    """Name a function as its author did, where that is possible."""
    name = str(getattr(function, "__name__", ""))
    return name if name.isidentifier() else "your_answer"


def fitting_call(
    function: Callable[..., Any],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> str:
    """Write a call as code, if the function has the parameters for it."""
    written = [shown(value) for value in args]
    written += [f"{key}={shown(value)}" for key, value in kwargs.items()]
    call = f"{name_of(function)}({', '.join(written)})"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return call
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        parameters = ", ".join(signature.parameters)
        raise UnmetError(
            f"`{call}` does not fit `{name_of(function)}({parameters})`: "
            f"{error}. Keep the parameters that the stub has."
        ) from error
    return call


def returned(function: Callable[..., Any], result: object) -> object:
    """Note what a call returned; an untouched stub returns nothing."""
    if result is ... or (result is None and is_empty(function)):
        raise UntouchedError
    saw(f"returned `{shown(result)}`")
    if result is None:
        saw("returned `None`: is a `return` missing?")
    return result


def is_empty(function: Callable[..., Any]) -> bool:
    """Whether a function's body is but a docstring, `pass` or `...`."""
    if not inspect.isfunction(function):
        return False
    code = function.__code__
    constants = set(map(repr, code.co_consts))
    return (
        constants <= {repr(None), repr(...), repr(function.__doc__)}
        and not code.co_names
        and code.co_nlocals == len(inspect.signature(function).parameters)
    )
