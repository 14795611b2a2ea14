"""FastAPI's tutorial and this course compared, line by line.

Each `Change` has a short fragment of the tutorial's code, and where our line
is. Our lines are read from the modules, together with the caption above them:
if a line is gone from its module, the comparison raises a LookupError.
"""

import inspect
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from course.chapters import Chapter, chapters
from course.classroom.card import Card, to_html, wrap
from snippets import (
    ch02_password_hashing,
    ch03_dependency_wiring,
    ch04_token_endpoint,
    ch05_check_it,
    ch06_scopes,
)


@dataclass(frozen=True)
class Change:
    """A fragment of the tutorial, and what this course writes instead.

    Attributes:
        topic: what the lines are about: "The secret key".
        tutorial: a fragment of the tutorial's code.
        where: the module, class or function that has our lines.
        first: the beginning of the first of our lines.
        why: what goes wrong with the fragment.
        lines: how many lines of ours there are.
    """

    topic: str
    tutorial: str
    where: object
    first: str
    why: str
    lines: int = 1

    @property
    def chapter(self) -> Chapter:
        """The chapter whose module has our lines."""
        return Chapter.of(self.module_name.removeprefix("snippets."))

    @property
    def module_name(self) -> str:
        """The name of the module, `snippets.ch03_dependency_wiring`."""
        if inspect.ismodule(self.where):
            return self.where.__name__
        return str(self.where.__module__)

    @property
    def ours(self) -> str:
        """Our lines, as they are in the module.

        Raises:
            LookupError: no line, or more than one, begins with `first`.
        """
        number, source = self.position, self.module_lines
        return textwrap.dedent("\n".join(source[number : number + self.lines]))

    @property
    def caption(self) -> str:
        """The caption of the section that our lines belong to."""
        above = self.module_lines[: self.position]
        return [line for line in above if line.startswith("# %% ")][-1]

    @property
    def module_lines(self) -> list[str]:
        """All lines of the module."""
        return inspect.getsource(sys.modules[self.module_name]).splitlines()

    @property
    def position(self) -> int:
        """The index of our first line among the module's lines."""
        code, start = inspect.getsourcelines(self.where)  # type: ignore[arg-type]
        found = [
            max(start - 1, 0) + offset
            for offset, line in enumerate(code)
            if line.strip().startswith(self.first)
        ]
        if len(found) != 1:
            name = getattr(self.where, "__name__", self.where)
            raise LookupError(
                f"{len(found)} lines of {name} begin with {self.first!r}: "
                "adapt course/tutorial.py to the module"
            )
        return found[0]


CHANGES = [
    Change(
        "The secret key",
        'SECRET_KEY = "09d25e…"',
        ch03_dependency_wiring,
        "SECRET_KEY = os.environ.get",
        "A key in the source is in every copy of the repository. Ours comes "
        "from the environment, and a short one stops the app at its start.",
        lines=3,
    ),
    Change(
        "A long password",
        "return pwd_context.verify(plain_password, hashed_password)",
        ch02_password_hashing.verify_password,
        "ensure_hashable(plain_password)",
        "bcrypt reads 72 bytes and ignores the rest. We refuse what it would "
        "cut short. (Newer copies of the tutorial use Argon2, which has no "
        "such limit.)",
    ),
    Change(
        "An unknown username",
        "if not user:\n    return False",
        ch04_token_endpoint.authenticate_user,
        "hashed_password = user.hashed_password if user",
        "An answer without a bcrypt verification comes sooner, which tells "
        "that the username is unknown. (Newer copies verify a dummy hash, as "
        "we do.)",
    ),
    Change(
        "The result of a failed login",
        "return False",
        ch04_token_endpoint.authenticate_user,
        "def authenticate_user",
        "A function that returns a user or `False` has no useful type. With "
        "`UserInDB | None` a type checker notices a forgotten test.",
    ),
    Change(
        "An outdated hash",
        "if not verify_password(password, user.hashed_password):",
        ch04_token_endpoint.authenticate_user,
        "matches, new_hash = verify_and_rehash",
        "At a login the service knows the password, and can hash it again "
        "at a higher cost.",
    ),
    Change(
        "The endpoint of the login",
        "async def login_for_access_token(",
        ch04_token_endpoint.login_for_access_token,
        "def login_for_access_token",
        "bcrypt in an `async def` stops the event loop, and with it every "
        "other request. FastAPI runs a plain `def` in its thread pool.",
    ),
    Change(
        "A malformed login",
        "app = FastAPI()",
        ch04_token_endpoint,
        "exception_handlers={RequestValidationError",
        "FastAPI's own 422 repeats what was sent, which can be a password.",
    ),
    Change(
        "A slash too many",
        "app = FastAPI()",
        ch04_token_endpoint,
        "redirect_slashes=False",
        "The redirect from `/token/` to `/token` makes the client send the "
        "password again, to an address built from the request.",
    ),
    Change(
        "The lifetime of a token",
        "expires_delta: timedelta | None = None",
        ch04_token_endpoint.create_access_token,
        "data: dict[str, Any], expires_delta",
        "The tutorial has two lifetimes: 15 minutes if the caller names "
        "none, and 30 at the login. One constant is enough.",
    ),
    Change(
        "A token that never expires",
        "payload = jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])",
        ch03_dependency_wiring.read_access_token,
        'options={"require"',
        "PyJWT checks `exp` only if the token has one. A token without "
        "`exp` would be valid for ever.",
    ),
    Change(
        "Who is calling",
        "current_user: Annotated[User, Depends(get_current_active_user)]",
        ch03_dependency_wiring,
        "CurrentUser = Annotated",
        "One name for the annotation, so that no endpoint forgets the check "
        "for disabled users. The type says what arrives, a `UserInDB`.",
    ),
    Change(
        "A disabled account",
        'raise HTTPException(status_code=400, detail="Inactive user")',
        ch05_check_it.user_named_by,
        "return None if user is None or user.disabled",
        "For a client 400 means that the request is malformed. A token whose "
        "user may not log in is a 401 `invalid_token` (RFC 6750 §3.1).",
    ),
    Change(
        "A wrong password",
        'detail="Incorrect username or password"',
        ch05_check_it.login_for_access_token,
        'raise OAuthError(400, "invalid_grant"',
        "OAuth2 libraries look for `error` in the body (RFC 6749 §5.2), and "
        "Authlib took the tutorial's refusal for a token.",
    ),
    Change(
        "Caches",
        'return Token(access_token=access_token, token_type="bearer")',
        ch05_check_it.login_for_access_token,
        "response.headers.update(NO_STORE)",
        "No cache between client and service may keep a token "
        "(RFC 6749 §5.1).",
    ),
    Change(
        "The subject",
        '{"sub": user.username}',
        ch05_check_it.login_for_access_token,
        'token = create_access_token({"sub": subject_of',
        "With a namespace, the user `1` and the car `1` have different "
        "subjects. The tutorial recommends it and leaves it out.",
    ),
    Change(
        "The granted scopes",
        '"scope": " ".join(form_data.scopes)',
        ch06_scopes.grant_scopes,
        "granted = wanted & grants",
        "Every client that asks for `admin` gets it. The tutorial warns of "
        "this. We grant what is both requested and allowed.",
    ),
    Change(
        "A scope of the wrong type",
        'scope: str = payload.get("scope", "")',
        ch06_scopes.scopes_in,
        "if not isinstance(scope, str)",
        "The annotation checks nothing. If the claim is a list or a number, "
        "`scope.split` fails, and the client gets a 500.",
    ),
    Change(
        "A token that lacks a scope",
        'status_code=401, detail="Not enough permissions"',
        ch06_scopes.get_current_user,
        'raise bearer_error(403, "insufficient_scope"',
        "401 asks the client to log in again, which leads to the same token. "
        "The answer is 403 (RFC 6750 §3.1).",
    ),
]


CELL = "text-align: left; vertical-align: top"
HEADINGS = ("FastAPI's tutorial", "this course", "why, and where")


def compare_with_tutorial() -> None:
    """Display every change: the tutorial's lines, ours, and the reason."""
    text = "\n\n".join(
        text_of(number, change) for number, change in enumerate(CHANGES, 1)
    )
    Card(text, table(HEADINGS, [row_of(change) for change in CHANGES])).show()


def text_of(number: int, change: Change) -> str:
    """Write a change for a terminal and a screen reader."""
    return "\n".join(
        [
            f"{number}. {change.topic}",
            labelled("tutorial: ", change.tutorial),
            labelled("ours:     ", change.ours),
            wrap(f"   {change.why}", "   "),
            f"   {change.chapter.notebook.name}, `{change.caption}`",
        ]
    )


def labelled(label: str, code: str) -> str:
    """Write a label before the first line of code, and indent the others."""
    indented = textwrap.indent(code, " " * (len(label) + 3))
    return f"   {label}{indented.lstrip()}"


def row_of(change: Change) -> tuple[str, str, str]:
    """Write a change as the HTML of three cells."""
    link = (
        f'<a href="{change.chapter.notebook.name}">'
        f"{change.chapter.name}</a>, {to_html(f'`{change.caption}`')}"
    )
    why = f"<strong>{change.topic}.</strong> {to_html(change.why)}<br>{link}"
    return pre(change.tutorial), pre(change.ours), why


def pre(code: str) -> str:
    """Write code as HTML that keeps its lines and breaks long ones."""
    # JupyterLab would break a line within any word, where it is full.
    style = (
        "background: none; white-space: pre-wrap; word-break: normal; "
        "overflow-wrap: anywhere"
    )
    return f'<pre style="{style}">{escape(code)}</pre>'


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write an HTML table of equal columns; the cells are HTML already."""
    width = f"width: {100 // len(headings)}%"
    head = "".join(
        f'<th scope="col" style="{CELL}; {width}">{text}</th>'
        for text in headings
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{CELL}">{cell}</td>' for cell in row)
        + "</tr>"
        for row in rows
    )
    return (
        '<table style="table-layout: fixed; width: 100%">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


LAST = 6  # the chapter that ends the tutorial's system


def homes() -> dict[str, list[Chapter]]:
    """List the chapters up to 6 that give a name a new meaning.

    `{"get_current_user": [ch03, ch05, ch06], …}`; only names to which more
    than one chapter gives one. A name that a module imports from an earlier
    chapter has the same meaning there.
    """
    meanings: dict[str, dict[int, Chapter]] = {}
    for chapter in chapters():
        number = chapter.number
        if number is not None and number <= LAST and chapter.module.exists():
            for name, value in vars(chapter.load()).items():
                if not name.startswith("__"):
                    meanings.setdefault(name, {}).setdefault(
                        id(value), chapter
                    )
    return {
        name: [*found.values()]
        for name, found in meanings.items()
        if len(found) > 1
    }


def show_versions() -> None:
    """Display which chapter has the last version of each replaced name."""
    rows = [
        (name, ", ".join(chapter.name for chapter in home), home[-1].stem)
        for name, home in homes().items()
    ]
    text = "\n".join(
        f"{name:24} {defined:22} → {last}" for name, defined, last in rows
    )
    headings = ("name", "chapters that define it", "the last version")
    cells = [[pre(cell) for cell in row] for row in rows]
    Card(text, table(headings, cells)).show()
