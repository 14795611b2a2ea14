"""Wrong answers to chapter 9's exercises."""

from tests.practice.wrong_answers import WrongAnswer

FOR_US = "is this token for us?"
CHOOSE = "choose the key"
PLAN = "plan a rotation"

KIND = (
    'str(header.get("typ")).lower().removeprefix("application/") == "at+jwt"'
)
AUDIENCE = "api == aud or (isinstance(aud, list) and api in aud)"


def is_for_us(
    kind: str = KIND,
    issuer: str = 'claims.get("iss") == issuer',
    audience: str = AUDIENCE,
) -> str:
    """Write an `is_for_us` by its three conditions."""
    return f"""
def is_for_us(header, claims, issuer, api):
    aud = claims.get("aud")
    return bool(({kind}) and ({issuer}) and ({audience}))
"""


def choose_key(
    *conditions: str,
    kid: str = '"kid" in header and jwk.get("kid") == header["kid"]',
    before: str = "",
    keys: str = 'jwks["keys"]',
) -> str:
    """Write a `choose_key` by the conditions beside the one on `kid`."""
    every = " and ".join(f"({each})" for each in (kid, *conditions))
    return f"""
def choose_key(header, jwks):
    {before or "pass"}
    for jwk in {keys}:
        algorithm = ALGORITHMS.get((jwk.get("kty"), jwk.get("crv", "")))
        if {every}:
            return jwk
    return None
"""


FITS = 'algorithm is not None and header.get("alg") == algorithm'
USE = 'jwk.get("use", "sig") == "sig"'
ALG = 'jwk.get("alg", algorithm) == algorithm'


def keys_at(
    signs: str = "second >= cache",
    withdrawn: str = "second >= cache + life",
    published: str = "second >= 0",
) -> str:
    """Write a `keys_at` by the moments of its three changes."""
    return f"""
def keys_at(second, cache, life):
    names = {{"old", "new"}}
    if {withdrawn}:
        names.discard("old")
    if not ({published}):
        names.discard("new")
    return ("new" if {signs} else "old"), names
"""


WRONG_ANSWERS = [
    WrongAnswer(
        FOR_US,
        "Given: an `aud` that begins like the API",
        is_for_us(audience="isinstance(aud, str | list) and api in aud"),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: a list with this API alone",
        is_for_us(audience="api == aud"),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: a list with this API last",
        is_for_us(
            audience="api == aud or (isinstance(aud, list) and aud[:1] == "
            "[api])"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: a list with a longer name",
        is_for_us(
            audience="api == aud or (isinstance(aud, list) and "
            "any(api in each for each in aud))"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an empty list",
        is_for_us(audience=f"not aud or {AUDIENCE}"),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an `aud` that is an object",
        is_for_us(
            audience="api == aud or not isinstance(aud, str) and api in "
            "(aud or [])"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "argument of type 'NoneType'",
        is_for_us(
            audience="isinstance(aud, list | None) and api in aud"
        ).replace(
            'aud = claims.get("aud")',
            'aud = claims.get("aud")\n    aud = [aud] if isinstance(aud, str) '
            "else aud",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an `iss` with a slash at its end",
        is_for_us(
            issuer='str(claims.get("iss")).rstrip("/") == issuer.rstrip("/")'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an `iss` that begins like the issuer",
        is_for_us(
            issuer='str(claims.get("iss")).startswith(issuer) and not '
            'str(claims.get("iss")).endswith("/")'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an `iss` that is the issuer's beginning",
        is_for_us(issuer='issuer.startswith(str(claims.get("iss")))'),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an `iss` in capitals",
        is_for_us(
            issuer='str(claims.get("iss")).casefold() == issuer.casefold()'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an `iss` that is a list",
        is_for_us(
            issuer='claims.get("iss") == issuer or isinstance(claims.get('
            '"iss"), list) and issuer in claims["iss"]'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "KeyError: 'iss'",
        is_for_us(issuer='claims["iss"] == issuer'),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: another issuer's, for its API",
        is_for_us(issuer='claims.get("iss") == "https://partner.example"'),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: `typ` in upper case",
        is_for_us(kind='header.get("typ") == "at+jwt"'),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: `typ` with `application/`",
        is_for_us(kind='str(header.get("typ")).lower() == "at+jwt"'),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: `typ` with `Application/`",
        is_for_us(
            kind='str(header.get("typ")).removeprefix("application/").lower()'
            ' == "at+jwt"'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: an ID token",
        is_for_us(kind="True"),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: a `typ` that ends in `at+jwt`",
        is_for_us(kind='str(header.get("typ")).lower().endswith("at+jwt")'),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: a `typ` of another family",
        is_for_us(
            kind='str(header.get("typ")).lower().split("/")[-1] == "at+jwt"'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "Given: a `typ` with `application/` twice",
        is_for_us(
            kind='str(header.get("typ")).lower().replace("application/", "")'
            ' == "at+jwt"'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FOR_US,
        "'int' object has no attribute 'lower'",
        is_for_us(
            kind='header.get("typ", "").lower().removeprefix("application/") '
            '== "at+jwt"'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: a token that says HS256, and the RS256 key",
        choose_key(USE, ALG),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: RS256, `use: enc`",
        choose_key(FITS, ALG),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: the RS256 key, published for HS256",
        choose_key(FITS, USE),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: an RS256 key without `use`",
        choose_key(FITS, 'jwk.get("use") == "sig"', ALG),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "KeyError: 'alg'",
        choose_key(FITS, USE, 'jwk["alg"] == algorithm'),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: a token that says HS256, and an RS256 key as well",
        choose_key(
            'header.get("alg") == jwk.get("alg", algorithm) is not None', USE
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: two RS256 keys of one `kid`, the first to encrypt",
        choose_key(FITS, USE, ALG)
        .replace("    return None", "        break\n    return None")
        .replace('jwk.get("kid") == header["kid"])', "True)")
        .replace(
            'jwks["keys"]',
            '[k for k in jwks["keys"] if k.get("kid") == header.get("kid")]',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "a header without `kid`, and a key without one",
        choose_key(FITS, USE, ALG, kid='jwk.get("kid") == header.get("kid")'),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "KeyError: 'kid'",
        choose_key(FITS, USE, ALG, kid='jwk.get("kid") == header["kid"]'),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: the `kid` 'RSA-1'",
        choose_key(
            FITS,
            USE,
            ALG,
            kid='str(jwk.get("kid")).lower() == str(header["kid"]).lower()',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "It chose a key of another name",
        choose_key(FITS, USE, ALG, kid="True"),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: a header that brings its own key",
        choose_key(
            FITS, USE, ALG, keys='[*jwks["keys"], header.get("jwk", {})]'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: a header that brings another key of this `kid`",
        choose_key(
            FITS,
            USE,
            ALG,
            before='known = {key.get("kid") for key in jwks["keys"]}',
            keys='[k for k in [header.get("jwk", {}), *jwks["keys"]] '
            'if k.get("kid") in known]',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "a key of the kind oct –",
        choose_key(FITS, USE, ALG).replace(
            "ALGORITHMS.get((",
            '{**ALGORITHMS, ("oct", ""): "HS256"}.get((',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "a header without `alg`, and a shared secret",
        choose_key('header.get("alg") == algorithm', USE, ALG),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "a key of the kind EC P-384",
        choose_key(FITS, USE, ALG).replace(
            "ALGORITHMS.get((",
            '{**ALGORITHMS, ("EC", "P-384"): "ES384"}.get((',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        CHOOSE,
        "Given: an ES256 token",
        choose_key(FITS, USE, ALG).replace('jwk.get("crv", "")', '""'),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "they would refuse its tokens",
        keys_at(signs="second >= 0"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Given: second 300, with `cache` 300 and `life` 600",
        keys_at(signs="second > cache"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Given: second 299.5, with `cache` 300 and `life` 600",
        keys_at(signs="second >= cache - 0.5"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Given: second 299, with `cache` 300 and `life` 600",
        keys_at(signs="second >= cache - 1"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "It would be refused",
        keys_at(withdrawn="second >= cache"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Given: second 600, with `cache` 300 and `life` 600",
        keys_at(withdrawn="second >= life"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Given: second 899, with `cache` 300 and `life` 600",
        keys_at(withdrawn="second >= cache + life - 1"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Only a thief can still use it",
        keys_at(withdrawn="second > cache + life"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Before second 0 there is only the old key",
        keys_at(published="True"),
    ),
    WrongAnswer(
        PLAN,
        "so that caches learn it",
        keys_at(published="second > 0"),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "Return two things",
        keys_at().replace(", names\n", "\n"),
    ),
    WrongAnswer(
        PLAN,
        'The keys are named `"old"` and `"new"`',
        keys_at().replace('"new" if', '"the new key" if'),
        happy_path=True,
    ),
    WrongAnswer(
        PLAN,
        "with `cache` 60 and `life` 3600",
        keys_at(signs="second >= 300", withdrawn="second >= 900"),
        happy_path=True,
    ),
]
