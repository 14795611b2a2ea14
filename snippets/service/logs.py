"""Logs without credentials (chapter 13)."""

import logging
import re
from collections.abc import Mapping

CREDENTIAL = re.compile(
    r"((?:bearer|basic) +|\b(?:code|password|state|\w*token|\w*secret"
    r"|code_verifier)=)[^\s&\"']+"
    r"|\beyJ[\w-]*\.[\w-]*\.[\w-]*",
    re.IGNORECASE,
)


def redact(value: object) -> object:
    """Return a text without tokens and passwords; other values as they are.

    `"GET /callback?code=4fX…&state=9kQ…"` becomes
    `"GET /callback?code=…&state=…"`.
    """
    if not isinstance(value, str):
        return value
    return CREDENTIAL.sub(lambda found: f"{found[1] or ''}…", value)


class NoCredentials(logging.Filter):
    """Take credentials out of what is logged; give it to each handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record's message, its arguments and its traceback."""
        record.msg = redact(record.msg)
        if isinstance(record.args, Mapping):
            named = record.args.items()
            record.args = {name: redact(value) for name, value in named}
        elif record.args:
            record.args = tuple(map(redact, record.args))
        if record.exc_info:
            lines = logging.Formatter().formatException(record.exc_info)
            record.exc_text = str(redact(lines))
        return True

    @classmethod
    def install(cls) -> None:
        """Give one to each handler of the program and of uvicorn."""
        for name in ("", "uvicorn", "uvicorn.access"):
            for handler in logging.getLogger(name).handlers:
                handler.addFilter(cls())
