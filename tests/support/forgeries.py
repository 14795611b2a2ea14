"""Tokens signed by hand, with no JWT library: good ones and forged ones.

A `Signer` signs as an app does. `tests/support/signers.py` knows which signer
is which app's.
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from snippets.ch03_dependency_wiring import SECRET_KEY

Claims = dict[str, Any]

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
    """Sign with HMAC, as the apps of chapters 3 to 8 do."""
    message = f"{part(header)}.{part(payload)}"
    mac = hmac.digest(key.encode(), message.encode(), digest)
    return f"{message}.{base64url(mac)}"


OWN = object()  # in place of a header: that of the app's own tokens
# From `b"<header>.<payload>"` and the name of a hash to a signature.
Signature = Callable[[bytes, str], bytes]


def mac(key: str | bytes) -> Signature:
    """Sign with HMAC and a key."""
    secret = key.encode() if isinstance(key, str) else key
    return lambda message, digest: hmac.digest(secret, message, digest)


@dataclass(frozen=True)
class Signer:
    """Signs any payload under any header, as one app's issuer does.

    Attributes:
        header: what the app's own tokens have: `{"alg": "HS256", …}`.
        signature: signs with the app's key.
        strange: signs with another key of the same kind.
    """

    header: Claims
    signature: Signature = field(repr=False)
    strange: Signature = field(repr=False)

    def __call__(self, payload: object, header: object = OWN) -> str:
        """Return a token of claims, or of bytes."""
        return self.sign(payload, header, self.signature)

    def sign(
        self,
        payload: object,
        header: object,
        signature: Signature,
        digest: str = "sha256",
    ) -> str:
        """Return a token whose signature is made in another way."""
        chosen = self.header if header is OWN else header
        message = f"{part(chosen)}.{part(payload)}"
        return f"{message}.{base64url(signature(message.encode(), digest))}"

    @property
    def family(self) -> str:
        """What all algorithms of the key's kind begin with: `"HS"`."""
        return str(self.header["alg"])[:2]


HS256 = Signer(HEADER, mac(SECRET_KEY), mac(ANOTHER_KEY))
Forger = Callable[[Signer, Claims], str]


def with_claims(**changes: Any) -> Forger:
    return lambda sign, claims: sign({**claims, **changes})


def without_claim(name: str) -> Forger:
    return lambda sign, claims: sign(
        {k: v for k, v in claims.items() if k != name}
    )


def with_payload(payload: object) -> Forger:
    return lambda sign, claims: sign(payload)


def encoded_in(encoding: str) -> Forger:
    """Write the claims in another encoding than UTF-8."""
    return lambda sign, claims: sign(json.dumps(claims).encode(encoding))


def under_header(header: object) -> Forger:
    return lambda sign, claims: sign(claims, header)


def with_header(**changes: Any) -> Forger:
    return lambda sign, claims: sign(claims, sign.header | changes)


def without_header(name: str) -> Forger:
    return lambda sign, claims: sign(
        claims, {k: v for k, v in sign.header.items() if k != name}
    )


def with_digest(digest: str, number: str) -> Forger:
    """Sign with another hash, under the name of the algorithm that has it."""
    return lambda sign, claims: sign.sign(
        claims,
        sign.header | {"alg": sign.family + number},
        sign.signature,
        digest,
    )


def with_another_key(sign: Signer, claims: Claims) -> str:
    return sign.sign(claims, OWN, sign.strange)


def with_mac(key: str, **changes: Any) -> Forger:
    """Sign with HMAC and this key, whatever the app signs with."""
    return lambda sign, claims: sign.sign(
        claims, sign.header | {"alg": "HS256"} | changes, mac(key)
    )


def unsigned(alg: object) -> Forger:
    return lambda sign, claims: (
        f"{part(sign.header | {'alg': alg})}.{part(claims)}."
    )


def respelled(pattern: str) -> Forger:
    """Put a good token's header, payload and signature together anew."""

    def forge(sign: Signer, claims: Claims) -> str:
        token = sign(claims)
        header, payload, signature = token.split(".")
        return pattern.format(t=token, h=header, p=payload, s=signature)

    return forge


def with_payload_of(**changes: Any) -> Forger:
    """Keep the signature, change the claims under it."""

    def forge(sign: Signer, claims: Claims) -> str:
        header, _, signature = sign(claims).split(".")
        return f"{header}.{part({**claims, **changes})}.{signature}"

    return forge


def with_header_of(**changes: Any) -> Forger:
    """Keep the signature, change the header over it."""

    def forge(sign: Signer, claims: Claims) -> str:
        _, payload, signature = sign(claims).split(".")
        return f"{part(sign.header | changes)}.{payload}.{signature}"

    return forge


def with_signature_of_another_token(sign: Signer, claims: Claims) -> str:
    other = sign({**claims, "jti": "another token"})
    return sign(claims).rpartition(".")[0] + "." + other.rpartition(".")[2]


def with_changed_signature(sign: Signer, claims: Claims) -> str:
    message, _, signature = sign(claims).rpartition(".")
    first = "B" if signature[0] == "A" else "A"
    return f"{message}.{first}{signature[1:]}"


NONES = ("none", "None", "NONE", "nOnE")
ALGS: tuple[Any, ...] = (
    *NONES,
    "",
    None,
    *("hs256", "HS384", "es256", "ES384", "ES256K", "RS256", "PS256"),
    *(["HS256"], ["ES256"]),
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
    "no alg": without_header("alg"),
    "SHA-384": with_digest("sha384", "384"),
    "SHA-512": with_digest("sha512", "512"),
    "SHA-512 under the name of SHA-256": with_digest("sha512", "256"),
    "another key": with_another_key,
    "an empty secret": with_mac(""),
    "the secret and a space": with_mac(SECRET_KEY + " "),
    "a changed signature": with_changed_signature,
    "another token's signature": with_signature_of_another_token,
    "another subject": with_payload_of(sub="alice"),
    "a longer life": with_payload_of(exp=FAR_FUTURE + 1),
    "another header": with_header_of(colour="green"),
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
