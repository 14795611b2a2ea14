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
        "A scheme reads the header and verifies nothing",
        SHREDDER_APP
        + """
async def shred(
    token: Annotated[str, Security(oauth2_scheme, scopes=["items"])],
) -> str:
    return "shredded for johndoe"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "To be logged in is enough here",
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
        "not by the 403 whose challenge says",
        SHREDDER_APP
        + """
async def shred(
    current_user: CurrentUser, token: Annotated[str, Depends(oauth2_scheme)]
) -> str:
    if "items" not in scopes_in(read_access_token(token)):
        raise unauthorized("Not enough permissions")
    return f"shredded for {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHREDDER,
        "`items` is a part of `items-preview`",
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
        "whose it is, the other half",
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
        "`scopes` is a list of scopes, each a string of its own",
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
def may(granted, needed):
    return all(
        any(wish.startswith(scope) for scope in granted) for wish in needed
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "Each needed scope has to be covered",
        """
def may(granted, needed):
    return not needed or any(
        f"{wish}:".startswith(f"{scope}:")
        for scope in granted
        for wish in needed
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "the rule runs the wrong way",
        """
def may(granted, needed):
    def family(scopes):
        return {scope.partition(":")[0] for scope in scopes}

    return family(granted) >= family(needed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "It has to stand at the beginning",
        """
def may(granted, needed):
    return all(
        any(scope in wish.split(":") or scope == wish for scope in granted)
        for wish in needed
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "A token for all of it may not read",
        """
def may(granted, needed):
    return all(
        any(scope.startswith(f"{wish}:") for scope in granted)
        for wish in needed
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
        "a crash is a 500 for the world",
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
        "he gets another answer than that 403",
        GUARD
        + """
    user = await get_current_user(required, token)
    if not grants.get(user.username, SCOPES.keys()) >= set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NOW,
        "Compare what is needed, not all that the token has",
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
        "He may, by his token and by the table, and is refused",
        GUARD
        + """
    user = await get_current_user(required, token)
    if grants[user.username] != set(required.scopes):
        scope, gone = write_scopes(required.scopes), "taken back"
        raise bearer_error(403, "insufficient_scope", gone, scope=scope)
    return user
""",
    ),
]
