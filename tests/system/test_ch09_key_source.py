"""Chapter 9: keys that come over a network, which is slow, down or lying.

No test waits: `Clock` moves the time, and the network is a function.
"""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from snippets import ch09_keys_and_claims as ch09
from tests.support.clients import bearer, open_client
from tests.support.issuers import (
    DOWN,
    Answer,
    Network,
    access_claims,
    failure,
    issuer_with,
    refusal_of,
    reply,
    stream,
    trusting,
)
from tests.support.signers import key_for

pytestmark = pytest.mark.anyio


@pytest.fixture
def network() -> Network:
    """A network with an issuer that signs with ES256, its key `third-1`."""
    return Network(issuer_with("ES256"))


@pytest.fixture
def source(network: Network) -> ch09.KeySource:
    """A source that has fetched nothing yet."""
    return network.source()


# One fetch


async def test_first_token_has_metadata_and_keys_fetched(
    network: Network, source: ch09.KeySource
) -> None:
    key = await source.find("third-1")
    assert key is not None
    assert (key.key_id, key.algorithm_name) == ("third-1", "ES256")
    assert network.asked == [
        "https://third.example/.well-known/oauth-authorization-server",
        "https://third.example/.well-known/jwks.json",
    ]


async def test_twenty_requests_at_once_fetch_once(
    network: Network, source: ch09.KeySource
) -> None:
    found = await asyncio.gather(*(source.find("third-1") for _ in range(20)))
    assert None not in found
    assert network.fetches == 1


async def test_no_fetch_for_a_known_key(
    network: Network, source: ch09.KeySource
) -> None:
    for _ in range(20):
        assert await source.find("third-1")
    assert len(network.asked) == 2


async def test_flood_of_unknown_names_is_one_fetch_a_minute(
    network: Network, source: ch09.KeySource
) -> None:
    for second in range(181):
        network.clock.now = 1000.0 + second
        for number in range(5):
            assert await source.find(f"made up {second} {number}") is None
    assert network.fetches == 4  # at 0, 60, 120 and 180 seconds


async def test_flood_of_unknown_names_is_one_fetch_a_minute_while_down(
    network: Network, source: ch09.KeySource
) -> None:
    network.answers[ch09.METADATA_PATH] = DOWN
    for second in range(181):
        network.clock.now = 1000.0 + second
        with pytest.raises(ch09.KeysUnavailableError):
            await source.find(f"made up {second}")
    assert network.fetches == 4


async def test_unknown_name_keeps_no_request_with_a_known_key_waiting(
    network: Network, source: ch09.KeySource
) -> None:
    """Otherwise one made-up token a minute would stop all others."""
    await source.find("third-1")
    network.clock.now += ch09.FETCH_PAUSE
    answered = asyncio.Event()

    async def wait(request: httpx.Request) -> httpx.Response:
        await answered.wait()
        return await reply(network.issuer.metadata())(request)

    network.answers[ch09.METADATA_PATH] = wait
    waiting = asyncio.create_task(source.find("made up"))
    await asyncio.sleep(0)
    known = asyncio.create_task(source.find("third-1"))
    await asyncio.sleep(0)
    assert known.done()
    assert known.result() is not None
    answered.set()
    assert await waiting is None


async def test_request_that_hangs_up_does_not_end_the_others_fetch(
    network: Network, source: ch09.KeySource
) -> None:
    waiting = [asyncio.create_task(source.find("third-1")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    _, second, third = await asyncio.gather(*waiting, return_exceptions=True)
    assert waiting[0].cancelled()
    assert second == third is not None
    assert network.fetches == 1


# How long keys are kept


@pytest.mark.parametrize(
    ("seconds", "fetches"),
    [
        (0, 1),
        (ch09.CACHE_LIFE - 1, 1),
        (ch09.CACHE_LIFE, 2),
        (ch09.CACHE_LIFE + 1, 2),
    ],
)
async def test_keys_are_fetched_again_after_their_cache_life(
    network: Network, source: ch09.KeySource, seconds: float, fetches: int
) -> None:
    await source.find("third-1")
    network.clock.now += seconds
    assert await source.find("third-1")
    assert network.fetches == fetches


@pytest.mark.parametrize(
    ("seconds", "fetches"),
    [(ch09.FETCH_PAUSE - 1, 1), (ch09.FETCH_PAUSE, 2)],
)
async def test_new_key_is_found_a_minute_after_the_last_fetch(
    network: Network, source: ch09.KeySource, seconds: float, fetches: int
) -> None:
    await source.find("third-1")
    network.issuer.keys.append(key_for("ES256", "third-2"))
    network.clock.now += seconds
    found = await source.find("third-2")
    assert (found is not None) == (fetches == 2)
    assert network.fetches == fetches


async def test_withdrawn_key_is_gone_after_the_cache_life(
    network: Network, source: ch09.KeySource
) -> None:
    await source.find("third-1")
    network.issuer.keys[:] = [key_for("ES256", "third-2")]
    network.clock.now += ch09.CACHE_LIFE - 1
    assert await source.find("third-1")
    network.clock.now += 1
    assert await source.find("third-1") is None
    assert await source.find("third-2")


@pytest.mark.parametrize(
    ("seconds", "is_kept"),
    [
        (ch09.CACHE_LIFE, True),
        (ch09.KEEP_LIFE - 1, True),
        (ch09.KEEP_LIFE, False),
        (ch09.KEEP_LIFE + 1, False),
    ],
)
async def test_keys_are_kept_for_an_hour_while_their_issuer_is_down(
    network: Network, source: ch09.KeySource, seconds: float, *, is_kept: bool
) -> None:
    await source.find("third-1")
    network.answers[ch09.METADATA_PATH] = DOWN
    network.clock.now += seconds
    if is_kept:
        assert await source.find("third-1")
        assert await source.find("made up") is None
    else:
        with pytest.raises(ch09.KeysUnavailableError):
            await source.find("third-1")
    assert network.fetches == 2


async def test_issuer_that_was_down_is_asked_again_after_a_minute(
    network: Network, source: ch09.KeySource
) -> None:
    network.answers[ch09.JWKS_PATH] = reply(status=500)
    for seconds in (0.0, ch09.FETCH_PAUSE - 1):
        network.clock.now = 1000.0 + seconds
        with pytest.raises(ch09.KeysUnavailableError, match="third"):
            await source.find("third-1")
    network.answers.clear()
    network.clock.now = 1000.0 + ch09.FETCH_PAUSE
    assert await source.find("third-1")


# Slow


async def never(request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def drip() -> AsyncIterator[bytes]:
    """Send a letter now and then, without an end."""
    while True:
        yield b" "
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("path", [ch09.METADATA_PATH, ch09.JWKS_PATH])
@pytest.mark.parametrize("slow", ["silent", "dripping"])
async def test_fetch_that_takes_too_long_is_given_up(
    network: Network, source: ch09.KeySource, path: str, slow: str
) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if slow == "silent":
            return await never(request)
        return await stream(drip)(request)

    network.answers[path] = answer
    with (
        patch.object(ch09, "FETCH_LIMIT", 0.02),
        pytest.raises(ch09.KeysUnavailableError),
    ):
        await source.find("third-1")
    network.answers.clear()
    network.clock.now += ch09.FETCH_PAUSE
    assert await source.find("third-1")


# Lying, or broken


def document(**changes: Any) -> Answer:
    """Answer with the issuer's metadata, but for some members."""
    return reply({**issuer_with().metadata(), **changes})


PACKED = {"Content-Encoding": "gzip"}
BOMB = gzip.compress(b" " * 5_000_000)
ISSUERS: tuple[Any, ...] = (
    *("https://another.example", "https://third.example/", None, 1, []),
    *("https://THIRD.example", "http://third.example", ""),
)
ADDRESSES: tuple[Any, ...] = (
    *("http://third.example/.well-known/jwks.json", "file:///etc/x"),
    *("//third.example/.well-known/jwks.json", "", None, 1, []),
    *("HTTP://third.example", "ftp://third.example", "https:third"),
    *("data:application/json,{}", "/jwks.json"),
)
NO_SETS: tuple[Any, ...] = (
    *({}, {"keys": None}, {"keys": {}}, {"keys": "a"}, {"keys": 1}),
    *({"Keys": []}, {"keys": True}),
)
BROKEN: dict[str, Answer] = {
    "no connection": DOWN,
    "no answer in time": failure(httpx.ReadTimeout("late")),
    "half an answer": failure(httpx.RemoteProtocolError("closed")),
    "an error of any other type": failure(RuntimeError("a bug")),
    "nothing": reply(),
    "HTML": reply(b"<html>Please log in.</html>"),
    "an array": reply([]),
    "a string": reply("keys"),
    "null": reply(None),
    "NaN": reply(b'{"issuer": NaN, "keys": NaN}'),
    "another encoding": reply('{"keys": []}'.encode("utf-16")),
    "no UTF-8": reply(b'{"keys": "\xff"}'),
    "brackets": reply(b"[" * 90_000),
    "a number of many digits": reply(b'{"keys":' + b"9" * 9000 + b"}"),
    "a name twice": reply(b'{"keys": [], "keys": []}'),
    "100,001 bytes": reply(b'{"keys": []}'.ljust(100_001)),
    "1 MB": reply(b" " * 1_000_000),
    "a packed document": reply(gzip.compress(b'{"keys": []}'), headers=PACKED),
    "a bomb": reply(BOMB, headers=PACKED),
}
LIES: dict[str, tuple[str, Answer]] = {
    **{
        f"metadata of issuer {name!r}": (
            ch09.METADATA_PATH,
            document(issuer=name),
        )
        for name in ISSUERS
    },
    "metadata without an issuer": (ch09.METADATA_PATH, reply({})),
    **{
        f"jwks_uri {uri!r}": (ch09.METADATA_PATH, document(jwks_uri=uri))
        for uri in ADDRESSES
    },
    **{
        f"{status} at {path}": (
            path,
            reply(status=status, headers={"Location": "https://a.example"}),
        )
        for status in (301, 302, 307, 404, 500, 503)
        for path in (ch09.METADATA_PATH, ch09.JWKS_PATH)
    },
    **{
        f"{name} at {path}": (path, answer)
        for path in (ch09.METADATA_PATH, ch09.JWKS_PATH)
        for name, answer in BROKEN.items()
    },
    **{f"keys {keys!r}": (ch09.JWKS_PATH, reply(keys)) for keys in NO_SETS},
}


@pytest.mark.parametrize(("path", "lie"), LIES.values(), ids=LIES)
async def test_lie_gives_no_keys_and_takes_none(
    network: Network,
    source: ch09.KeySource,
    path: str,
    lie: Answer,
) -> None:
    network.answers[path] = lie
    with pytest.raises(ch09.KeysUnavailableError):
        await source.find("third-1")
    network.answers.clear()
    network.clock.now += ch09.FETCH_PAUSE
    assert await source.find("third-1")
    network.answers[path] = lie
    network.clock.now += ch09.CACHE_LIFE
    assert await source.find("third-1")
    assert {url.partition("/.")[0] for url in network.asked} == {
        "https://third.example"
    }


async def test_document_of_100_000_bytes_is_read(
    network: Network, source: ch09.KeySource
) -> None:
    """Without this, the refusals above would prove nothing."""
    body = httpx.Response(200, json=network.issuer.jwks()).content
    network.answers[ch09.JWKS_PATH] = reply(body.ljust(100_000))
    assert await source.find("third-1")


async def test_no_more_of_an_endless_document_is_read_than_is_allowed(
    network: Network, source: ch09.KeySource
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b" " * 1000

    network.answers[ch09.JWKS_PATH] = stream(endless)
    with pytest.raises(ch09.KeysUnavailableError):
        await source.find("third-1")
    assert sent == ch09.MOST_BYTES + 1000


async def test_packed_answers_are_not_asked_for(
    network: Network, source: ch09.KeySource
) -> None:
    accepted = []

    async def note(request: httpx.Request) -> httpx.Response:
        accepted.append(request.headers["Accept-Encoding"])
        return await reply(network.issuer.metadata())(request)

    network.answers[ch09.METADATA_PATH] = note
    assert await source.find("third-1")
    assert accepted == ["identity"]


async def test_empty_set_withdraws_all_keys(
    network: Network, source: ch09.KeySource
) -> None:
    """It is an answer: the issuer may have lost its private key."""
    await source.find("third-1")
    network.issuer.keys.clear()
    network.clock.now += ch09.CACHE_LIFE
    assert await source.find("third-1") is None


# In the app


async def test_app_answers_503_while_the_keys_cannot_be_had(
    network: Network, source: ch09.KeySource
) -> None:
    token = network.issuer.sign(access_claims())
    network.answers[ch09.JWKS_PATH] = DOWN
    with trusting(network.issuer, find_key=source.find):
        async with open_client(ch09.app) as client:
            answer = await client.get("/status/", headers=bearer(token))
    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    assert answer.headers["Retry-After"] == "60"
    assert "WWW-Authenticate" not in answer.headers


async def test_tokens_of_ours_are_read_while_a_partner_is_down(
    network: Network, source: ch09.KeySource
) -> None:
    network.answers[ch09.JWKS_PATH] = DOWN
    with trusting(network.issuer, find_key=source.find):
        assert await refusal_of(ch09.ours.sign(access_claims())) == ""
    assert network.asked == []


async def test_tokens_without_a_name_for_their_key_fetch_nothing(
    network: Network, source: ch09.KeySource
) -> None:
    with trusting(network.issuer, find_key=source.find):
        for token in (
            "nonsense",
            network.issuer.sign(access_claims(), typ="JWT"),
            ch09.Issuer("https://a.example", network.issuer.keys).sign({}),
        ):
            assert await refusal_of(token)
    assert network.asked == []


async def test_log_says_which_issuer_and_no_token(
    network: Network,
    source: ch09.KeySource,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    token = network.issuer.sign(access_claims())
    network.answers[ch09.JWKS_PATH] = reply(b"<html>")
    with trusting(network.issuer, find_key=source.find):
        async with open_client(ch09.app) as client:
            await client.get("/status/", headers=bearer(token))
    warnings = [r for r in caplog.records if r.name == ch09.__name__]
    assert [r.getMessage() for r in warnings] == [
        "no keys from https://third.example"
    ]
    assert all(part not in caplog.text for part in token.split("."))


async def test_partner_is_reached_in_this_process() -> None:
    claims = access_claims()
    assert await refusal_of(ch09.partner.sign(claims)) == ""
    assert ch09.partner_keys.keys.keys() == {"partner-1"}


def test_network_is_the_transport_unless_another_is_given() -> None:
    source = ch09.KeySource("https://a.example", "https://a.example/m")
    assert source.transport is None
    assert source.keys == {}
