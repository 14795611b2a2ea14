"""Logs without credentials (chapter 13)."""

import logging
import re
from collections.abc import Mapping

# What comes before a credential, and the credential itself. No repetition is
# without a bound where it could be tried again at each letter of a long path.
CREDENTIAL = re.compile(
    r"""( (?: bearer | basic ) [ ]+
        | \b (?: code | code_verifier | state | input_value | __Host-\w+
            | \w{0,20} (?: password | token | secret ) \w{0,20} )
          (?: ["']:[ ]? | = )
        )
        (?: "[^"]*" | '[^']*' | ["']? [^\s&"']+ )
      | (?<! [\w-] ) eyJ [\w-]* \. [\w-]* \. [\w-]*""",
    re.IGNORECASE | re.VERBOSE,
)


def redact(value: object) -> object:
    """Return a text without tokens and passwords; a number as it is.

    `"GET /callback?code=4fX…&state=9kQ…"` becomes
    `"GET /callback?code=…&state=…"`. Other values, such as an address of
    httpx, become texts.
    """
    if isinstance(value, int | float | None):
        return value
    return CREDENTIAL.sub(lambda found: f"{found[1] or ''}…", str(value))


def message_of(record: logging.LogRecord) -> str:
    """Return a record's text; its parts, if they do not fit together."""
    try:
        return record.getMessage()
    except (KeyError, TypeError, ValueError):
        return f"{record.msg} {record.args}"


class NoCredentials(logging.Filter):
    """Take credentials out of what is logged; give it to each handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record's arguments, its message and its traceback."""
        if isinstance(record.args, Mapping):
            named = record.args.items()
            record.args = {name: redact(value) for name, value in named}
        elif record.args:  # uvicorn's own formatter needs five of them
            record.args = tuple(map(redact, record.args))
        message = message_of(record)
        if redact(message) != message:
            record.msg, record.args = redact(message), ()
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
