"""Answer types: what a learner hands over, checked and made ready to try.

Each function takes any object. If the object is not of its kind, the
function raises an UnmetError whose message says what to hand over instead.
"""

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from course.classroom.excerpt import excerpt, excerpt_of_answer
from course.classroom.trial import (
    UnmetError,
    UntouchedError,
    attempt,
    record_outcome,
    record_result,
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
    """Take a plain `def` that returns a value."""
    return watched_function(answer, may_return_none=False)


def a_lookup(answer: object) -> Callable[..., Any]:
    """Take a plain `def` that returns a value, or None if there is none."""
    return watched_function(answer, may_return_none=True)


def watched_function(
    answer: object, *, may_return_none: bool
) -> Callable[..., Any]:
    """Take a plain `def`, and report each of its calls to the trial."""
    function = callable_of(answer)
    name = name_of(function)
    if inspect.iscoroutinefunction(function):
        raise UnmetError(
            f"`{name}` is an `async def`: calling it makes a coroutine and "
            "runs none of its lines. Here a plain `def` is asked for."
        )

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> Any:  # noqa: ANN401
        with attempt(fitting_call(function, args, kwargs)):
            result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result.close()
            raise UnmetError(
                f"`{name}` returned a coroutine: it calls an `async def` "
                "without `await`, so nothing ran."
            )
        if result is ... or (result is None and is_stub(function)):
            raise UntouchedError
        record_result(result)
        if result is None and not may_return_none:
            record_outcome("returned `None`: is a `return` missing?")
        return result

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
        start: dict[str, Any] = {}
        body = bytearray()

        async def relay(message: Any) -> None:  # noqa: ANN401
            start.update(message)
            body.extend(message.get("body", b""))
            record_outcome(
                f"answered {excerpt_of_message(start, bytes(body))}"
            )
            await send(message)

        with attempt(f"{scope['method']} {scope['path']}"):
            await app(scope, receive, relay)

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=watched),
        base_url="http://testserver",
    )


def excerpt_of_message(start: Mapping[str, Any], body: bytes) -> str:
    """Write the answer that an app sends: status, challenge and body."""
    headers = httpx.Headers(start["headers"])
    return excerpt_of_answer(
        start["status"],
        headers.get("WWW-Authenticate"),
        body.decode("utf-8", "replace"),
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
    """Describe an object: "the class `Token`", "the function `halve`"."""
    if inspect.isclass(thing):
        return f"the class `{thing.__name__}`"
    if inspect.isroutine(thing):
        return f"the function `{name_of(thing)}`"
    return f"`{excerpt(thing)}`, which is of type `{type(thing).__name__}`"


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
    written = [excerpt(value) for value in args]
    written += [f"{key}={excerpt(value)}" for key, value in kwargs.items()]
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


def is_stub(function: Callable[..., Any]) -> bool:
    """Whether a function's body is but a docstring, `pass` or `...`.

    A function whose source cannot be found counts as written.
    """
    try:
        source = textwrap.dedent(inspect.getsource(function))
        definition = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return False
    return isinstance(
        definition, ast.FunctionDef | ast.AsyncFunctionDef
    ) and all(map(does_nothing, definition.body))


def does_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is `pass`, `...` or a docstring."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
    )
