"""How each chapter's app signs, and what its forged tokens are."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import (
    ec,
    ed25519,
    padding,
    rsa,
    utils,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from snippets import ch03_dependency_wiring as ch03
from snippets import ch09_keys_and_claims as ch09
from tests.support.forgeries import (
    FORGERIES,
    HS256,
    Claims,
    Forger,
    Signature,
    Signer,
    encoded_in,
    respelled,
    with_claims,
    with_header,
    with_mac,
    without_claim,
    without_header,
)

HASHES = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def signature_by(private: ch09.PrivateKey) -> Signature:
    """Sign with a private key, by RFC 7518 §3.3, §3.4 or RFC 8037 §3.1.

    ECDSA's r and s have 32 bytes each. Ed25519 has a hash of its own.
    """

    def sign(message: bytes, digest: str) -> bytes:
        chosen = HASHES[digest]
        if isinstance(private, rsa.RSAPrivateKey):
            return private.sign(message, padding.PKCS1v15(), chosen)
        if isinstance(private, ed25519.Ed25519PrivateKey):
            return private.sign(message)
        pair = utils.decode_dss_signature(
            private.sign(message, ec.ECDSA(chosen))
        )
        return b"".join(number.to_bytes(32) for number in pair)

    return sign


@cache
def key_for(algorithm: str, kid: str = "stranger") -> ch09.SigningKey:
    """Return the same key pair for the same name: RSA keys take their time."""
    return ch09.new_key(kid, algorithm)


def signer_with(key: ch09.SigningKey) -> Signer:
    """Return what signs access tokens with a key, by RFC 9068."""
    header = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid}
    strange = key_for(key.algorithm).private
    return Signer(header, signature_by(key.private), signature_by(strange))


def signer_of(stem: str) -> Signer:
    """Return what signs as a chapter's app does."""
    return HS256 if stem[:4] < "ch09" else signer_with(ch09.ours.keys[0])


def signer_like(token: str) -> Signer:
    """Return what signs as the app does that has issued a token."""
    alg = jwt.get_unverified_header(token)["alg"]
    return signer_of("ch09" if alg == "ES256" else "ch04")


# Which claims an access token must have, from a chapter on.
FORGED_CLAIMS: dict[str, tuple[Any, ...]] = {
    "iss": (
        *("https://course.example/", "https://COURSE.example", "course"),
        *("http://course.example", "https://partner.example", ""),
        *(["https://course.example"], None, 1, {}),
    ),
    "aud": (
        *([], "", [""], None, 1, {}, [1], "https://api.course.example/"),
        *("https://api.course.exampl", "https://api.course.example.evil"),
        *("HTTPS://API.COURSE.EXAMPLE", "https://course.example", "course"),
    ),
    "iat": ("1", True),
    "client_id": (None,),
    "jti": ("1", "", None),
}
FORGED_KINDS: tuple[Any, ...] = (
    *("JWT", "jwt", "logout+jwt", "dpop+jwt", "at", "at+jwt ", "at+jwt,JWT"),
    *("text/at+jwt", "application/jwt", "application/application/at+jwt"),
    *("", None, 1, True, [], ["at+jwt"], {}),
)
FORGED_NAMES: tuple[Any, ...] = (
    *("", "ours-2", "OURS-1", "ours-1 ", "partner-1", "../../dev/null"),
    *("ours-1' OR '1'='1", "ours-1\0", None, 1, True, [], ["ours-1"], {}),
)


def public_forms() -> Iterator[tuple[str, str]]:
    """Yield what the public key may be mistaken for: a secret for HMAC."""
    private = ch09.ours.keys[0].private
    pem = private.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    yield "PEM", pem.decode()
    yield "PEM without its last line break", pem.decode().strip()
    yield "PEM's body", "".join(pem.decode().splitlines()[1:-1])
    yield "JWK", json.dumps(ch09.public_jwk(ch09.ours.keys[0]))


def twice_named(sign: Signer, claims: Claims) -> str:
    """Name the subject twice; most readers believe the second (§4)."""
    text = json.dumps({"sub": "urn:uuid:0", **claims}).encode()
    first = b'{"sub": "urn:uuid:0", '
    return sign(text.replace(b"{", first, 1))


SINCE: dict[str, dict[str, Forger]] = {
    "ch09": {
        **{
            f"{name} {value!r}": with_claims(**{name: value})
            for name, values in FORGED_CLAIMS.items()
            for value in values
        },
        **{
            f"no {name}": without_claim(name)
            for name in ("iss", "aud", "iat", "jti", "client_id")
        },
        **{f"typ {value!r}": with_header(typ=value) for value in FORGED_KINDS},
        **{f"kid {value!r}": with_header(kid=value) for value in FORGED_NAMES},
        "no typ": without_header("typ"),
        "no kid": without_header("kid"),
        "chapter 8's secret": with_mac(ch03.SECRET_KEY),
        "chapter 8's secret and header": with_mac(ch03.SECRET_KEY, typ="JWT"),
        **{
            f"HMAC with the public key's {name}": with_mac(text)
            for name, text in public_forms()
        },
        **{
            f"HMAC with the public key's {name}, named ES256": with_mac(
                text, alg="ES256"
            )
            for name, text in public_forms()
        },
        **{
            f"claims in {name}": encoded_in(name)
            for name in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")
        },
        "a subject named twice": twice_named,
        **{
            f"spelled {text!r}": respelled(text)
            for text in ("{t}=", "{h}.{p}=.{s}", "{h}=.{p}.{s}", "{t}A")
        },
    }
}


def forgeries_of(stem: str) -> dict[str, Forger]:
    """Return what a chapter's app must refuse: from claims to tokens."""
    more = [found for since, found in SINCE.items() if since <= stem[:4]]
    return {k: v for each in (FORGERIES, *more) for k, v in each.items()}
