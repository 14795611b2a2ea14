"""JSON nested too deeply, read by Python's own scanner instead of C's."""

import json.scanner
from collections.abc import Callable
from json import JSONDecoder

PYTHON = vars(json.scanner)["py_make_scanner"]


def make_scanner(
    decoder: JSONDecoder,
) -> Callable[[str, int], tuple[object, int]]:
    """Return what reads one JSON value of a text, from a place in it on.

    The scanner in C would fill JavaScript's stack and end the kernel. This
    one fails as it does elsewhere, in the same words.
    """
    scan = PYTHON(decoder)

    def scan_once(text: str, place: int) -> tuple[object, int]:
        """Return a value and the place behind it: `([1], 3)`.

        Raises:
            RecursionError: the text has too many brackets or braces in a row.
            StopIteration: there is no value at this place.
        """
        try:
            found: tuple[object, int] = scan(text, place)
        except RecursionError:
            kind = "array" if text[place] == "[" else "object"
            raise RecursionError(
                f"maximum recursion depth exceeded while decoding a JSON "
                f"{kind} from a unicode string"
            ) from None
        return found

    return scan_once
