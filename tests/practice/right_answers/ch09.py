"""Right answers to chapter 9's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

FOR_US = "is this token for us?"
CHOOSE = "choose the key"
PLAN = "plan a rotation"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        FOR_US,
        "early returns, and a tuple of spellings",
        """
def is_for_us(header, claims, issuer, api):
    typ = header.get("typ")
    if not isinstance(typ, str):
        return False
    if typ.lower() not in ("at+jwt", "application/at+jwt"):
        return False
    if claims.get("iss") != issuer:
        return False
    aud = claims.get("aud")
    if isinstance(aud, list):
        return any(each == api for each in aud)
    return aud == api
""",
    ),
    RightAnswer(
        FOR_US,
        "a pattern of a regular expression, and `match`",
        """
import re

def is_for_us(header, claims, issuer, api):
    kind = r"(application/)?at[+]jwt"
    if not re.fullmatch(kind, str(header.get("typ")), re.IGNORECASE):
        return False
    match claims.get("aud"):
        case str() as one:
            names = [one]
        case [*names]:
            pass
        case _:
            names = []
    return api in names and claims.get("iss") == issuer
""",
    ),
    RightAnswer(
        FOR_US,
        "PyJWT's own checks, and the chapter's",
        """
def is_for_us(header, claims, issuer, api):
    trust = Trust(issuer, api, None)
    try:
        check_kind(header, claims, trust)
    except jwt.InvalidTokenError:
        return False
    aud = claims.get("aud")
    return claims.get("iss") == issuer and (
        aud == api or type(aud) is list and aud.count(api) > 0
    )
""",
    ),
    RightAnswer(
        FOR_US,
        "a class with `__call__`, and exceptions inside",
        """
class Gate:
    kinds = frozenset({"at+jwt", "application/at+jwt"})

    def __call__(self, header, claims, issuer, api):
        try:
            kind, name = header["typ"].lower(), claims["iss"]
            aud = claims["aud"]
        except (KeyError, AttributeError):
            return False
        names = {str: [aud], list: aud}.get(type(aud), [])
        return kind in self.kinds and name == issuer and api in names

is_for_us = Gate()
""",
    ),
    RightAnswer(
        FOR_US,
        "a lambda",
        """
is_for_us = lambda header, claims, issuer, api: (
    str(header.get("typ")).lower() in {"at+jwt", "application/at+jwt"}
    and claims.get("iss") == issuer
    and (claims.get("aud") == api or api in [
        each
        for each in (
            claims["aud"] if isinstance(claims.get("aud"), list) else []
        )
    ])
)
""",
    ),
    RightAnswer(
        CHOOSE,
        "`continue` for each reason",
        """
def choose_key(header, jwks):
    kid, alg = header.get("kid"), header.get("alg")
    if kid is None or alg is None:
        return None
    for jwk in jwks["keys"]:
        if jwk.get("kid") != kid:
            continue
        if ALGORITHMS.get((jwk.get("kty"), jwk.get("crv") or "")) != alg:
            continue
        if jwk.get("use") not in (None, "sig"):
            continue
        if jwk.get("alg") in (None, alg):
            return jwk
    return None
""",
    ),
    RightAnswer(
        CHOOSE,
        "`next` and a generator",
        """
def may_verify(jwk, header):
    wanted = {"kid": header.get("kid"), "use": "sig", "alg": header.get("alg")}
    named = {"use": "sig", "alg": wanted["alg"], **jwk}
    kind = jwk.get("kty"), jwk.get("crv", "")
    return (
        None not in wanted.values()
        and all(named.get(name) == wanted[name] for name in wanted)
        and kind in ALGORITHMS
        and ALGORITHMS[kind] == wanted["alg"]
    )

def choose_key(header, jwks):
    return next((k for k in jwks["keys"] if may_verify(k, header)), None)
""",
    ),
    RightAnswer(
        CHOOSE,
        "the chapter's own `usable_key`",
        """
def choose_key(header, jwks):
    for jwk in jwks["keys"]:
        key = usable_key(jwk)
        if key is None or key.key_id != header.get("kid"):
            continue
        if key.algorithm_name == header.get("alg"):
            return jwk
""",
    ),
    RightAnswer(
        CHOOSE,
        "a filter, and a copy of the key",
        """
from functools import partial

def fits(header, jwk):
    algorithm = ALGORITHMS.get((jwk.get("kty"), jwk.get("crv", "")))
    return bool(algorithm) and (
        jwk.get("use", "sig"),
        jwk.get("alg", algorithm),
        jwk.get("kid", ""),
        algorithm,
    ) == ("sig", algorithm, header.get("kid"), header.get("alg"))

def choose_key(header, jwks):
    found = [*filter(partial(fits, header), jwks["keys"])]
    return dict(found[0]) if found else None
""",
    ),
    RightAnswer(
        PLAN,
        "one `return` for each step",
        """
def keys_at(second, cache, life):
    if second < 0:
        return "old", {"old"}
    if second < cache:
        return "old", {"old", "new"}
    if second < cache + life:
        return "new", {"old", "new"}
    return "new", {"new"}
""",
    ),
    RightAnswer(
        PLAN,
        "a table of moments, and a frozenset",
        """
def keys_at(second, cache, life):
    steps = {
        float("-inf"): ("old", frozenset(["old"])),
        0: ("old", frozenset(["old", "new"])),
        cache: ("new", frozenset(["old", "new"])),
        cache + life: ("new", frozenset(["new"])),
    }
    return steps[max(moment for moment in steps if moment <= second)]
""",
    ),
    RightAnswer(
        PLAN,
        "a comprehension over intervals, and `bisect`",
        """
from bisect import bisect_right

def keys_at(second, cache, life):
    step = bisect_right([0, cache, cache + life], second)
    spans = {"old": range(0, 3), "new": range(1, 4)}
    return "oonn"[step].replace("o", "old").replace("n", "new"), {
        name for name, span in spans.items() if step in span
    }
""",
    ),
    RightAnswer(
        PLAN,
        "a lambda with lists",
        """
keys_at = lambda second, cache, life: (
    ["old", "new"][second >= cache],
    ["old"] * (second - cache < life) + ["new"] * (0 <= second),
)
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        CHOOSE,
        "line 14: `return None` deleted",
        "a function returns None where it ends",
    ),
    EquivalentMutant(
        CHOOSE,
        "line 14: `return` dropped: `return None`",
        "a function returns None where it ends",
    ),
]
