"""Right answers to chapter 1's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

REPAIR = "repair the decoder"
GUESS = "guess the key"
WEEK = "no token for a week"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        REPAIR,
        "a lambda that calls `decode`",
        """
open_token = lambda token, key: decode(token, key)
""",
    ),
    RightAnswer(
        REPAIR,
        "a function of the module, under another name",
        """
from snippets.ch01_jwt_anatomy import verify_signature as open_token
""",
    ),
    RightAnswer(
        REPAIR,
        "PyJWT, its exceptions translated",
        """
def open_token(token, key):
    try:
        return jwt.decode(token, key, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise RefusedTokenError from error
""",
    ),
    RightAnswer(
        REPAIR,
        "an early return, and texts compared",
        """
def open_token(token, key):
    parts = token.split(".")
    if len(parts) == 3:
        head, body, tail = parts
        header = read_object(base64url_decode(head))
        mac = hmac.new(key, f"{head}.{body}".encode(), "sha256").digest()
        if header.get("alg") == "HS256" and base64url_encode(mac) == tail:
            return read_object(base64url_decode(body))
    raise RefusedTokenError("not ours")
""",
    ),
    RightAnswer(
        REPAIR,
        "a class with `__call__`, and a table of one algorithm",
        """
class Opener:
    hashes = {"HS256": "sha256"}

    def __call__(self, token, key):
        if token.count(".") != 2:
            raise RefusedTokenError("not three parts")
        header, payload, signature = map(base64url_decode, token.split("."))
        try:
            digest = self.hashes[read_object(header)["alg"]]
        except (KeyError, TypeError) as error:
            raise RefusedTokenError("alg is not HS256") from error
        message = token[: token.rindex(".")].encode()
        mac = hmac.digest(key, message, digest)
        if hmac.compare_digest(mac, signature):
            return read_object(payload)
        raise RefusedTokenError("the signature does not fit")


open_token = Opener()
""",
    ),
    RightAnswer(
        GUESS,
        "`next` with a default",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    macs = {
        word: base64url_encode(hmac.digest(word, message.encode(), "sha256"))
        for word in words
    }
    return next((word for word in words if macs[word] == signature), None)
""",
    ),
    RightAnswer(
        GUESS,
        "bytes compared, with `hmac.new`",
        """
def find_key(token, words):
    head, body, tail = token.split(".")
    wanted = base64url_decode(tail)
    for word in words:
        made = hmac.new(word, f"{head}.{body}".encode(), "sha256").digest()
        if hmac.compare_digest(made, wanted):
            return word
""",
    ),
    RightAnswer(
        GUESS,
        "recursion",
        """
def find_key(token, words):
    if not words:
        return None
    message, _, signature = token.rpartition(".")
    first, *others = words
    mac = hmac.digest(first, message.encode(), "sha256")
    if base64url_encode(mac) == signature:
        return first
    return find_key(token, others)
""",
    ),
    RightAnswer(
        GUESS,
        "PyJWT, with its options",
        """
import warnings

def find_key(token, words):
    only = {"verify_exp": False, "verify_iat": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for word in words:
            try:
                jwt.decode(token, word, algorithms=["HS256"], options=only)
            except jwt.InvalidSignatureError:
                continue
            return word
    return None
""",
    ),
    RightAnswer(
        GUESS,
        "a partial, and the whole token rebuilt",
        """
from functools import partial

def search(make, token, words):
    found = None
    for word in words:
        if make(token.rpartition(".")[0], word) == token:
            found = word
    return found

def make(message, word):
    mac = hmac.digest(word, message.encode(), "sha256")
    return message + "." + base64url_encode(mac)

find_key = partial(search, make)
""",
    ),
    RightAnswer(
        WEEK,
        "timedeltas compared",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if timedelta(seconds=claims["exp"] - claims["iat"]) > longest:
        raise RefusedTokenError("made to live too long")
    return claims
""",
    ),
    RightAnswer(
        WEEK,
        "datetimes compared",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if not {"exp", "iat"} <= claims.keys():
        raise RefusedTokenError("no iat or no exp")
    start = datetime.fromtimestamp(claims["iat"], UTC)
    if datetime.fromtimestamp(claims["exp"], UTC) > start + longest:
        raise RefusedTokenError("made to live too long")
    return claims
""",
    ),
    RightAnswer(
        WEEK,
        "a KeyError translated",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    try:
        life = claims["exp"] - claims["iat"]
    except KeyError as error:
        raise RefusedTokenError("a claim is missing") from error
    if life <= longest / timedelta(seconds=1):
        return claims
    raise RefusedTokenError("made to live too long")
""",
    ),
    RightAnswer(
        WEEK,
        "a class with `__call__`, and missing claims replaced",
        """
class Decoder:
    def __call__(self, token, key, longest, now):
        claims = decode(token, key, now=now)
        start = claims.get("iat", float("-inf"))
        end = claims.get("exp", float("inf"))
        if not end - start <= longest.total_seconds():
            raise RefusedTokenError("made to live too long")
        return claims


decode_short_lived = Decoder()
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        GUESS,
        "line 7: `return None` deleted",
        "A function that ends without `return` returns None.",
    ),
    EquivalentMutant(
        GUESS,
        "line 7: `return` dropped: `return None`",
        "A function that ends without `return` returns None.",
    ),
]
