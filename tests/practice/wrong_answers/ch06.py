"""Wrong answers to chapter 6's exercises."""

from tests.practice.wrong_answers import WrongAnswer

SHREDDER = "guard the shredder"
WITHIN = "a scope within a scope"
NOW = "taken back means now"

SHREDDER_APP = """
shredder = FastAPI(exception_handlers={OAuthError: refuse})

@shredder.delete("/users/me/items/")
"""
GUARD = """
async def get_user_today(
    required: SecurityScopes, token: Annotated[str, Depends(oauth2_scheme)]
) -> UserInDB:
"""

WRONG_ANSWERS = [
    WrongAnswer(
        SHREDDER,
        "A scheme only reads the header",
        SHREDDER_APP
        + """
async def shred(
    token: Annotated[str, Security(oauth2_scheme, scopes=["items"])],
) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return "shredded for " + claims["sub"].removeprefix("username:")
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "Every logged-in user can shred",
        SHREDDER_APP
        + """
async def shred(
    current_user: Annotated[UserInDB, Depends(get_current_user)],
) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "not by the 403 whose challenge has",
        SHREDDER_APP
        + """
async def shred(
    current_user: CurrentUser, token: Annotated[str, Depends(oauth2_scheme)]
) -> str:
    if "items" not in scopes_in(read_access_token(token)):
        raise ch03.unauthorized("Not enough permissions")
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "`items-preview` is another scope than",
        SHREDDER_APP
        + """
async def shred(
    current_user: CurrentUser, token: Annotated[str, Depends(oauth2_scheme)]
) -> str:
    if "items" not in read_access_token(token).get("scope", ""):
        lacks = "the token lacks a scope"
        raise bearer_error(403, "insufficient_scope", lacks, scope="items")
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "The items of another user were shredded",
        """
shredder = FastAPI(
    exception_handlers={OAuthError: refuse},
    dependencies=[Security(get_current_user, scopes=["items"])],
)

@shredder.delete("/users/me/items/")
async def shred() -> str:
    return "shredded for johndoe"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "The endpoint also requires `me`",
        SHREDDER_APP
        + """
async def shred(
    current_user: Annotated[
        UserInDB, Security(get_current_user, scopes=["me items"])
    ],
) -> str:
    return f"shredded for {current_user.username}"
""",
    ),
    WrongAnswer(
        WITHIN,
        "The colon is what ends a word",
        """
def may(granted, required):
    return all(
        any(wanted.startswith(scope) for scope in granted)
        for wanted in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "Each required scope has to be covered",
        """
def may(granted, required):
    return not required or any(
        f"{wanted}:".startswith(f"{scope}:")
        for scope in granted
        for wanted in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "the rule runs the wrong way",
        """
def may(granted, required):
    def family(scopes):
        return {scope.partition(":")[0] for scope in scopes}

    return family(granted) >= family(required)
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "It has to be the beginning",
        """
def may(granted, required):
    return all(
        any(scope in wanted.split(":") or scope == wanted for scope in granted)
        for wanted in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "A token for all of it may not read",
        """
def may(granted, required):
    return all(
        any(scope.startswith(f"{wanted}:") for scope in granted)
        for wanted in required
    )
""",
    ),
    WrongAnswer(
        NOW,
        "the badge printer is back",
        GUARD
        + """
    user = await get_current_user(SecurityScopes(), token)
    if not grants.get(user.username, frozenset()) >= set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "a new login would not help",
        GUARD
        + """
    user = await get_current_user(required, token)
    if not grants.get(user.username, frozenset()) >= set(required.scopes):
        raise bearer_error(401, "invalid_token", "the token is not valid")
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "a crash would be a 500",
        GUARD
        + """
    user = await get_current_user(required, token)
    if not grants[user.username] >= set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "Compare the required scopes, not all",
        GUARD
        + """
    user = await get_current_user(required, token)
    has = scopes_in(read_access_token(token))
    if not grants.get(user.username, frozenset()) >= has:
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "The token and the table allow it, and he is refused",
        GUARD
        + """
    user = await get_current_user(required, token)
    if grants[user.username] != set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
    ),
    WrongAnswer(
        SHREDDER,
        "Only the token decides here",
        SHREDDER_APP
        + """
async def shred(current_user: CurrentUser) -> str:
    if "items" not in grants.get(current_user.username, set()):
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "A text is taken for a list of its letters",
        SHREDDER_APP
        + """
async def shred(
    current_user: Annotated[
        UserInDB, Security(get_current_user, scopes="items")
    ],
) -> str:
    return f"shredded for {current_user.username}"
""",
    ),
    WrongAnswer(
        SHREDDER,
        "The endpoint also requires `me`",
        SHREDDER_APP
        + """
async def shred(current_user: Me, items: OwnItems) -> str:
    return f"shredded for {current_user.username}"
""",
    ),
    WrongAnswer(
        SHREDDER,
        "The call must stay `DELETE /users/me/items/`",
        """
shredder = FastAPI(exception_handlers={OAuthError: refuse})

@shredder.get("/users/me/items/")
async def shred(
    current_user: Annotated[
        UserInDB, Security(get_current_user, scopes=["items"])
    ],
) -> str:
    return f"shredded for {current_user.username}"
""",
    ),
    WrongAnswer(
        SHREDDER,
        "Only a handler turns an `OAuthError` into an answer",
        """
shredder = FastAPI()

@shredder.delete("/users/me/items/")
async def shred(
    current_user: Annotated[
        UserInDB, Security(get_current_user, scopes=["items"])
    ],
) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "The answer must stay as it was",
        SHREDDER_APP
        + """
async def shred(
    current_user: Annotated[
        UserInDB, Security(get_current_user, scopes=["items"])
    ],
) -> str:
    return "shredded for johndoe, alice, bob"
""",
    ),
    WrongAnswer(
        SHREDDER,
        "A client would get a 500",
        SHREDDER_APP
        + """
async def shred(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    claims = read_access_token(token)
    if "items" not in scopes_in(claims):
        lacks = "the token lacks a scope"
        raise bearer_error(403, "insufficient_scope", lacks, scope="items")
    return f"shredded for {user_named_by(claims['sub']).username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "another scope than `items`",
        SHREDDER_APP
        + """
async def shred(
    current_user: CurrentUser, token: Annotated[str, Depends(oauth2_scheme)]
) -> str:
    scope = read_access_token(token).get("scope", "").lower()
    if "items" not in scope.replace(",", " ").split():
        lacks = "the token lacks a scope"
        raise bearer_error(403, "insufficient_scope", lacks, scope="items")
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "The rule holds for every scope",
        """
def may(granted, required):
    return all(
        wanted in granted
        or ("items" in granted and wanted.startswith("items:"))
        for wanted in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "There can be more than one colon",
        """
def may(granted, required):
    return all(
        wanted in granted or wanted.rpartition(":")[0] in granted
        for wanted in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "The function changed a set",
        """
def may(granted, required):
    while required:
        wanted = required.pop()
        if not any(f"{wanted}:".startswith(f"{scope}:") for scope in granted):
            return False
    return True
""",
    ),
    WrongAnswer(
        WITHIN,
        "another value was returned",
        """
def may(granted, required):
    return [
        wanted
        for wanted in required
        if not any(f"{wanted}:".startswith(f"{s}:") for s in granted)
    ]
""",
    ),
    WrongAnswer(
        WITHIN,
        "do not include one another",
        """
def may(granted, required):
    return all(
        any(
            wanted == scope or wanted.startswith(scope.split(":")[0] + ":")
            for scope in granted
        )
        for wanted in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "`me` alone was enough",
        GUARD
        + """
    user = await get_current_user(required, token)
    today = grants.get(user.username, frozenset())
    if required.scopes and not today & set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "not even a default one",
        GUARD
        + """
    user = await get_current_user(required, token)
    if not grants.get(user.username, DEFAULT_SCOPES) >= set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "every user and every scope",
        GUARD
        + """
    user = await get_current_user(required, token)
    if "items" in required.scopes and "items" not in grants[user.username]:
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "A client would get a 500",
        GUARD
        + """
    claims = read_access_token(token)
    user = user_named_by(claims["sub"])
    today = grants.get(user.username, frozenset()) & scopes_in(claims)
    if not today >= set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "The endpoint did not receive the user",
        GUARD
        + """
    user = await get_current_user(required, token)
    if not grants.get(user.username, frozenset()) >= set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
""",
    ),
    WrongAnswer(
        NOW,
        "The answer repeats the token",
        GUARD
        + """
    user = await get_current_user(required, token)
    if not grants.get(user.username, frozenset()) >= set(required.scopes):
        scope = write_scopes(required.scopes)
        raise bearer_error(403, "insufficient_scope", token, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "The answer must be 401",
        GUARD
        + """
    try:
        user = await get_current_user(required, token)
    except OAuthError:
        user = users["johndoe"]
        today = frozenset()
    else:
        today = grants.get(user.username, frozenset())
    if not today >= set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "Given: a token that has expired",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"], "verify_exp": False},
        )
        granted = scopes_in(c)
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "Given: a token whose `exp` is a string",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"]},
        )
        granted = scopes_in(c)
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "Given: a token that our key signed with HS512",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=[jwt.get_unverified_header(token)["alg"]],
            options={"require": ["exp", "sub"]},
        )
        granted = scopes_in(c)
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "A token that has no claim `scope` has no scope.",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = read_access_token(token)
        granted = scopes_in({"scope": c.get("scope", "items")})
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "`sub` is `johndoe`, without its kind",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by
from snippets.ch03_dependency_wiring import users

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = read_access_token(token)
        granted = scopes_in(c)
    except jwt.InvalidTokenError:
        raise bad
    user = users.get(c["sub"].removeprefix("username:"))
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "`sub` is `job:johndoe`",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by
from snippets.ch03_dependency_wiring import users

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = read_access_token(token)
        granted = scopes_in(c)
    except jwt.InvalidTokenError:
        raise bad
    user = users.get(c["sub"].partition(":")[2])
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "is another scope than",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = read_access_token(token)
        scope = c.get("scope", "")
        if not isinstance(scope, str):
            raise jwt.InvalidTokenError
        granted = scope.split()
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "The 401 has no challenge",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by
from fastapi import HTTPException

shredder = FastAPI(exception_handlers={OAuthError: refuse})


async def owner(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    bad = HTTPException(401)
    try:
        c = read_access_token(token)
        granted = scopes_in(c)
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if "items" not in granted:
        raise bearer_error(403, "insufficient_scope", "no", scope="items")
    return user


@shredder.delete("/users/me/items/")
async def shred(current_user: Annotated[UserInDB, Depends(owner)]) -> str:
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "Counting is not enough",
        """
def may(granted, required):
    return sum(
        1 for w in required for s in granted if f"{w}:".startswith(f"{s}:")
    ) >= len(required)
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "was read as a pattern",
        """
import re


def may(granted, required):
    return all(
        any(re.match(f"{s}(:|$)", w) for s in granted) for w in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "however many parts follow",
        """
def may(granted, required):
    return all(
        bool({w, w.split(":")[0], w.rpartition(":")[0]} & granted)
        for w in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "Small and capital letters differ",
        """
def may(granted, required):
    return all(
        any(f"{w}:".lower().startswith(f"{s}:".lower()) for s in granted)
        for w in required
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "Given: a token that has expired",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by


async def get_user_today(
    required: SecurityScopes,
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"], "verify_exp": False},
        )
        granted = scopes_in(c)
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if not (
        frozenset(granted) & grants.get(user.username, frozenset())
    ) >= set(required.scopes):
        raise bearer_error(
            403,
            "insufficient_scope",
            "no",
            scope=write_scopes(required.scopes),
        )
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "A client would get a 500",
        """
import jwt
from snippets.ch03_dependency_wiring import SECRET_KEY, read_access_token
from snippets.ch05_check_it import user_named_by


async def get_user_today(
    required: SecurityScopes,
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    bad = bearer_error(401, "invalid_token", "bad")
    try:
        c = read_access_token(token)
        granted = scopes_in({"scope": c["scope"]})
    except jwt.InvalidTokenError:
        raise bad
    user = user_named_by(c["sub"])
    if user is None or user.disabled:
        raise bad
    if not (
        frozenset(granted) & grants.get(user.username, frozenset())
    ) >= set(required.scopes):
        raise bearer_error(
            403,
            "insufficient_scope",
            "no",
            scope=write_scopes(required.scopes),
        )
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "The table `grants` has changed",
        """
async def get_user_today(
    required: SecurityScopes,
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    user = await get_current_user(required, token)
    today = grants.setdefault(user.username, frozenset())
    if not today >= set(required.scopes):
        scope = write_scopes(required.scopes)
        raise bearer_error(403, "insufficient_scope", "x", scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "`items` alone was enough",
        """
async def get_user_today(
    required: SecurityScopes,
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    user = await get_current_user(required, token)
    today = grants.get(user.username, frozenset())
    if required.scopes and required.scopes[-1] not in today:
        scope = write_scopes(required.scopes)
        raise bearer_error(403, "insufficient_scope", "x", scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "No line reads today's",
        """
async def get_user_today(
    required: SecurityScopes,
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    user = await get_current_user(required, token)
    today = grants.get(user.username, frozenset())
    if any(s not in " ".join(today) for s in required.scopes):
        scope = write_scopes(required.scopes)
        raise bearer_error(403, "insufficient_scope", "x", scope=scope)
    return user
""",
        happy_path=True,
    ),
]
