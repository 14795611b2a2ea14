"""Terminals that lack characters: what is printed in their place."""

import codecs
import io
import sys

# The one character beyond ASCII that the course prints, and what it means.
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
NAME = "course.substitute"


def substitute(error: UnicodeError) -> tuple[str, int]:
    """Write "..." for an ellipsis, and "?" for any other lost character.

    Python calls this for a piece of text that an encoding cannot express.

    Raises:
        UnicodeError: anything but text that cannot be encoded.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    shown = ["..." if each == ELLIPSIS else "?" for each in lost]
    return "".join(shown), error.end


def spare_characters() -> None:
    """Let stdout and stderr replace what they cannot encode.

    Without it, a story in an ASCII terminal ends in a traceback.
    """
    codecs.register_error(NAME, substitute)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=NAME)
