"""Five identity providers: what an API demands of each, and their tokens.

The shapes are those of their documentation in November 2026; the names in
them are made up, and our own keys sign. The table of chapter 9's notebook
says the same in words.
"""

from dataclasses import dataclass, replace
from typing import Any

from snippets import ch09_keys_and_claims as ch09
from tests.support.forgeries import FAR_FUTURE, Claims

ISSUED_AT = 1_767_268_800
TIMES = {"iat": ISSUED_AT, "exp": FAR_FUTURE}
CLIENT = "3demo"  # the application that people log in with
API = "8f1a2b3c-0000-4000-8000-000000000001"  # ours, as Entra ID names it
TENANT = "72f988bf-0000-4000-8000-000000000002"
POOL = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo"
MICROSOFT = f"https://login.microsoftonline.com/{TENANT}"


@dataclass(frozen=True)
class Provider:
    """A provider's addresses, our `Trust` in it, and tokens of its shape.

    Attributes:
        demands: the arguments of `Trust`, but for the issuer and its keys.
        access: the claims of an access token for our API.
        refused: claims of other tokens, as changes to `access`; None takes
            a claim away.
        typ: of the header of every token; None: it has none.
        jwk_without: members that its JWKs lack, of those that ours have.
    """

    issuer: str
    metadata_url: str
    jwks_uri: str
    demands: dict[str, Any]
    access: Claims
    refused: dict[str, Claims]
    typ: str | None = "JWT"
    jwk_without: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Return the access token's `sub`."""
        return str(self.access["sub"])


def changed(claims: Claims, changes: Claims) -> Claims:
    """Apply changes to claims; None takes a claim away."""
    both = {**claims, **changes}
    return {name: value for name, value in both.items() if value is not None}


KEYCLOAK = Provider(
    "https://login.example/realms/course",
    "https://login.example/realms/course/.well-known/openid-configuration",
    "https://login.example/realms/course/protocol/openid-connect/certs",
    {
        "audience": ch09.AUDIENCE,
        "typ": "jwt",
        "marks": {"typ": "Bearer"},
        "required": ("iat", "jti", "azp"),
    },
    {
        **TIMES,
        "jti": "onrtac:6f1c",
        "sub": "0d5cbf6e-91e5-4b1a-9a0e-1f9e2b6a7c11",
        "typ": "Bearer",
        "azp": CLIENT,
        "sid": "5b2d",
        "aud": [ch09.AUDIENCE, "account"],
        "realm_access": {"roles": ["offline_access"]},
        "scope": "openid me items",
        "preferred_username": "alice",
    },
    {
        "an ID token": {"typ": "ID", "aud": CLIENT, "scope": None},
        "an ID token for a client named like the API": {
            "typ": "ID",
            "aud": ch09.AUDIENCE,
        },
        "a refresh token": {"typ": "Refresh"},
        "an offline token": {"typ": "Offline"},
        "a logout token": {"typ": "Logout"},
        "a token for another API": {"aud": ["https://b.example", "account"]},
        "a token without the audience mapper": {"aud": "account"},
        "a token without an audience": {"aud": None},
    },
)
AUTH0 = Provider(
    "https://course.eu.auth0.com/",
    "https://course.eu.auth0.com/.well-known/openid-configuration",
    "https://course.eu.auth0.com/.well-known/jwks.json",
    {"audience": ch09.AUDIENCE, "typ": "jwt", "required": ("iat", "azp")},
    {
        **TIMES,
        "sub": "auth0|123456",
        "aud": [ch09.AUDIENCE, "https://course.eu.auth0.com/userinfo"],
        "azp": CLIENT,
        "scope": "openid me items",
        "permissions": ["delete:everything"],
    },
    {
        "an ID token": {
            "aud": CLIENT,
            "scope": None,
            "nonce": "n",
            "azp": None,
        },
        "a token for another API": {
            "aud": [
                "https://b.example",
                "https://course.eu.auth0.com/userinfo",
            ]
        },
        "a token for its user's profile alone": {
            "aud": "https://course.eu.auth0.com/userinfo"
        },
    },
)
COGNITO = Provider(
    POOL,
    f"{POOL}/.well-known/openid-configuration",
    f"{POOL}/.well-known/jwks.json",
    {
        "audience": None,
        "typ": None,
        "marks": {"token_use": "access", "client_id": CLIENT},
        "scope_prefix": f"{ch09.AUDIENCE}/",
    },
    {
        **TIMES,
        "sub": "5d1f6a2e-aaaa-bbbb-cccc-1f9e2b6a7c11",
        "token_use": "access",
        "client_id": CLIENT,
        "jti": "0aa1",
        "origin_jti": "0aa0",
        "scope": f"openid {ch09.AUDIENCE}/me {ch09.AUDIENCE}/items",
        "cognito:groups": ["admins"],
        "username": "alice",
        "version": 2,
    },
    {
        "an ID token": {
            "token_use": "id",
            "aud": CLIENT,
            "client_id": None,
            "scope": None,
        },
        "a token of another client": {"client_id": "4demo"},
        "a token bound to another API": {"aud": "https://b.example"},
    },
    typ=None,
)
ENTRA = Provider(
    f"{MICROSOFT}/v2.0",
    f"{MICROSOFT}/v2.0/.well-known/openid-configuration",
    f"{MICROSOFT}/discovery/v2.0/keys",
    {
        "audience": API,
        "typ": "jwt",
        "scope_claim": "scp",
        "required": ("iat", "azp", "scp"),
    },
    {
        **TIMES,
        "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
        "aud": API,
        "azp": CLIENT,
        "oid": "11111111-0000-4000-8000-000000000003",
        "tid": TENANT,
        "uti": "fqiBqXLPj0eQa82S-IYFAA",
        "scp": "me items",
        "ver": "2.0",
        "preferred_username": "alice@example.com",
    },
    {
        "an ID token": {"aud": CLIENT, "scp": None, "azp": None},
        "an ID token for the API's own client": {"scp": None, "azp": None},
        "a token of a program, which has roles": {
            "scp": None,
            "roles": ["me"],
        },
        "a token for Microsoft Graph": {
            "aud": "00000003-0000-0000-c000-000000000000"
        },
        "a token of version 1.0": {
            "iss": f"https://sts.windows.net/{TENANT}/",
            "ver": "1.0",
            "azp": None,
            "appid": CLIENT,
        },
        "a token of another tenant": {
            "iss": "https://login.microsoftonline.com/other/v2.0",
            "tid": "other",
        },
    },
    jwk_without=("alg",),
)
GOOGLE = Provider(
    "https://accounts.google.com",
    "https://accounts.google.com/.well-known/openid-configuration",
    "https://www.googleapis.com/oauth2/v3/certs",
    {"audience": CLIENT, "typ": "jwt", "required": ("iat", "azp")},
    {
        **TIMES,
        "sub": "110169484474386276334",
        "aud": CLIENT,
        "azp": CLIENT,
        "email": "alice@example.com",
        "email_verified": True,
    },
    {
        "an ID token of another client": {"aud": "4demo", "azp": "4demo"},
        "an issuer without its scheme": {"iss": "accounts.google.com"},
    },
)
PROVIDERS = {
    "Keycloak": KEYCLOAK,
    "Keycloak, set to at+jwt": replace(
        KEYCLOAK,
        demands={"audience": ch09.AUDIENCE, "required": ("iat", "jti", "azp")},
        typ="at+jwt",
        refused={
            "a token for another API": {"aud": ["https://b.example"]},
            "a token without the audience mapper": {"aud": "account"},
        },
    ),
    "Auth0": AUTH0,
    "Auth0, RFC 9068 profile": replace(
        AUTH0,
        demands={"audience": ch09.AUDIENCE},
        access={**AUTH0.access, "jti": "a", "client_id": CLIENT},
        typ="at+jwt",
    ),
    "Cognito": COGNITO,
    "Cognito, bound to the API": replace(
        COGNITO,
        demands={**COGNITO.demands, "audience": ch09.AUDIENCE},
        access={**COGNITO.access, "aud": ch09.AUDIENCE},
        refused={
            **COGNITO.refused,
            "a token that is bound to nothing": {"aud": None},
        },
    ),
    "Entra ID": ENTRA,
    "Google": GOOGLE,
}
# Scopes of a token that the user has here as well; Google's has none.
NO_SCOPES = {"Google"}
