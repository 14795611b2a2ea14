"""Chapter 9: keys change, step by step, and nobody is logged out.

Publish the new key, wait one cache life, sign with it, wait one token life,
withdraw the old one.
"""

from collections.abc import AsyncIterator, Iterator
from unittest.mock import patch

import httpx
import pytest

from snippets import ch09_keys_and_claims as ch09
from tests.support.clients import open_client
from tests.support.issuers import (
    DOWN,
    Network,
    access_claims,
    issuer_with,
    refusal_of,
    trusting,
)
from tests.support.logins import log_in, refresh, status
from tests.support.signers import key_for

pytestmark = pytest.mark.anyio
TOKEN_LIFE = 300.0  # seconds, chapter 8's


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(ch09.app, raise_app_exceptions=False) as client:
        yield client


# Our own


@pytest.fixture
def keys() -> Iterator[list[ch09.SigningKey]]:
    """Our keys, which a test may change."""
    with patch.object(ch09.ours, "keys", [*ch09.ours.keys]):
        yield ch09.ours.keys


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
async def test_our_key_changes_and_no_login_ends(
    client: httpx.AsyncClient, keys: list[ch09.SigningKey], algorithm: str
) -> None:
    async def published() -> list[str]:
        jwks = (await client.get(ch09.JWKS_PATH)).json()
        return [key["kid"] for key in jwks["keys"]]

    old_key, new_key = keys[0], key_for(algorithm, "ours-2")
    tokens = await log_in(client)
    old = tokens["access_token"]

    keys[:] = [old_key, new_key]  # published
    assert await published() == ["ours-1", "ours-2"]
    tokens = (await refresh(client, tokens["refresh_token"])).json()
    assert await status(client, tokens["access_token"]) == 200
    early = ch09.Issuer(ch09.ours.name, [new_key])
    claims = await ch09.read_access_token(old)
    assert await status(client, early.sign(claims)) == 200

    keys[:] = [new_key, old_key]  # signs
    tokens = (await refresh(client, tokens["refresh_token"])).json()
    new = tokens["access_token"]
    assert [await status(client, token) for token in (old, new)] == [200, 200]

    keys[:] = [new_key]  # the old one is withdrawn
    assert await published() == ["ours-2"]
    assert [await status(client, token) for token in (old, new)] == [401, 200]
    assert "no key of the issuer" in await refusal_of(old)
    again = await refresh(client, tokens["refresh_token"])
    assert await status(client, again.json()["access_token"]) == 200


async def test_our_key_that_leaked_is_withdrawn_at_once(
    client: httpx.AsyncClient, keys: list[ch09.SigningKey]
) -> None:
    """Every access token ends; the logins go on."""
    thief = ch09.Issuer(ch09.ours.name, [keys[0]])
    tokens = await log_in(client)
    claims = await ch09.read_access_token(tokens["access_token"])
    assert await status(client, thief.sign(claims)) == 200
    keys[:] = [key_for("ES256", "ours-2")]
    assert await status(client, thief.sign(claims)) == 401
    assert await status(client, tokens["access_token"]) == 401
    again = await refresh(client, tokens["refresh_token"])
    assert await status(client, again.json()["access_token"]) == 200


async def test_new_key_under_the_old_name_ends_all_tokens(
    client: httpx.AsyncClient, keys: list[ch09.SigningKey]
) -> None:
    """A name that comes back means another key to who has the old one."""
    token = (await log_in(client))["access_token"]
    keys[:] = [key_for("ES256", "ours-1")]
    assert "InvalidSignatureError" in await refusal_of(token)


# Another issuer's, over the network


class Partner:
    """An issuer that changes its key, seen through a source with a cache."""

    def __init__(self) -> None:
        """Begin with one key, which has been fetched."""
        self.network = Network(issuer_with("ES256"))
        self.source = self.network.source()
        self.keys = self.network.issuer.keys
        self.old, self.new = self.keys[0], key_for("ES256", "third-2")

    async def seen(self) -> tuple[bool, bool]:
        """Return whether a token of the old key, and of the new, is good."""
        old, new = (
            ch09.Issuer(self.network.issuer.name, [key]).sign(access_claims())
            for key in (self.old, self.new)
        )
        with trusting(self.network.issuer, find_key=self.source.find):
            return not await refusal_of(old), not await refusal_of(new)

    async def wait(self, seconds: float) -> None:
        """Let time pass, in which the old key's tokens go on arriving."""
        for _ in range(int(seconds // 10)):
            self.network.clock.now += 10
            await self.source.find(self.old.kid)


@pytest.fixture
async def partner() -> Partner:
    partner = Partner()
    await partner.source.find("third-1")
    return partner


async def test_partners_key_changes_and_no_token_is_refused(
    partner: Partner,
) -> None:
    partner.keys[:] = [partner.old, partner.new]  # published
    await partner.wait(ch09.CACHE_LIFE)
    assert await partner.seen() == (True, True)
    partner.keys[:] = [partner.new, partner.old]  # signs
    assert await partner.seen() == (True, True)
    await partner.wait(TOKEN_LIFE)
    partner.keys[:] = [partner.new]  # the old one is withdrawn
    await partner.wait(ch09.CACHE_LIFE)
    assert await partner.seen() == (False, True)


async def test_key_that_signs_before_it_is_published_is_refused(
    partner: Partner,
) -> None:
    """Its tokens even use up the fetch that would have found it."""
    await partner.wait(ch09.FETCH_PAUSE)
    assert await partner.seen() == (True, False)
    partner.keys[:] = [partner.new, partner.old]
    assert await partner.seen() == (True, False)
    await partner.wait(ch09.FETCH_PAUSE - 10)
    assert await partner.seen() == (True, False)
    await partner.wait(10)
    assert await partner.seen() == (True, True)


async def test_key_that_signs_at_once_is_refused_for_up_to_a_minute(
    partner: Partner,
) -> None:
    partner.keys[:] = [partner.new, partner.old]
    assert await partner.seen() == (True, False)
    await partner.wait(ch09.FETCH_PAUSE)
    assert await partner.seen() == (True, True)


async def test_key_withdrawn_at_once_ends_tokens_that_were_good(
    partner: Partner,
) -> None:
    partner.keys[:] = [partner.new]
    assert await partner.seen() == (True, False)
    await partner.wait(ch09.CACHE_LIFE)
    assert await partner.seen() == (False, True)


async def test_leaked_key_is_good_for_an_hour_while_its_issuer_is_down(
    partner: Partner,
) -> None:
    """Who can cut an issuer off keeps its old keys alive that long."""
    partner.keys[:] = [partner.new]
    partner.network.answers[ch09.JWKS_PATH] = DOWN
    await partner.wait(ch09.KEEP_LIFE - 10)
    assert await partner.seen() == (True, False)
    partner.network.clock.now += 10
    with pytest.raises(ch09.KeysUnavailableError):
        await partner.seen()
