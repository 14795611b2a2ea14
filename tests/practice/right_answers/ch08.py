"""Right answers to chapter 8's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

ROTATE = "a used token ends the login"
DENY = "a deny-list that forgets"
FETCH = "refresh once"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        ROTATE,
        "a comprehension, and exceptions with words",
        """
def rotate(tokens, token, new):
    if token not in tokens:
        raise ValueError("unknown")
    family = tokens[token]["family"]
    if tokens[token]["used"]:
        for stolen in [t for t in tokens if tokens[t]["family"] == family]:
            tokens.pop(stolen)
        raise ValueError("used twice")
    tokens[token]["used"] = True
    tokens[new] = dict(family=family, used=False)
""",
    ),
    RightAnswer(
        ROTATE,
        "try and except, and a new dict",
        """
def rotate(tokens, token, new):
    try:
        entry = tokens[token]
    except KeyError as error:
        raise ValueError from error
    if not entry["used"]:
        tokens[token] = {**entry, "used": True}
        tokens[new] = {**entry, "used": False}
        return new
    for other in set(tokens):
        if tokens[other]["family"] == entry["family"]:
            del tokens[other]
    raise ValueError(f"{token} was used twice")
""",
    ),
    RightAnswer(
        ROTATE,
        "clear and update, and an exception of one's own",
        """
class ReuseError(ValueError):
    pass

def rotate(tokens, token, new):
    entry = tokens.get(token) or {}
    if not entry:
        raise ReuseError
    if entry["used"]:
        family = entry["family"]
        kept = {t: e for t, e in tokens.items() if e["family"] != family}
        tokens.clear()
        tokens.update(kept)
        raise ReuseError
    entry.update(used=True)
    tokens[new] = entry | {"used": False}
""",
    ),
    RightAnswer(
        ROTATE,
        "a class with __call__",
        """
class Rotation:
    def __call__(self, tokens, token, new):
        match tokens.get(token):
            case {"family": family, "used": False}:
                tokens[token]["used"] = True
                tokens[new] = {"family": family, "used": False}
            case {"family": family}:
                self.end(tokens, family)
                raise ValueError
            case _:
                raise ValueError

    def end(self, tokens, family):
        for name in [*tokens]:
            if tokens[name]["family"] == family:
                del tokens[name]

rotate = Rotation()
""",
    ),
    RightAnswer(
        DENY,
        "forgets at the end, and returns the list",
        """
def deny(denied, token, now):
    try:
        claims = ch03.read_access_token(token)
        denied[claims["jti"]] = claims["exp"]
    except (jwt.InvalidTokenError, KeyError):
        pass
    for jti in [jti for jti in denied if denied[jti] + 60 <= now]:
        denied.pop(jti)
    return denied
""",
    ),
    RightAnswer(
        DENY,
        "clear and update",
        """
def deny(denied, token, now):
    kept = {jti: exp for jti, exp in denied.items() if exp > now - 60}
    denied.clear()
    denied.update(kept)
    try:
        claims = ch03.read_access_token(token)
    except Exception:
        return
    jti = claims.get("jti")
    if jti is not None:
        denied.update({jti: claims["exp"]})
""",
    ),
    RightAnswer(
        DENY,
        "PyJWT by hand",
        """
def deny(denied, token, now):
    for jti in tuple(denied):
        if now - denied[jti] >= 60:
            del denied[jti]
    try:
        claims = jwt.decode(
            token,
            ch03.SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "jti"]},
        )
    except jwt.PyJWTError:
        return None
    denied[claims["jti"]] = claims["exp"]
""",
    ),
    RightAnswer(
        DENY,
        "a class with __call__, and a helper",
        """
class Denial:
    skew = 60

    def __call__(self, denied, token, now):
        gone = {j for j, exp in denied.items() if exp + self.skew <= now}
        for jti in gone:
            del denied[jti]
        denied |= self.entry(token)

    def entry(self, token):
        try:
            claims = ch03.read_access_token(token)
        except jwt.exceptions.InvalidTokenError:
            return {}
        return {claims["jti"]: claims["exp"]} if "jti" in claims else {}

deny = Denial()
""",
    ),
    RightAnswer(
        FETCH,
        "a loop of two attempts",
        """
async def fetch(client, tokens, lock, path):
    for attempt in range(2):
        sent = tokens["access_token"]
        headers = {"Authorization": f"Bearer {sent}"}
        answer = await client.get(path, headers=headers)
        if answer.status_code != 401 or attempt:
            return answer
        async with lock:
            if tokens["access_token"] == sent:
                form = dict(
                    grant_type="refresh_token",
                    refresh_token=tokens["refresh_token"],
                )
                renewed = await client.post("/token", data=form)
                if not renewed.is_success:
                    return answer
                tokens |= renewed.json()
""",
    ),
    RightAnswer(
        FETCH,
        "compares the refresh token, and sends again in any case",
        """
async def fetch(client, tokens, lock, path):
    async def send():
        token = tokens["access_token"]
        return await client.get(
            path, headers={"Authorization": "Bearer " + token}
        )

    old = tokens["refresh_token"]
    answer = await send()
    if answer.status_code == 401:
        async with lock:
            if tokens["refresh_token"] == old:
                form = {"grant_type": "refresh_token", "refresh_token": old}
                renewed = await client.post("/token", data=form)
                if renewed.status_code == 200:
                    tokens.update(renewed.json())
        answer = await send()
    return answer
""",
    ),
    RightAnswer(
        FETCH,
        "acquire and finally",
        """
async def fetch(client, tokens, lock, path):
    sent = tokens["access_token"]
    answer = await client.get(
        path, headers={"Authorization": f"Bearer {sent}"}
    )
    if answer.status_code != 401:
        return answer
    await lock.acquire()
    try:
        if sent != tokens["access_token"]:
            pass
        else:
            renewed = await client.post(
                "/token",
                data={
                    "grant_type": "refresh_token",
                    "refresh_token": tokens["refresh_token"],
                },
            )
            if renewed.status_code >= 300:
                return answer
            body = renewed.json()
            for name in ("access_token", "refresh_token"):
                tokens[name] = body[name]
    finally:
        lock.release()
    return await client.get(
        path, headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
""",
    ),
    RightAnswer(
        FETCH,
        "the chapter's own flow, in a class with __call__",
        """
class Fetch:
    async def __call__(self, client, tokens, lock, path):
        auth = StayLoggedIn("http://testserver/token", dict(tokens))
        auth.tokens = sent = dict(tokens)
        auth.lock = lock
        request = client.build_request("GET", path)
        answer = await client.send(auth.signed(request))
        if answer.status_code != 401:
            return answer
        async with lock:
            if tokens["access_token"] == sent["access_token"]:
                form = {
                    "grant_type": "refresh_token",
                    "refresh_token": sent["refresh_token"],
                }
                renewed = await client.post("/token", data=form)
                if renewed.status_code == 200:
                    tokens.update(renewed.json())
        auth.tokens = tokens
        return await client.send(auth.signed(request))

fetch = Fetch()
""",
    ),
    RightAnswer(
        ROTATE,
        "partial, match, and one update",
        """
from functools import partial

def turn(error, tokens, token, new):
    match tokens.get(token):
        case None:
            raise error(f"unknown: {token}")
        case {"used": True, "family": family}:
            mine = {t for t, e in tokens.items() if e["family"] == family}
            for other in mine:
                tokens.pop(other, None)
            raise error(f"used twice: {token}")
        case entry:
            tokens |= {
                token: entry | {"used": True},
                new: entry | {"used": False},
            }

rotate = partial(turn, ValueError)
""",
    ),
    RightAnswer(
        ROTATE,
        "a token that is taken out first",
        """
def rotate(tokens, token, new):
    entry = tokens.pop(token, None)
    if entry is None:
        raise ValueError
    family = entry["family"]
    if not entry["used"]:
        tokens[token] = {"family": family, "used": True}
        tokens[new] = {"family": family, "used": False}
        return tokens
    while others := [t for t in tokens if tokens[t]["family"] == family]:
        del tokens[others[0]]
    raise ValueError
""",
    ),
    RightAnswer(
        DENY,
        "forgets in finally",
        """
def deny(denied, token, now):
    try:
        match ch03.read_access_token(token):
            case {"jti": jti, "exp": exp}:
                denied[jti] = exp
    except jwt.InvalidTokenError:
        return
    finally:
        for jti in list(denied):
            if denied[jti] < now - 59:
                del denied[jti]
""",
    ),
    RightAnswer(
        DENY,
        "partial, timedelta and suppress",
        """
from contextlib import suppress
from datetime import timedelta
from functools import partial

def deny_within(skew, denied, token, now):
    added = {}
    with suppress(jwt.PyJWTError, KeyError):
        claims = ch03.read_access_token(token)
        added[claims["jti"]] = claims["exp"]
    every = denied | added
    denied.clear()
    for jti, exp in every.items():
        if timedelta(seconds=now - exp) < skew:
            denied[jti] = exp

deny = partial(deny_within, timedelta(minutes=1))
""",
    ),
    RightAnswer(
        FETCH,
        "partial, recursion and raise_for_status",
        """
from functools import partial
import httpx

async def attempts(left, client, tokens, lock, path):
    sent = tokens["access_token"]
    headers = [("authorization", f"Bearer {sent}")]
    answer = await client.request("GET", path, headers=headers)
    if answer.status_code != httpx.codes.UNAUTHORIZED or not left:
        return answer
    async with lock:
        if tokens["access_token"] == sent:
            form = {"grant_type": "refresh_token"}
            form["refresh_token"] = tokens["refresh_token"]
            try:
                renewed = await client.request("POST", "/token", data=form)
                renewed.raise_for_status()
            except httpx.HTTPError:
                return answer
            tokens.update(renewed.json())
    return await attempts(left - 1, client, tokens, lock, path)

fetch = partial(attempts, 1)
""",
    ),
    RightAnswer(
        FETCH,
        "one request at a time",
        """
from urllib.parse import urlencode

async def fetch(client, tokens, lock, path):
    async with lock:
        for last in (False, True):
            headers = {"Authorization": "Bearer " + tokens["access_token"]}
            answer = await client.get(path, headers=headers)
            if answer.status_code != 401 or last:
                return answer
            form = {
                "grant_type": "refresh_token",
                "refresh_token": tokens["refresh_token"],
            }
            renewed = await client.post(
                "/token",
                content=urlencode(form),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            if renewed.status_code != 200:
                return answer
            tokens.update(renewed.json())
""",
    ),
    RightAnswer(
        FETCH,
        "an auth flow that takes the lock",
        """
import httpx

class Refreshing(httpx.Auth):
    requires_response_body = True

    def __init__(self, tokens, lock):
        self.tokens, self.lock, self.refused = tokens, lock, None

    async def async_auth_flow(self, request):
        sent = self.tokens["access_token"]
        request.headers["Authorization"] = f"Bearer {sent}"
        answer = yield request
        if answer.status_code != 401:
            return
        async with self.lock:
            if self.tokens["access_token"] == sent:
                form = {
                    "grant_type": "refresh_token",
                    "refresh_token": self.tokens["refresh_token"],
                }
                url = request.url.join("/token")
                renewed = yield httpx.Request("POST", url, data=form)
                if renewed.status_code != 200:
                    self.refused = answer
                    return
                self.tokens.update(renewed.json())
        token = self.tokens["access_token"]
        request.headers["Authorization"] = f"Bearer {token}"
        yield request

async def fetch(client, tokens, lock, path):
    auth = Refreshing(tokens, lock)
    answer = await client.get(path, auth=auth)
    return answer if auth.refused is None else auth.refused
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        DENY,
        "line 7: `except jwt.InvalidTokenError` becomes `except Exception`",
        "`read_access_token` raises nothing else for the text of a token",
    ),
]
