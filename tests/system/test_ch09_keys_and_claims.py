"""Chapter 9: keys, issuers, claims, identities, and the app."""

import pytest

from snippets import ch09_keys_and_claims as ch09
from tests.support.clients import ClientOf
from tests.support.logins import log_in, status

pytestmark = pytest.mark.anyio


async def test_login_gives_a_token_that_opens_the_app(
    client_of: ClientOf,
) -> None:
    async with client_of(ch09.app) as client:
        tokens = await log_in(client)
        assert await status(client, tokens["access_token"]) == 200
