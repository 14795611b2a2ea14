"""Expect a failure: print it in one line, and fail if it does not come."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raises(expected: type[Exception], containing: str = "") -> Iterator[None]:
    """Expect the block to raise an exception, and print it in one line.

        with raises(ZeroDivisionError):
            1 / 0

    prints `ZeroDivisionError: division by zero`.

    Args:
        expected: the exception, or a parent of it.
        containing: words that the exception's message must contain.

    Raises:
        AssertionError: the block raised nothing, or another exception, which
            is the `__cause__`.
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
    """Write an exception as `Type: message`, without line breaks."""
    message = " ".join(str(failure).split())
    name = type(failure).__name__
    return f"{name}: {message}" if message else name
