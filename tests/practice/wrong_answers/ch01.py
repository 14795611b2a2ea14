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
        "A list of forbidden names is never complete",
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
        "the header names another algorithm than the service uses",
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
        "The signature is not compared",
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
        "The token still chooses how it is checked",
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
        "If good tokens are refused, every user is logged out",
        OPEN
        + """
    if alg != HEADER:
        raise RefusedTokenError("another header")
""",
    ),
    WrongAnswer(
        GUESS,
        "a rule for those who sign",
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
        "What was signed is `header.payload`",
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
        "`True` came back, and not the word",
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
        "Most lists do not contain the key",
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
        "It belongs to the caller",
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
        "An old token from a log file is enough",
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
        "JSON that is read and written again is another text",
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
        "It has half an hour left",
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
        "A claim that a rule needs has to be required",
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
        "it was short, but it has expired",
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
        "Exactly the limit is still allowed",
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
        "Of two days, `timedelta.seconds` is 0",
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
        "pass it on to `decode`",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key)
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
    ),
    WrongAnswer(
        REPAIR,
        "A signature that is missing is a wrong one",
        OPEN
        + """
    if alg != "HS256":
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
    if signature and not hmac.compare_digest(
        mac, base64url_decode(signature)
    ):
        raise RefusedTokenError("the signature does not fit")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "It has 2 bytes instead of 32",
        OPEN
        + """
    if alg != "HS256":
        raise RefusedTokenError("alg is not HS256")
    if not signature:
        raise RefusedTokenError("not signed")
    mac = hmac.digest(key, message.encode(), "sha256")
    for a, b in zip(mac, base64url_decode(signature)):
        if a != b:
            raise RefusedTokenError("the signature does not fit")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "It has 33 bytes instead of 32",
        OPEN
        + """
    if alg != "HS256":
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
    if not base64url_decode(signature).startswith(mac):
        raise RefusedTokenError("the signature does not fit")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        '"alg": "HS2567"',
        OPEN
        + """
    if not str(alg).startswith("HS256"):
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        '"alg": "HS512", "kid": "HS256"',
        OPEN
        + """
    if "HS256" not in read_object(header).values():
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        '"alg": "hs256"',
        OPEN
        + """
    if str(alg).upper() != "HS256":
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "does not say HS256, and is accepted",
        OPEN
        + """
    if isinstance(alg, str) and alg != "HS256":
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "use the parameter `key`, and not the notebook's `KEY`",
        OPEN
        + """
    if alg != "HS256":
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(KEY, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "It returned `None` instead of raising `RefusedTokenError`",
        """
def open_token(token, key):
    try:
        return decode(token, key)
    except Exception:
        pass
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "It returned the exception instead of raising",
        OPEN
        + """
    if alg != "HS256":
        return RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
    if not hmac.compare_digest(mac, base64url_decode(signature)):
        return RefusedTokenError("the signature does not fit")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "raised `ValueError: not enough values to unpack",
        OPEN
        + """
    if alg != "HS256":
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
"""
        + COMPARE,
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "the service would fail at the next line",
        """
def open_token(token, key):
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    message, _, signature = token.rpartition(".")
    header, payload = map(base64url_decode, message.split("."))
    if read_object(header).get("alg") != "HS256":
        raise RefusedTokenError("alg is not HS256")
    mac = hmac.digest(key, message.encode(), "sha256")
    if not hmac.compare_digest(mac, base64url_decode(signature)):
        raise RefusedTokenError("the signature does not fit")
    return json.loads(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "raised `NameError: name 'digest' is not defined`. Stuck?",
        OPEN
        + """
    mac = hmac.digest(key, message.encode(), digest)
"""
        + COMPARE,
    ),
    WrongAnswer(
        GUESS,
        "the search stops at the first word that does not fit",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
        else:
            return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "and was not recognised. It is bytes",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word, message.encode(), "sha256")
        if mac == signature:
            return word
    return None
""",
    ),
    WrongAnswer(
        GUESS,
        "`None` is asked for, and `False` came back",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return False
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "The words are bytes already",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word.encode(), message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
    ),
    WrongAnswer(
        GUESS,
        "any bytes can be a key",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        text = word.decode()
        mac = hmac.digest(text.encode(), message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "came back, and not the word as it is in the list",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for number, word in enumerate(words):
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return number
    return None
""",
    ),
    WrongAnswer(
        GUESS,
        "Another word came back",
        """
def find_key(token, words):
    return words[-1] if words else None
""",
    ),
    WrongAnswer(
        WEEK,
        "another limit is written into the code",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] >= 7 * 86400:
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "which is two days here: use the parameter `longest`",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > 3600:
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "Do not round: compare seconds",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    life = (claims["exp"] - claims["iat"]) // 60
    if life > longest.total_seconds() // 60:
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "`longest.total_seconds()` is a number too",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest:
        raise RefusedTokenError("made to live too long")
    return claims
""",
    ),
    WrongAnswer(
        WEEK,
        "use the parameter `key`, and not the notebook's `KEY`",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, KEY, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
    ),
    WrongAnswer(
        WEEK,
        "It returned `None` instead of raising `RefusedTokenError`",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" in claims and "iat" in claims:
        if claims["exp"] - claims["iat"] <= longest.total_seconds():
            return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "Its claims did not come back whole",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return {"sub": claims["sub"]}
""",
    ),
    WrongAnswer(
        WEEK,
        "`iat` is in the future",
        """
def decode_short_lived(token, key, longest, now):
    claims = verify_signature(token, key)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    if claims["exp"] <= numeric_date(now):
        raise RefusedTokenError("expired")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "differs in some of its bytes",
        """
def open_token(token, key):
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(base64url_decode, token.split("."))
    if read_object(header).get("alg") != "HS256":
        raise RefusedTokenError("alg")
    message = token.rpartition(".")[0]
    mac = hmac.digest(key, message.encode(), "sha256")
    if len(signature) != 32 or mac[:16] != signature[:16]:
        raise RefusedTokenError("sig")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "Compare all 32 bytes, each at its place",
        """
def open_token(token, key):
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(base64url_decode, token.split("."))
    if read_object(header).get("alg") != "HS256":
        raise RefusedTokenError("alg")
    message = token.rpartition(".")[0]
    mac = hmac.digest(key, message.encode(), "sha256")
    if sorted(mac) != sorted(signature):
        raise RefusedTokenError("sig")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "small and capital letters differ",
        """
def open_token(token, key):
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(base64url_decode, token.split("."))
    if read_object(header).get("alg") != "HS256":
        raise RefusedTokenError("alg")
    message = token.rpartition(".")[0]
    mac = hmac.digest(key, message.encode(), "sha256")
    if base64url_encode(mac).lower() != token.split(".")[2].lower():
        raise RefusedTokenError("sig")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "one token then has many spellings",
        """
import base64, json


def dec(t):
    try:
        return base64.urlsafe_b64decode(t + "==")
    except ValueError as e:
        raise RefusedTokenError("x") from e


def open_token(token, key):
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(dec, token.split("."))
    if read_object(header).get("alg") != "HS256":
        raise RefusedTokenError("alg")
    message = token.rpartition(".")[0]
    mac = hmac.digest(key, message.encode(), "sha256")
    if not hmac.compare_digest(mac, signature):
        raise RefusedTokenError("sig")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "spaces, another order",
        """
def open_token(token, key):
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(base64url_decode, token.split("."))
    if b'"alg":"HS256"' not in header:
        raise RefusedTokenError("alg")
    message = token.rpartition(".")[0]
    mac = hmac.digest(key, message.encode(), "sha256")
    if mac != signature:
        raise RefusedTokenError("sig")
    return read_object(payload)
""",
        happy_path=True,
    ),
    WrongAnswer(
        REPAIR,
        "the service would fail at the next line",
        """
def open_token(token, key):
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(base64url_decode, token.split("."))
    if read_object(header).get("alg") != "HS256":
        raise RefusedTokenError("alg")
    message = token.rpartition(".")[0]
    mac = hmac.digest(key, message.encode(), "sha256")
    if mac != signature:
        raise RefusedTokenError("x")
    try:
        claims = __import__("json").loads(payload)
    except (ValueError, RecursionError) as e:
        raise RefusedTokenError("x") from e
    if not claims or isinstance(claims, list):
        raise RefusedTokenError("x")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "not a piece of it",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac).startswith(signature):
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "with a damaged signature",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac).lower() == signature.lower():
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "Another word than the key came back",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word.strip(), message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "Every byte of a key counts",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        mac = hmac.digest(word.lower(), message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "A key may have any length",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words:
        if len(word) > 32:
            continue
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        GUESS,
        "the last of 101 words",
        """
def find_key(token, words):
    message, _, signature = token.rpartition(".")
    for word in words[:10]:
        mac = hmac.digest(word, message.encode(), "sha256")
        if base64url_encode(mac) == signature:
            return word
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "Given: a token that lives half a second longer",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if int(claims["exp"]) - int(claims["iat"]) > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "whose limit are 90.5 seconds",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > int(longest.total_seconds()):
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "not valid before an hour from now",
        """
def decode_short_lived(token, key, longest, now):
    claims = verify_signature(token, key)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if not claims["iat"] <= now.timestamp() < claims["exp"]:
        raise RefusedTokenError("x")
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "made for another service",
        """
def decode_short_lived(token, key, longest, now):
    claims = verify_signature(token, key)
    check_times(claims, now)
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
        "Its claims did not come back whole",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return {k: claims[k] for k in ("sub", "iat", "exp")}
""",
        happy_path=True,
    ),
    WrongAnswer(
        "no token for a week",
        "AssertionError",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    assert claims["exp"] < 10**12
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
    WrongAnswer(
        WEEK,
        "The limit is `longest`, however short",
        """
def decode_short_lived(token, key, longest, now):
    claims = decode(token, key, now=now)
    if "exp" not in claims or "iat" not in claims:
        raise RefusedTokenError("no iat or no exp")
    if claims["exp"] - claims["iat"] > max(longest.total_seconds(), 60):
        raise RefusedTokenError("made to live too long")
    return claims
""",
        happy_path=True,
    ),
]
