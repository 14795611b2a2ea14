"""What is around the system: aids, practice, the command line, upkeep."""

import sys

OLDEST_PYTHON = (3, 11)

# Python 2 can read this too, so that the message is all it prints.
if sys.version_info < OLDEST_PYTHON:
    sys.exit(
        "The course needs Python {} or newer, "
        "and this is Python {} ({}).".format(
            ".".join(map(str, OLDEST_PYTHON)),
            ".".join(map(str, sys.version_info[:3])),
            sys.executable,
        )
    )

# Only now, because an older Python could not read the module.
from course.shadows import refuse_shadows  # noqa: E402

refuse_shadows()
