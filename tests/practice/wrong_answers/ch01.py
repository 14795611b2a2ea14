"""Wrong answers to chapter 1's exercises."""

from tests.practice.wrong_answers import WrongAnswer

REPAIR = "repair the decoder"
GUESS = "guess the key"
WEEK = "no token for a week"

OPEN = """
def open_token(token, key):
    message, _, signature = token.rpartition(".")
    header, payload = map(base64url_decode, message.split("."))
    alg = read_object(header).get("alg")
"""
TABLE = """
HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
"""
BY_TABLE = """
    mac = b""
    if alg in HASHES:
        mac = hmac.digest(key, message.encode(), HASHES[alg])
"""
COMPARE = """
    if not hmac.compare_digest(mac, base64url_decode(signature)):
        raise RefusedTokenError("the signature does not fit")
    return read_object(payload)
"""

WRONG_ANSWERS = [
    WrongAnswer(
        REPAIR,
        "expects an empty signature, and she sends one",
        OPEN
        + """
    mac = b""
    if alg == "HS256":
        mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "The list of names that must not pass is endless",
        TABLE
        + OPEN
        + """
    if str(alg).lower() == "none":
        raise RefusedTokenError("alg is none")
"""
        + BY_TABLE
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "The token still chooses how it is checked",
        TABLE
        + OPEN
        + """
    if not signature:
        raise RefusedTokenError("not signed")
"""
        + BY_TABLE
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "here nobody reads the header",
        OPEN
        + """
    mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "do not compare the rest",
        OPEN
        + """
    if read_object(header) != HEADER:
        raise RefusedTokenError("another header")
    mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "The signature is no longer compared",
        OPEN
        + """
    if alg != "HS256":
        raise RefusedTokenError("alg is not HS256")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "Any other exception becomes a 500",
        """
def open_token(token, key):
    alg = jwt.get_unverified_header(token)["alg"]
    return jwt.decode(token, key, algorithms=[alg])
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "raised `TypeError: unhashable type: 'list'`",
        TABLE
        + OPEN
        + """
    if alg not in HASHES:
        raise RefusedTokenError("an algorithm that we do not know")
    mac = hmac.digest(key, message.encode(), HASHES[alg])
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "Who refuses honest tokens logs everybody out",
        OPEN
        + """
    if alg != HEADER:
        raise RefusedTokenError("another header")
""",
    ),
    WrongAnswer(
        GUESS,
        "a rule for who signs",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        if base64url_encode(sign(message, word)) == signature:
            return word
    return None
""",
    ),
    WrongAnswer(
        GUESS,
        "What is signed is `header.payload`",
        """
def find_key(token, words):
    signature = token.rpartition(".")[2]
    for word in words:
        mac = hmac.digest(word, token.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
    ),
    WrongAnswer(
        GUESS,
        "Something else came back than the word",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    return signature in [
        base64url_encode(hmac.digest(word, message.encode(), "sha256"))
        for word in words
    ]
""",
    ),
    WrongAnswer(
        GUESS,
        "A word came back, and it is not the key",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    word = None
    for word in words:
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            break
    return word
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "Most lists hold no key",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    return next(
        word
        for word in words
        if base64url_encode(hmac.digest(word, message.encode(), "sha256"))
        == signature
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "it was the caller's",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    while words:
        word = words.pop()
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "An old token out of a log is enough",
        """
import warnings

def find_key(token, words):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # keys that are too short
        for word in words:
            try:
                jwt.decode(token, word, algorithms=["HS256"])
                return word
            except jwt.InvalidTokenError:
                continue
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "JSON that is read and written anew is another text",
        """
def find_key(token, words):
    header, payload, signature = token.split(".")
    header = read_object(base64url_decode(header))
    claims = read_object(base64url_decode(payload))
    message = write_object(header) + "." + write_object(claims)
    for word in words:
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "What is left of it is short",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if claims["exp"] - numeric_date(now) > longest.total_seconds():
        raise RefusedTokenError("lives too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "raised `KeyError: 'exp'`",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "What a rule needs, it has to insist on",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" in claims and "iat" in claims:
        if claims["exp"] - claims["iat"] > longest.total_seconds():
            raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "its signature is not",
        """
def decode_short_lived(token, key, longest, now):
    claims = read_object(base64url_decode(token.split(".")[1]))
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "short, and over",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now, leeway=longest)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "As long as it may is not longer",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] >= longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "`total_seconds()` has them all",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest.seconds:
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "raised `OverflowError",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if timedelta(seconds=claims["exp"] - claims["iat"]) > longest:
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "the moment that was handed over",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key)
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
    ),
]
