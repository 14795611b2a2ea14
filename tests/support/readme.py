"""The README's shell commands, found by a word in them.

    python3 tests/support/readme.py "pytest --all"

prints the one command that has these words; `.ci/run` calls what it prints.
Only the standard library: nothing is installed yet when CI asks.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def command_with(words: str, text: str) -> str:
    """Return the only line of a `sh` block that has `words` in it.

    Raises:
        LookupError: no such line, or more than one.
    """
    lines = [
        line
        for block in BLOCK.findall(text)
        for line in block.splitlines()
        if words in line
    ]
    if len(lines) != 1:
        raise LookupError(f"{len(lines)} commands have {words!r} in them")
    return str(lines[0])


if __name__ == "__main__":
    print(command_with(sys.argv[1], README.read_text(encoding="utf-8")))
