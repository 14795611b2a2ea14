"""Right answers to chapter 6's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

SHREDDER = "guard the shredder"
WITHIN = "a scope within a scope"
NOW = "taken back means now"

SHREDDER_APP = """
shredder = FastAPI(exception_handlers={OAuthError: refuse})
"""

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        SHREDDER,
        "a default value, and a plain function",
        SHREDDER_APP
        + """
@shredder.delete("/users/me/items/")
def shred(user=Security(get_current_user, scopes=["items"])):
    return f"shredded for {user.username}"
""",
    ),
    RightAnswer(
        SHREDDER,
        "a dependency of the decorator",
        SHREDDER_APP
        + """
@shredder.delete(
    "/users/me/items/",
    dependencies=[Security(get_current_user, scopes=["items"])],
)
async def shred(current_user: CurrentUser) -> str:
    return f"shredded for {current_user.username}"
""",
    ),
    RightAnswer(
        SHREDDER,
        "a guarded router, and names of the module",
        SHREDDER_APP
        + """
from fastapi import APIRouter
from snippets import ch06_scopes

router = APIRouter(
    dependencies=[Security(ch06_scopes.get_current_user, scopes=("items",))]
)

@router.delete("/users/me/items/")
async def shred(user: ch06_scopes.CurrentUser) -> str:
    return "shredded for " + user.username

shredder.include_router(router)
""",
    ),
    RightAnswer(
        SHREDDER,
        "a class with __call__",
        SHREDDER_APP
        + """
class Shredding:
    async def __call__(
        self, required: SecurityScopes, token: str = Depends(oauth2_scheme)
    ):
        return await get_current_user(required, token)

@shredder.delete("/users/me/items/")
async def shred(user=Security(Shredding(), scopes=["items"])) -> str:
    return f"shredded for {user.username}"
""",
    ),
    RightAnswer(
        SHREDDER,
        "compared in the endpoint, and an HTTPException",
        SHREDDER_APP
        + """
@shredder.delete("/users/me/items/")
async def shred(
    current_user: CurrentUser, token: Annotated[str, Depends(oauth2_scheme)]
) -> str:
    if "items" not in scopes_in(read_access_token(token)):
        challenge = 'Bearer error="insufficient_scope", scope="items"'
        raise HTTPException(403, headers={"WWW-Authenticate": challenge})
    return f"shredded for {current_user.username}"
""",
    ),
    RightAnswer(
        WITHIN,
        "loops",
        """
def may(granted, required):
    for wanted in required:
        for scope in granted:
            if wanted == scope or wanted.startswith(scope + ":"):
                break
        else:
            return False
    return True
""",
    ),
    RightAnswer(
        WITHIN,
        "every scope that includes it, as a set",
        """
def may(granted, required):
    def wider(scope):
        parts = scope.split(":")
        return {":".join(parts[:n + 1]) for n in range(len(parts))}

    return all(wider(scope) & granted for scope in required)
""",
    ),
    RightAnswer(
        WITHIN,
        "a lambda, and what is not covered",
        """
may = lambda granted, required: not {
    wanted
    for wanted in required
    if wanted not in granted
    and not any(wanted.startswith(f"{scope}:") for scope in granted)
}
""",
    ),
    RightAnswer(
        WITHIN,
        "startswith with a tuple",
        """
def may(granted, required):
    beginnings = tuple(f"{scope}:" for scope in granted)
    return all(f"{wanted}:".startswith(beginnings) for wanted in required)
""",
    ),
    RightAnswer(
        NOW,
        "a set of what is missing",
        """
async def get_user_today(
    required: SecurityScopes, token: Annotated[str, Depends(oauth2_scheme)]
) -> UserInDB:
    user = await get_current_user(required, token)
    missing = set(required.scopes) - grants.get(user.username, set())
    if not missing:
        return user
    raise bearer_error(
        403,
        "insufficient_scope",
        "withdrawn",
        scope=" ".join(required.scopes),
    )
""",
    ),
    RightAnswer(
        NOW,
        "a class with __call__",
        """
class Today:
    async def __call__(
        self,
        required: SecurityScopes,
        token: Annotated[str, Depends(oauth2_scheme)],
    ):
        user = await get_current_user(required, token)
        for scope in required.scopes:
            if scope not in grants.get(user.username, ()):
                raise bearer_error(
                    403,
                    "insufficient_scope",
                    "withdrawn",
                    scope=required.scope_str,
                )
        return user

get_user_today = Today()
""",
    ),
    RightAnswer(
        NOW,
        "a dependency on get_current_user",
        """
def get_user_today(
    required: SecurityScopes,
    user: Annotated[UserInDB, Depends(get_current_user)],
):
    today = grants[user.username] if user.username in grants else set()
    if set(required.scopes) <= today:
        return user
    challenge = write_scopes(required.scopes)
    raise HTTPException(
        403,
        headers={
            "WWW-Authenticate": "Bearer error=\\"insufficient_scope\\", "
            f'scope="{challenge}"'
        },
    )
""",
    ),
    RightAnswer(
        NOW,
        "the token read anew, and names of the module",
        """
from snippets import ch06_scopes

async def get_user_today(
    required: SecurityScopes, token: Annotated[str, Depends(oauth2_scheme)]
):
    try:
        claims = read_access_token(token)
        scopes = scopes_in(claims)
    except jwt.InvalidTokenError as error:
        raise bearer_error(401, "invalid_token", "not valid") from error
    user = user_named_by(claims["sub"])
    if user is None:
        raise bearer_error(401, "invalid_token", "not valid")
    both = scopes & ch06_scopes.grants.get(user.username, frozenset())
    if not both.issuperset(required.scopes):
        scope = write_scopes(required.scopes)
        raise bearer_error(403, "insufficient_scope", "no", scope=scope)
    return user
""",
    ),
]

FREE = "The description of a refusal is free."

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        NOW,
        "line 1: return annotation of `get_user_today` dropped",
        "FastAPI does not read what a dependency promises to return.",
    ),
    EquivalentMutant(
        NOW, "line 9: `'the scope was taken back'` becomes `''`", FREE
    ),
    EquivalentMutant(
        NOW,
        "line 9: `'the scope was taken back'` becomes `'insufficient_scope'`",
        FREE,
    ),
    EquivalentMutant(NOW, "line 10: `reason` becomes `scope`", FREE),
]
