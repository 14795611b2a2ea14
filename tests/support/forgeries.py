"""Tokens signed by hand, with no JWT library: good ones and forged ones."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from snippets.ch03_dependency_wiring import SECRET_KEY

Claims = dict[str, Any]
Forger = Callable[[Claims], str]

FAR_FUTURE = 4_102_444_800  # 2100-01-01
HEADER = {"alg": "HS256", "typ": "JWT"}
ANOTHER_KEY = "another key, as long as HS256 wants its keys to be"


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def part(content: object) -> str:
    """Encode a header or a payload; bytes go in as they are."""
    if not isinstance(content, bytes):
        text = json.dumps(content, separators=(",", ":"))
        content = text.encode("ascii")
    return base64url(content)


def signed(
    payload: object,
    header: object = HEADER,
    key: str = SECRET_KEY,
    digest: str = "sha256",
) -> str:
    signing_input = f"{part(header)}.{part(payload)}"
    mac = hmac.digest(key.encode(), signing_input.encode(), digest)
    return f"{signing_input}.{base64url(mac)}"


def with_claims(**changes: Any) -> Forger:
    return lambda claims: signed({**claims, **changes})


def without_claim(name: str) -> Forger:
    def forge(claims: Claims) -> str:
        return signed({k: v for k, v in claims.items() if k != name})

    return forge


def with_payload(payload: object) -> Forger:
    return lambda claims: signed(payload)


def under_header(header: object) -> Forger:
    return lambda claims: signed(claims, header)


def with_header(**changes: Any) -> Forger:
    return under_header(HEADER | changes)


def with_digest(digest: str, alg: str) -> Forger:
    return lambda claims: signed(claims, HEADER | {"alg": alg}, digest=digest)


def with_key(key: str) -> Forger:
    return lambda claims: signed(claims, key=key)


def unsigned(alg: object) -> Forger:
    return lambda claims: f"{part(HEADER | {'alg': alg})}.{part(claims)}."


def respelled(pattern: str) -> Forger:
    """Put a good token's header, payload and signature together anew."""

    def forge(claims: Claims) -> str:
        token = signed(claims)
        header, payload, signature = token.split(".")
        return pattern.format(t=token, h=header, p=payload, s=signature)

    return forge


def with_payload_of(**changes: Any) -> Forger:
    """Keep the signature, change the claims under it."""

    def forge(claims: Claims) -> str:
        header, _, signature = signed(claims).split(".")
        return f"{header}.{part({**claims, **changes})}.{signature}"

    return forge


def with_header_of(**changes: Any) -> Forger:
    """Keep the signature, change the header over it."""

    def forge(claims: Claims) -> str:
        _, payload, signature = signed(claims).split(".")
        return f"{part(HEADER | changes)}.{payload}.{signature}"

    return forge


def with_signature_of_another_token(claims: Claims) -> str:
    other = signed({**claims, "jti": "another token"})
    return signed(claims).rpartition(".")[0] + "." + other.rpartition(".")[2]


def with_changed_signature(claims: Claims) -> str:
    signing_input, _, signature = signed(claims).rpartition(".")
    first = "B" if signature[0] == "A" else "A"
    return f"{signing_input}.{first}{signature[1:]}"


NONES = ("none", "None", "NONE", "nOnE")
ALGS: tuple[Any, ...] = (
    *NONES,
    "",
    None,
    "hs256",
    "HS384",
    "RS256",
    ["HS256"],
    [],
    {},
    1,
)
# A claim's name, and values it must not have.
WRONG_CLAIMS: dict[str, tuple[Any, ...]] = {
    "exp": (
        *(0, -1, 1_500_000_000),
        *(None, "", "soon", True, [], [FAR_FUTURE], {}),
        *(str(FAR_FUTURE), f" {FAR_FUTURE} ", "4_102_444_800"),
        *(float("inf"), float("-inf"), float("nan")),
    ),
    "sub": (None, 1, 1.5, True, [], ["johndoe"], {"johndoe": 1}),
    "nbf": (FAR_FUTURE, None, "soon", [], float("inf")),
    "iat": (FAR_FUTURE, None, "soon", [], float("inf")),
    "aud": ("another service", ["another service"], 1),
    "jti": (None, 1, []),
}
NOT_CLAIMS: tuple[Any, ...] = (
    [],
    "johndoe",
    None,
    1,
    b"",
    b"{",
    b"\xff",
    b"NaN",
    b"[" * 3000,
)
NOT_HEADERS: tuple[Any, ...] = (
    [],
    "HS256",
    None,
    1,
    b"",
    b"{",
    b"\xff",
    b"[" * 3000,
)
# A good token put together anew: {t} whole, {h}.{p}.{s} in its parts.
SPELLINGS = (
    *("", ".", "..", "....", "{h}", "{p}", "{s}"),
    *("{h}.{p}", "{h}.{p}.", "{h}..{s}", ".{p}.{s}", "{p}.{h}.{s}"),
    *("{t}.", ".{t}", "{t}.x", "x.{t}", "{t}.{t}", "{t}.{s}", "{t}.x.x"),
    *("{t}==", "{t}!", "{t}AAAA", "{h}=.{p}.{s}", "{h}.A.{s}"),
    *("{t} {t}", "{t},{t}", "{t}, {t}", "{h} .{p}.{s}", "é{t}", "{t}\x00"),
)

# What must be refused: from good claims to a token that is bad in one way.
FORGERIES: dict[str, Forger] = {
    **{f"unsigned, alg {alg!r}": unsigned(alg) for alg in NONES},
    **{f"alg {alg!r}": with_header(alg=alg) for alg in ALGS},
    "no alg": under_header({"typ": "JWT"}),
    "HS384": with_digest("sha384", "HS384"),
    "HS512": with_digest("sha512", "HS512"),
    "SHA-512 under the name HS256": with_digest("sha512", "HS256"),
    "another key": with_key(ANOTHER_KEY),
    "an empty key": with_key(""),
    "the key and a space": with_key(SECRET_KEY + " "),
    "a changed signature": with_changed_signature,
    "another token's signature": with_signature_of_another_token,
    "another subject": with_payload_of(sub="alice"),
    "a longer life": with_payload_of(exp=FAR_FUTURE + 1),
    "another header": with_header_of(kid="1"),
    "alg none over an old signature": with_header_of(alg="none"),
    "crit unknown": with_header(crit=["unknown"], unknown=1),
    "no exp": without_claim("exp"),
    "no sub": without_claim("sub"),
    **{
        f"{name} {value!r}": with_claims(**{name: value})
        for name, values in WRONG_CLAIMS.items()
        for value in values
    },
    **{f"payload {text!r:.12}": with_payload(text) for text in NOT_CLAIMS},
    **{f"header {text!r:.12}": under_header(text) for text in NOT_HEADERS},
    **{f"spelled {text!r}": respelled(text) for text in SPELLINGS},
}

# Properly signed, and for nobody: the signature holds, the subject does not.
STRANGERS = ("", " ", "nobody", "Johndoe", "johndoe ", "johndoe\0", "\ud800")
