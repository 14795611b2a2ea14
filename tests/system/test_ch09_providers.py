"""Chapter 9: tokens of the shape of five identity providers."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from course.chapters import find
from course.upkeep.notebook import Notebook, source
from snippets import ch09_keys_and_claims as ch09
from tests.support.clients import bearer, open_client
from tests.support.forgeries import Claims
from tests.support.issuers import (
    Network,
    refusal_of,
    reply,
    trusting,
)
from tests.support.logins import stored
from tests.support.providers import NO_SCOPES, PROVIDERS, Provider, changed
from tests.support.signers import key_for, signer_with

pytestmark = pytest.mark.anyio
every_provider = pytest.mark.parametrize(
    "provider", PROVIDERS.values(), ids=PROVIDERS
)
REFUSED = [
    pytest.param(provider, changes, id=f"{name}: {what}")
    for name, provider in PROVIDERS.items()
    for what, changes in provider.refused.items()
]


def token_of(provider: Provider, claims: Claims) -> str:
    """Sign claims as the provider would, with RS256."""
    sign = signer_with(key_for("RS256", "provider-1"))
    header = changed(sign.header, {"typ": provider.typ})
    return sign({"iss": provider.issuer, **claims}, header)


def network_of(provider: Provider) -> Network:
    """Publish metadata and keys where the provider does.

    Beside the key that signs is one that encrypts, as in Keycloak's set.
    """
    issuer = ch09.Issuer(provider.issuer, [key_for("RS256", "provider-1")])
    jwks: dict[str, Any] = issuer.jwks()
    for name in provider.jwk_without:
        del jwks["keys"][0][name]
    encrypts = {**jwks["keys"][0], "use": "enc", "alg": "RSA-OAEP", "kid": "e"}
    jwks["keys"].insert(0, encrypts)
    metadata = {**issuer.metadata(), "jwks_uri": provider.jwks_uri}
    return Network(
        issuer,
        {
            urlsplit(provider.metadata_url).path: reply(metadata),
            urlsplit(provider.jwks_uri).path: reply(jwks),
        },
    )


@every_provider
async def test_access_token_is_accepted_with_its_scopes(
    provider: Provider, request: pytest.FixtureRequest
) -> None:
    network = network_of(provider)
    source = ch09.KeySource(
        provider.issuer, provider.metadata_url, network.source().transport
    )
    token = token_of(provider, provider.access)
    claims = {"iss": provider.issuer, "sub": provider.subject}
    ch09.link_identity(stored("johndoe"), claims)
    with trusting(network.issuer, find_key=source.find, **provider.demands):
        assert await ch09.read_access_token(token) == {
            **claims,
            **provider.access,
        }
        async with open_client(ch09.app) as client:
            answers = [
                await client.get(path, headers=bearer(token))
                for path in ("/status/", "/users/me/", "/users/me/items/")
            ]
    statuses = [answer.status_code for answer in answers]
    name = request.node.callspec.id
    assert statuses == ([200, 403, 403] if name in NO_SCOPES else [200] * 3)
    assert network.asked == [provider.metadata_url, provider.jwks_uri]


@pytest.mark.parametrize(("provider", "changes"), REFUSED)
async def test_other_token_of_the_same_issuer_is_refused(
    provider: Provider, changes: Claims
) -> None:
    network = network_of(provider)
    token = token_of(provider, changed(provider.access, changes))
    with trusting(network.issuer, **provider.demands):
        assert await refusal_of(token_of(provider, provider.access)) == ""
        assert await refusal_of(token)


@every_provider
async def test_token_of_another_kind_is_refused(provider: Provider) -> None:
    """Cognito's have no `typ`; there a claim tells them apart."""
    if provider.typ is None:
        changes = {"token_use": "id"}
        token = token_of(provider, {**provider.access, **changes})
    else:
        sign = signer_with(key_for("RS256", "provider-1"))
        header = sign.header | {"typ": "logout+jwt"}
        token = sign({"iss": provider.issuer, **provider.access}, header)
    with trusting(network_of(provider).issuer, **provider.demands):
        assert "not an access token" in await refusal_of(token)


@every_provider
async def test_opaque_token_is_refused(provider: Provider) -> None:
    """Google's access tokens are no JWTs, and Auth0's may be none."""
    with trusting(network_of(provider).issuer, **provider.demands):
        assert await refusal_of("ya29.a0AfB_byC-opaque")
        assert await refusal_of("opaque")


@every_provider
def test_addresses_are_https_and_below_the_issuers_name(
    provider: Provider,
) -> None:
    assert provider.jwks_uri.startswith("https://")
    assert provider.metadata_url == (
        provider.issuer.removesuffix("/") + "/.well-known/openid-configuration"
    )


@every_provider
def test_notebook_has_a_row_with_the_claims_that_count(
    provider: Provider, request: pytest.FixtureRequest
) -> None:
    """The table in words, and the data that the tests hold, agree."""
    name = request.node.callspec.id.partition(",")[0]
    rows = [
        line
        for cell in Notebook(find("ch09").notebook).cells
        for line in source(cell).splitlines()
        if line.startswith(f"| {name}")
    ]
    assert len(rows) == 2
    marks = [
        mark
        for mark in provider.demands.get("marks", {})
        if mark != "client_id"
    ]
    scopes = (
        []
        if name in NO_SCOPES
        else [provider.demands.get("scope_claim", "scope")]
    )
    for claim in (*marks, *scopes):
        assert f"`{claim}`" in rows[0]
    assert urlsplit(provider.jwks_uri).path.rpartition("/")[2] in rows[1]
