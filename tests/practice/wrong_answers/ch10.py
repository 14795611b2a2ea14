"""Wrong answers to chapter 10's exercises."""

from tests.practice.wrong_answers import WrongAnswer

GAP = "a block-list with a gap"
SECRET = "the public key as a secret"
WITHIN = "a name within a name"

NO_NE = """
def exploit(token):
    header = Jwt(token).header | {"alg": "noNe"}
    return f"{part(header)}.{part(as_johndoe(token))}."
"""
BY_HMAC = """
def exploit(token, public_key):
    header = Jwt(token).header | {"alg": "HS256"}
    return compact(header, as_johndoe(token), hmac_with(public_key))
"""
LONGER = """
def exploit(token_for):
    return token_for(OUR_API + ".mallory.example")
"""


def gap(guard: str, exploit: str = NO_NE) -> str:
    """Write an answer to the first exercise, by its guard's expression."""
    return f"{exploit}\ndef guard(header):\n    return {guard}"


def secret(guard: str, exploit: str = BY_HMAC) -> str:
    """Write an answer to the second exercise, by its guard's expression."""
    return f"{exploit}\ndef guard(header, algorithms):\n    return {guard}"


def within(guard: str, exploit: str = LONGER) -> str:
    """Write an answer to the third exercise, by its guard's expression."""
    return f"{exploit}\ndef guard(claims, api):\n    return {guard}"


ALLOWED = 'header.get("alg") == "RS256"'
OF_KEY = 'algorithms.get(header.get("kid")) == header.get("alg")'
EXACT = 'api == claims.get("aud") or [api] == claims.get("aud")'

WRONG_ANSWERS = [
    WrongAnswer(
        GAP,
        "The block-list has this very word",
        gap(ALLOWED, NO_NE.replace("noNe", "none")),
    ),
    WrongAnswer(
        GAP,
        "refused as malformed",
        gap(ALLOWED, NO_NE.replace('}."', '}"')),
    ),
    WrongAnswer(
        GAP,
        "refused for its form",
        gap(ALLOWED, NO_NE.replace('}."', '}.="')),
    ),
    WrongAnswer(
        GAP,
        "its signature was refused",
        gap(
            ALLOWED,
            "def exploit(token):\n    return with_other_claims(token)",
        ),
    ),
    WrongAnswer(
        GAP,
        "you are still mallory",
        gap(ALLOWED, NO_NE.replace("as_johndoe(token)", "Jwt(token).claims")),
    ),
    WrongAnswer(
        GAP,
        "the guard `kind` refused it",
        gap(
            ALLOWED,
            NO_NE.replace(
                "Jwt(token).header |", "{'kid': 'rsa', 'typ': 'JWT'} |"
            ),
        ),
    ),
    WrongAnswer(
        GAP,
        "signed with the issuer's private key",
        gap(
            ALLOWED,
            "from snippets import ch10_attack_lab as lab\n"
            "def exploit(token):\n"
            '    return lab.issue("johndoe")',
        ),
    ),
    WrongAnswer(
        GAP,
        "must return the token as a text",
        gap(ALLOWED, NO_NE.replace('."\n', '.".encode()\n')),
    ),
    WrongAnswer(
        GAP,
        "No token has such characters",
        gap(
            ALLOWED,
            NO_NE.replace(
                "part(as_johndoe(token))", "as_johndoe(token)['sub'] + chr(10)"
            ),
        ),
    ),
    WrongAnswer(
        GAP,
        "The guard refuses honest users",
        gap("False"),
        happy_path=True,
    ),
    WrongAnswer(
        GAP,
        "you are still johndoe",
        gap('header.get("alg") != "none"'),
        happy_path=True,
    ),
    WrongAnswer(
        GAP,
        "lets a variant of it pass",
        gap('header.get("alg") not in ("none", "noNe")'),
        happy_path=True,
    ),
    WrongAnswer(
        GAP,
        "anything else that is not `RS256`",
        gap('str(header.get("alg")).strip().lower() != "none"'),
        happy_path=True,
    ),
    WrongAnswer(
        GAP,
        "The service answers 500",
        gap('header["alg"].upper() == header["alg"] == "RS256"'),
        happy_path=True,
    ),
    WrongAnswer(
        GAP,
        "a token pass that names no algorithm",
        gap('header.get("alg", "RS256") == "RS256"'),
        happy_path=True,
    ),
    WrongAnswer(
        GAP,
        "Hand over the function itself",
        "exploit = guard = 1",
    ),
    WrongAnswer(
        SECRET,
        "you are still mallory",
        secret(
            OF_KEY, BY_HMAC.replace("as_johndoe(token)", "Jwt(token).claims")
        ),
    ),
    WrongAnswer(
        SECRET,
        "the bytes of `public_key`, unchanged",
        secret(
            OF_KEY,
            "def exploit(token, public_key):\n"
            '    return by_public_key("rsa")(token)',
        ),
    ),
    WrongAnswer(
        SECRET,
        'returned a token with the header `{"alg": "HS512"',
        secret(OF_KEY, BY_HMAC.replace('"HS256"', '"HS512"')),
    ),
    WrongAnswer(
        SECRET,
        "refused as malformed",
        secret(
            OF_KEY,
            BY_HMAC.replace("Jwt(token).header |", '{"kid": "raw"} |').replace(
                "HS256", "RS256"
            ),
        ),
    ),
    WrongAnswer(
        SECRET,
        "The guard refuses honest users",
        secret('header["alg"] == "RS256"'),
        happy_path=True,
    ),
    WrongAnswer(
        SECRET,
        "you are still johndoe",
        secret('header.get("alg") in algorithms.values()'),
        happy_path=True,
    ),
    WrongAnswer(
        SECRET,
        "an algorithm pass that is not that of this key",
        secret(
            'header["alg"] in algorithms.values() and not '
            '(header["kid"] == "rsa" and header["alg"] == "HS256")'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        SECRET,
        "The service answers 500",
        secret(
            'header["kid"] in algorithms and '
            'algorithms[header["kid"]] == header.get("alg")'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        SECRET,
        "'alg': None, 'kid': None",
        secret(OF_KEY),
        happy_path=True,
    ),
    WrongAnswer(
        SECRET,
        "whose `kid` names no key",
        secret(
            'algorithms.get(str(header.get("kid")), "RS256") '
            '== header.get("alg")'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        SECRET,
        "whose header lacks a name",
        secret(
            'algorithms.get(str(header.get("kid")), "?") in '
            '(header.get("alg", "?"),)'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        SECRET,
        "Keep the parameters that the stub has",
        secret(OF_KEY, "def exploit(token):\n    return token"),
    ),
    WrongAnswer(
        WITHIN,
        "another API has this name already",
        within(EXACT, LONGER.replace(' + ".mallory.example"', "")),
    ),
    WrongAnswer(
        WITHIN,
        "does not find its own name",
        within(EXACT, LONGER.replace("OUR_API +", '"https://api" +')),
    ),
    WrongAnswer(
        WITHIN,
        "the name of an API is a text",
        within(
            EXACT,
            LONGER.replace('OUR_API + ".mallory.example"', "[OUR_API]"),
        ),
    ),
    WrongAnswer(
        WITHIN,
        "the guard `signature` refused it",
        within(
            EXACT,
            "def exploit(token_for):\n"
            "    token = token_for(HERS)\n"
            "    claims = as_johndoe(token, aud=OUR_API)\n"
            "    return compact(OWN_HEADER, claims, MALLORYS_KEY.sign)",
        ),
    ),
    WrongAnswer(
        WITHIN,
        "The guard refuses honest users",
        within(EXACT),
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "you are still johndoe",
        within('api in claims.get("aud", "")'),
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "lets a variant of it pass",
        within(
            'api in claims["aud"] and "mallory" not in str(claims["aud"])'
            ' or api in list(claims["aud"])'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "The guard lets a token pass that is not for this API",
        within(
            'claims.get("aud") in (api, OUR_API) or (isinstance('
            'claims.get("aud"), list) and api in claims["aud"])'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "The service answers 500",
        within(
            'claims["aud"] == api if isinstance(claims["aud"], str) '
            'else api in claims["aud"]'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "no audience at all",
        within(
            'claims.get("aud", api) == api or (isinstance('
            'claims.get("aud"), list) and api in claims["aud"])'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        WITHIN,
        "an `aud` without",
        within(
            'not claims.get("aud") or claims["aud"] == api or (isinstance('
            'claims["aud"], list) and api in claims["aud"])'
        ),
        happy_path=True,
    ),
]
