"""Wrong answers to chapter 14's hunt: faults left, and honest users lost."""

from tests.practice.right_answers.ch14 import repaired
from tests.practice.wrong_answers import WrongAnswer

HUNT = "the bug hunt"
OPEN = "11 of 12 closed. Still open, one of each chapter:"
STAY = "12 of 12 closed. No longer true:"


def leaves(chapter: int, code: str) -> WrongAnswer:
    """Make an answer whose repair of one chapter's fault is not enough."""
    answer = repaired(**{f"ch{chapter:02}": code})
    return WrongAnswer(HUNT, f"{OPEN} {chapter}.", answer, happy_path=True)


def breaks(says: str, **code: str) -> WrongAnswer:
    """Make an answer that closes faults, and turns honest users away."""
    return WrongAnswer(HUNT, says, repaired(**code))


WRONG_ANSWERS = [
    leaves(
        1,
        """\
def log_out(token):
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return
    if jwt.get_unverified_header(token)["alg"] != "HS256":
        return
    ended.add(str(claims.get("jti")))
    for jti, username in list(refresh_ids.items()):
        if username == claims.get("sub"):
            del refresh_ids[jti]
""",
    ),
    leaves(
        2,
        """\
def password_bytes(password):
    if len(password) > 72:
        raise HTTPException(422, "at most 72 characters")
    return password.encode()
""",
    ),
    leaves(
        3,
        """\
def profile(account):
    fields = vars(account)
    return {name.replace("password_", ""): fields[name] for name in fields}
""",
    ),
    leaves(
        4,
        """\
def account_for(username, password):
    account = accounts.get(username.lower())
    dummy = bcrypt.hashpw(b"nobody", bcrypt.gensalt(COST + 2))
    stored = account.password_hash.encode() if account else dummy
    fits = bcrypt.checkpw(password_bytes(password), stored)
    return account if fits else None
""",
    ),
    leaves(
        6,
        """\
def granted(account, requested):
    if requested == ["admin"] and "admin" not in account.scopes:
        requested = []
    return " ".join(requested or account.scopes)
""",
    ),
    leaves(
        7,
        """\
def register(new):
    name = new.username.lower()
    if new.username in accounts or new.username.capitalize() in accounts:
        raise HTTPException(409, "this username is taken")
    accounts[name] = Account(name, new.full_name, new_hash(new.password))
    return accounts[name]
""",
    ),
    leaves(
        8,
        """\
def renew_login(token):
    claims = claims_in(token)
    if claims["jti"] not in refresh_ids:
        raise refusal("this login has ended")
    refresh_ids.pop(token, None)
    return make_pair(accounts[claims["sub"]], claims["scope"])
""",
    ),
    leaves(
        9,
        """\
def current_account(
    needed: SecurityScopes, token: Annotated[str, Depends(bearer)]
):
    claims = claims_in(token)
    if needed.scopes and claims["use"] != "access":
        raise refusal("this is no access token")
    if not set(needed.scopes) <= set(claims["scope"].split()):
        raise HTTPException(403, f"this needs {needed.scope_str}")
    return accounts[claims["sub"]]
""",
    ),
    WrongAnswer(
        HUNT,
        f"{OPEN} 10.",
        repaired(
            ch01="""\
def log_out(token):
    try:
        claims = claims_in(token)
    except HTTPException:
        return
    ended.add(token.rpartition(".")[2])
    for jti, username in list(refresh_ids.items()):
        if username == claims["sub"]:
            del refresh_ids[jti]
""",
            ch10="""\
def claims_in(token):
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise refusal("this token is not valid") from error
    if token.rpartition(".")[2] in ended:
        raise refusal("this token has ended")
    return claims
""",
        ),
        happy_path=True,
    ),
    leaves(
        11,
        """\
def address_of(request):
    peer = request.client.host
    return request.headers.get("X-Real-IP", peer)
""",
    ),
    leaves(12, r'ORIGINS = r"https://(beta.)?notes.example"'),
    leaves(
        13,
        """\
def remove_note(note_id, account):
    if note_id not in notes:
        raise HTTPException(404, "there is no such note")
    if notes[note_id].owner != account.username:
        raise HTTPException(403, "this is not your note")
    del notes[note_id]
""",
    ),
    breaks(
        f"{STAY} a user signs up, and logs in, in any letter case",
        ch04="""\
DUMMY_HASH = new_hash("nobody")


def account_for(username, password):
    account = accounts.get(username)
    stored = account.password_hash if account else DUMMY_HASH
    fits = bcrypt.checkpw(password_bytes(password), stored.encode())
    return account if fits else None
""",
    ),
    breaks(
        f"{STAY} passwords of up to 72 bytes are accepted",
        ch02="""\
def password_bytes(password):
    data = password.encode()
    if len(data) >= 72:
        raise HTTPException(422, "fewer than 72 bytes")
    return data
""",
    ),
    breaks(
        "ada, the administrator, lists the usernames",
        ch02="""\
import hashlib


def password_bytes(password):
    return hashlib.sha256(password.encode()).hexdigest().encode()
""",
    ),
    breaks(
        f"{STAY} a refresh token is traded for a new pair, again and again",
        ch08="""\
def renew_login(token):
    claims = claims_in(token)
    if claims["jti"] not in refresh_ids:
        raise refusal("this login has ended")
    for jti, username in list(refresh_ids.items()):
        if username == claims["sub"]:
            del refresh_ids[jti]
    return make_pair(accounts[claims["sub"]], claims["scope"])
""",
    ),
    breaks(
        f"{STAY} a logout ends the user's logins, and no other's",
        ch01="""\
def log_out(token):
    claims = claims_in(token)
    ended.add(claims["jti"])
    for jti, username in list(refresh_ids.items()):
        if username == claims["sub"]:
            del refresh_ids[jti]
""",
    ),
    breaks(
        "an address may try ten logins a minute",
        ch11="""\
def address_of(request):
    return "everybody"
""",
    ),
    breaks(
        f"{STAY} our page logs in, and gets access tokens for its cookie",
        ch12=r'ORIGINS = r"https://notes\.example"',
    ),
    breaks(
        "No longer true: users write, read and delete their own notes",
        ch13="""\
def remove_note(note_id, account):
    raise HTTPException(404, "notes are kept")
""",
    ),
    breaks(
        "No longer true: a user signs up, and logs in, in any letter case; "
        "passwords of up to 72 bytes",
        app="repaired = FastAPI()",
    ),
]
