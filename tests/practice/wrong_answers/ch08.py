"""Wrong answers to chapter 8's exercises."""

from tests.practice.wrong_answers import WrongAnswer

ROTATE = "a used token ends the login"
DENY = "a deny-list that forgets"
FETCH = "refresh once"

# Endings of an otherwise right `rotate`, `deny` and `fetch`.
TRADE = """
    entry["used"] = True
    tokens[new] = {"family": entry["family"], "used": False}
"""
LIST = """
    try:
        claims = ch03.read_access_token(token)
    except jwt.InvalidTokenError:
        return
    if "jti" in claims:
        denied[claims["jti"]] = claims["exp"]
"""
FORGET = """
    for jti, exp in list(denied.items()):
        if exp <= now - 60:
            del denied[jti]
"""
DEF_FETCH = """
async def send(client, tokens, path):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return await client.get(path, headers=headers)

async def renew(client, tokens):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
    }
    return await client.post("/token", data=form)

async def fetch(client, tokens, lock, path):
"""


def rotate(used: str, unknown: str = "raise ValueError") -> str:
    """Write a `rotate` by what it does with a used and an unknown token."""
    return f"""
def rotate(tokens, token, new):
    entry = tokens.get(token)
    if entry is None:
        {unknown}
    if entry["used"]:
        {used}
{TRADE}"""


def deny(body: str) -> str:
    """Write a `deny` by its body."""
    return f"def deny(denied, token, now):{body}"


WRONG_ANSWERS = [
    WrongAnswer(
        ROTATE,
        "a token of its family is still in `tokens`",
        rotate("raise ValueError"),
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "although its family should have ended",
        rotate(
            "[tokens.pop(t) for t, e in list(tokens.items())"
            " if e['family'] == entry['family']]; raise ValueError",
            'entry = {"family": 0, "used": False}',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "Tokens of other families have changed",
        rotate("tokens.clear(); raise ValueError"),
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "instead of raising `ValueError`",
        rotate(
            "[tokens.pop(t) for t, e in list(tokens.items())"
            " if e['family'] == entry['family']]; return"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "would answer 500",
        rotate(
            "[tokens.pop(t) for t, e in list(tokens.items())"
            " if e['family'] == entry['family']]; raise ValueError",
            "raise KeyError(token)",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "The old token must stay in `tokens`",
        """
def rotate(tokens, token, new):
    if token not in tokens:
        raise ValueError
    tokens[new] = tokens.pop(token)
""",
    ),
    WrongAnswer(
        ROTATE,
        "in the family of the old one",
        """
def rotate(tokens, token, new):
    if token not in tokens:
        raise ValueError
    tokens[token]["used"] = True
    tokens[new] = {"family": 8, "used": False}
""",
    ),
    WrongAnswer(
        ROTATE,
        "dictionary changed size during iteration",
        rotate(
            "[tokens.pop(t) for t, e in tokens.items()"
            " if e['family'] == entry['family']]; raise ValueError"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "one token has several texts",
        deny(
            FORGET
            + """
    try:
        claims = ch03.read_access_token(token)
    except jwt.InvalidTokenError:
        return
    if "jti" in claims and not token.endswith("="):
        denied[claims["jti"]] = claims["exp"]
"""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "The wrong entries are left",
        deny(LIST),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "The wrong entries are left",
        deny(FORGET.replace("now - 60", "now") + LIST),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "The wrong entries are left",
        deny(FORGET.replace("<=", "<") + LIST),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "loop over a copy",
        deny(FORGET.replace("list(denied.items())", "denied.items()") + LIST),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "an exception would be a 500",
        deny(
            FORGET
            + """
    claims = ch03.read_access_token(token)
    if "jti" in claims:
        denied[claims["jti"]] = claims["exp"]
"""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "a token without a `jti`",
        deny(FORGET + LIST.replace('if "jti" in claims:', "if True:")),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "a token that another key signed",
        deny(
            FORGET
            + LIST.replace(
                "ch03.read_access_token(token)",
                'jwt.decode(token, options={"verify_signature": False})',
            )
        ),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "with its `exp`",
        deny(FORGET + LIST.replace('claims["exp"]', "now + 300.5")),
    ),
    WrongAnswer(
        FETCH,
        "They refreshed more than once",
        DEF_FETCH
        + """
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    async with lock:
        renewed = await renew(client, tokens)
        if renewed.status_code != 200:
            return answer
        tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "It refreshed again, although the new token was there",
        DEF_FETCH
        + """
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    waited = lock.locked()
    async with lock:
        if not waited:
            renewed = await renew(client, tokens)
            if renewed.status_code != 200:
                return answer
            tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "A refusal has no tokens",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    async with lock:
        if tokens["access_token"] == sent:
            renewed = await renew(client, tokens)
            tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "It sends requests without end",
        DEF_FETCH
        + """
    while True:
        sent = tokens["access_token"]
        answer = await send(client, tokens, path)
        if answer.status_code != 401:
            return answer
        async with lock:
            if tokens["access_token"] == sent:
                renewed = await renew(client, tokens)
                if renewed.status_code != 200:
                    return answer
                tokens.update(renewed.json())
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "says nothing against the token",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.is_success:
        return answer
    async with lock:
        if tokens["access_token"] == sent:
            renewed = await renew(client, tokens)
            if renewed.status_code != 200:
                return answer
            tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "The lock is still taken",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    await lock.acquire()
    if tokens["access_token"] == sent:
        renewed = await renew(client, tokens)
        if renewed.status_code != 200:
            return answer
        tokens.update(renewed.json())
    lock.release()
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "this task holds the lock, and waits for it",
        DEF_FETCH
        + """
    async with lock:
        sent = tokens["access_token"]
        answer = await send(client, tokens, path)
        if answer.status_code != 401:
            return answer
        if tokens["access_token"] == sent:
            renewed = await renew(client, tokens)
            if renewed.status_code != 200:
                return answer
            tokens.update(renewed.json())
        return await fetch(client, tokens, lock, path)
""",
    ),
    WrongAnswer(
        FETCH,
        "must have both tokens",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    async with lock:
        if tokens["access_token"] == sent:
            renewed = await renew(client, tokens)
            if renewed.status_code != 200:
                return answer
            tokens["access_token"] = renewed.json()["access_token"]
    return await send(client, tokens, path)
""",
    ),
    WrongAnswer(
        FETCH,
        "must be an `async def`",
        "def fetch(client, tokens, lock, path):\n    return None",
    ),
    WrongAnswer(
        ROTATE,
        "a long login, used before a restart",
        rotate(
            "owner = token.split('-')[0]; "
            "[tokens.pop(t) for t in list(tokens)"
            " if t.split('-')[0] == owner]; raise ValueError"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "Given: a token from the middle of a long login, used before a "
        "restart Tokens of other families have changed",
        rotate(
            "family = str(entry['family']); "
            "[tokens.pop(t) for t, e in list(tokens.items())"
            " if str(e['family']).startswith(family)]; raise ValueError"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "one of them stole it",
        """
def rotate(tokens, token, new):
    entry = tokens.get(token)
    if entry is None:
        raise ValueError
    if (id(tokens), token) in seen:
        for other, found in list(tokens.items()):
            if found["family"] == entry["family"]:
                del tokens[other]
        raise ValueError
    seen.add((id(tokens), token))
    alive.append(tokens)
    entry["used"] = True
    tokens[new] = {"family": entry["family"], "used": False}

seen, alive = set(), []
""",
        happy_path=True,
    ),
    WrongAnswer(
        ROTATE,
        "then a thief uses the second token",
        rotate(
            "mine = [t for t, e in tokens.items()"
            " if e['family'] == entry['family']]; "
            "grace = len(mine) > 2 and mine[-2] == token; "
            "[tokens.pop(t) for t in mine if not grace]; raise ValueError"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "so was the old entry",
        deny(LIST + FORGET),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "Given: a token that is signed with our key, by HS512",
        deny(
            FORGET
            + LIST.replace(
                "ch03.read_access_token(token)",
                "jwt.decode(token, ch03.SECRET_KEY, "
                "[jwt.get_unverified_header(token)['alg']])",
            )
        ),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "Given: a token without an `exp`",
        deny(
            FORGET
            + LIST.replace(
                "ch03.read_access_token(token)",
                "jwt.decode(token, ch03.SECRET_KEY, ['HS256'])",
            ).replace('claims["exp"]', 'claims.get("exp", now + 300)')
        ),
        happy_path=True,
    ),
    WrongAnswer(
        DENY,
        "beside a hundred that are listed",
        deny(
            FORGET
            + LIST
            + """
    while len(denied) > 50:
        del denied[next(iter(denied))]
"""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "is unknown to the rest of the client",
        "import asyncio\n\nown_lock = asyncio.Lock()\n"
        + DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    async with own_lock:
        if tokens["access_token"] == sent:
            renewed = await renew(client, tokens)
            if renewed.status_code != 200:
                return answer
            tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "Given: a connection that breaks during the refresh The lock is "
        "still taken",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    await lock.acquire()
    if tokens["access_token"] != sent:
        lock.release()
        return await send(client, tokens, path)
    renewed = await renew(client, tokens)
    if renewed.status_code == 200:
        tokens.update(renewed.json())
        answer = await send(client, tokens, path)
    lock.release()
    return answer
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "and no new ones came",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    async with lock:
        if tokens["access_token"] == sent:
            old = tokens.pop("refresh_token")
            renewed = await renew(client, {"refresh_token": old})
            if renewed.status_code != 200:
                tokens["refresh_token"] = old
                return answer
            tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "lost only the answer",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    async with lock:
        for _ in range(3):
            if tokens["access_token"] == sent:
                try:
                    renewed = await renew(client, tokens)
                except Exception:
                    continue
                if renewed.status_code != 200:
                    return answer
                tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
    WrongAnswer(
        FETCH,
        "RuntimeError",
        DEF_FETCH
        + """
    sent = tokens["access_token"]
    answer = await send(client, tokens, path)
    if answer.status_code != 401:
        return answer
    async with lock:
        if tokens["access_token"] == sent:
            try:
                renewed = await renew(client, tokens)
            except httpx.TransportError:
                raise RuntimeError("no network")
            if renewed.status_code != 200:
                return answer
            tokens.update(renewed.json())
    return await send(client, tokens, path)
""",
        happy_path=True,
    ),
]
