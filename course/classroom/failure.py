"""Failures on purpose: shown in one line, and an error when they stay away."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raises(expected: type[Exception], containing: str = "") -> Iterator[None]:
    """Expect the block to fail, and print the failure in one line.

        with raises(ZeroDivisionError):
            1 / 0

    prints `ZeroDivisionError: division by zero`.

    Args:
        expected: the exception, or a parent of it.
        containing: words its message must have.

    Raises:
        AssertionError: nothing failed, or something else did. What did fail
            is its `__cause__`.
    """
    try:
        yield
    except Exception as failure:
        line = one_line(failure)
        if not isinstance(failure, expected):
            raise AssertionError(
                f"expected {expected.__name__}, but another failure came: "
                f"{line}"
            ) from failure
        if containing not in str(failure):
            raise AssertionError(
                f"expected the words {containing!r}, but the failure says: "
                f"{line}"
            ) from failure
        print(line)
    else:
        raise AssertionError(
            f"expected {expected.__name__}, but nothing failed"
        )


def one_line(failure: BaseException) -> str:
    """Write an exception as `Type: message`, line breaks folded."""
    message = " ".join(str(failure).split())
    name = type(failure).__name__
    return f"{name}: {message}" if message else name
