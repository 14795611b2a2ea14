"""Right answers to chapter 14's hunt, and equivalent mutants.

A repair may be written in many ways. The answers below are the repairs of
`REPAIRS`, one for each chapter, with some of them written otherwise.
"""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

HUNT = "the bug hunt"

REPAIRS: dict[int, str] = {
    1: """\
def log_out(token):
    options = {"verify_exp": False}
    try:
        claims = jwt.decode(token, KEY, ["HS256"], options=options)
    except jwt.PyJWTError:
        return
    ended.add(claims["jti"])
    for jti in [j for j, name in refresh_ids.items() if name == claims["sub"]]:
        del refresh_ids[jti]
""",
    2: """\
def password_bytes(password):
    data = password.encode("utf-8")
    if len(data) > 72:
        raise HTTPException(400, "this password is too long")
    return data
""",
    3: """\
def profile(account):
    fields = dict(vars(account))
    del fields["password_hash"]
    return fields
""",
    4: """\
NOBODY = Account("", "", new_hash(secrets.token_hex()))


def account_for(username, password):
    account = accounts.get(username.lower(), NOBODY)
    stored = account.password_hash.encode()
    fits = bcrypt.checkpw(password_bytes(password), stored)
    return account if fits and account is not NOBODY else None
""",
    6: """\
def granted(account, requested):
    if not requested:
        return " ".join(account.scopes)
    return " ".join(sorted({*requested} & {*account.scopes}))
""",
    7: """\
def register(new):
    name = new.username.casefold()
    if any(name == taken.casefold() for taken in accounts):
        raise HTTPException(409, "this username is taken")
    accounts[name] = Account(name, new.full_name, new_hash(new.password))
    return accounts[name]
""",
    8: """\
def renew_login(token):
    claims = claims_in(token)
    try:
        owner = refresh_ids.pop(claims["jti"])
    except KeyError as error:
        raise refusal("this login has ended") from error
    return make_pair(accounts[owner], claims["scope"])
""",
    9: """\
def current_account(
    needed: SecurityScopes, token: Annotated[str, Depends(bearer)]
):
    claims = claims_in(token)
    if claims.get("use") == "refresh":
        raise refusal("this is a refresh token")
    for scope in needed.scopes:
        if scope not in claims["scope"].split():
            raise HTTPException(403, f"this needs {scope}")
    return accounts[claims["sub"]]
""",
    10: """\
def claims_in(token):
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise refusal("this token is not valid") from error
    if claims["jti"] in ended:
        raise refusal("this token has ended")
    return claims
""",
    11: """\
def address_of(request):
    return request.client.host if request.client else "unknown"
""",
    12: r"""
ORIGINS = r"https://notes\.example|https://beta\.notes\.example"
""",
    13: """\
def remove_note(note_id, account):
    note = notes.get(note_id)
    if note is None or note.owner != account.username:
        raise HTTPException(404, "there is no such note of yours")
    del notes[note_id]
""",
}


def repaired(**instead: str) -> str:
    """Write all repairs; `ch04=…` replaces the one of chapter 4."""
    parts = [
        instead.get(f"ch{chapter:02}", repair).strip("\n")
        for chapter, repair in REPAIRS.items()
    ]
    parts.append(instead.get("app", "repaired = make_app()"))
    return "\n\n\n".join(part for part in parts if part)


RIGHT_ANSWERS = [
    RightAnswer(HUNT, "other control flow", repaired()),
    RightAnswer(
        HUNT,
        "refusals where the course has them",
        repaired(
            ch02="""\
def log_in(form, request):
    count_attempt(address_of(request))
    account = None
    if len(form.password.encode()) <= 72:
        account = account_for(form.username, form.password)
    if account is None:
        raise refusal("wrong username or password")
    return make_pair(account, granted(account, form.scope.split()))
""",
            ch07="""\
def register(new):
    if len(new.password.encode()) > 72:
        raise HTTPException(422, "at most 72 bytes")
    name = new.username.lower()
    if name in accounts:
        raise HTTPException(409, "this username is taken")
    accounts[name] = Account(name, new.full_name, new_hash(new.password))
    return accounts[name]
""",
            ch06="""\
def granted(account, requested):
    if not {*requested} <= {*account.scopes}:
        raise HTTPException(400, "invalid_scope")
    return " ".join(requested or account.scopes)
""",
        ),
    ),
    RightAnswer(
        HUNT,
        "long passwords hashed before",
        repaired(
            ch02="""\
import hashlib


def password_bytes(password):
    data = password.encode()
    if len(data) > 72:
        data = hashlib.sha256(data).hexdigest().encode()
    return data
""",
            ch03="""\
def profile(account):
    return {"username": account.username, "full_name": account.full_name}
""",
        ),
    ),
    RightAnswer(
        HUNT,
        "an app with a middleware of its own",
        repaired(
            ch12="""\
from starlette.middleware.cors import CORSMiddleware as Middleware


class OurPages(Middleware):
    def is_allowed_origin(self, origin):
        return origin in {
            "https://notes.example",
            "https://beta.notes.example",
        }
""",
            app="""\
repaired = FastAPI()
repaired.add_middleware(
    OurPages,
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["Authorization", "X-From-Page"],
)
add_login_routes(repaired)
add_routes(repaired)""",
        ),
    ),
    RightAnswer(
        HUNT,
        "guesses counted for the account as well",
        repaired(
            ch11="""\
def address_of(request):
    return request.scope["client"][0]


def log_in(form, request):
    count_attempt(address_of(request))
    count_attempt("account " + form.username.lower())
    account = account_for(form.username, form.password)
    if account is None:
        raise refusal("wrong username or password")
    return make_pair(account, granted(account, form.scope.split()))
""",
        ),
    ),
]

WORDS = "what a refusal says is the team's choice"
STATUS = "any refusal keeps a long password from being cut"
ANY = "a hash of any password costs the same"
EQUIVALENT_MUTANTS = [
    EquivalentMutant(HUNT, mutant, reason)
    for mutant, reason in (
        ("line 3: `422` becomes `421`", STATUS),
        ("line 3: `422` becomes `423`", STATUS),
        (
            "line 3: `HTTPException(422, 'a password has at most 72 bytes')` "
            "becomes `HTTPException(422)`",
            WORDS,
        ),
        ("line 7: `'a password that nobody has'` becomes `''`", ANY),
        (
            "line 7: `'a password that nobody has'` becomes "
            r"`'https://(beta\\.)?notes\\.example'`",
            ANY,
        ),
        (
            "line 20: `HTTPException(409, 'this username is taken')` becomes "
            "`HTTPException(409)`",
            WORDS,
        ),
        (
            "line 50: `except HTTPException` becomes `except Exception`",
            "`claims_in` raises no other exception",
        ),
        (
            "line 65: `HTTPException(403, f'this needs {needed.scope_str}')` "
            "becomes `HTTPException(403)`",
            WORDS,
        ),
        ("line 65: `needed.scope_str` becomes `needed.scopes`", WORDS),
    )
]
