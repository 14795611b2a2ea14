"""Issuers of chapter 9 that tests make up, and a network to reach them."""

import asyncio
import json
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx
import jwt

from snippets import ch09_keys_and_claims as ch09
from tests.support.forgeries import FAR_FUTURE, Claims
from tests.support.signers import key_for

THEIR_SUBJECT = "user-17"


def access_claims(**changes: Any) -> Claims:
    """Return all claims of RFC 9068 §2.2 but `iss`, with changes."""
    return {
        "sub": THEIR_SUBJECT,
        "aud": ch09.AUDIENCE,
        "client_id": "their client",
        "iat": 1_767_268_800,
        "exp": FAR_FUTURE,
        "jti": "0f8fad5b",
        "scope": "me items",
        **changes,
    }


def issuer_with(
    *algorithms: str, name: str = "https://third.example"
) -> ch09.Issuer:
    """Return an issuer with a key for each algorithm: `third-1`, …."""
    keys = [
        key_for(algorithm, f"third-{number}")
        for number, algorithm in enumerate(algorithms, start=1)
    ]
    return ch09.Issuer(name, keys)


def keys_of(issuer: ch09.Issuer) -> ch09.FindKey:
    """Look an issuer's keys up without a network."""

    async def find(kid: str) -> jwt.PyJWK | None:
        return ch09.keys_in(issuer.jwks()).get(kid)

    return find


@contextmanager
def trusting(issuer: ch09.Issuer, **demands: Any) -> Iterator[None]:
    """Trust an issuer for as long as this lasts, as `Trust` says."""
    trust = ch09.Trust(
        **{
            "issuer": issuer.name,
            "audience": ch09.AUDIENCE,
            "find_key": keys_of(issuer),
            **demands,
        }
    )
    with patch.dict(ch09.TRUSTED, {issuer.name: trust}):
        yield


async def refusal_of(token: str) -> str:
    """Return why a token is refused, `"ExpiredSignatureError: …"`, or `""`."""
    try:
        await ch09.read_access_token(token)
    except jwt.InvalidTokenError as error:
        return f"{type(error).__name__}: {error}"
    return ""


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        """Begin at some number: a monotonic clock has no epoch."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Stream(httpx.AsyncByteStream):
    """A body that is read once, as it would come from a network."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        """Begin before the first chunk."""
        self.chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the chunks."""
        return self.chunks


def reply(
    body: object = b"",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Make an answer of bytes, or of what JSON can be made of."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    return stream(chunks, status, headers)


def stream(
    chunks: Callable[[], AsyncIterator[bytes]],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Make an answer that sends these chunks, each time anew."""

    async def answer(request: httpx.Request) -> httpx.Response:
        body = Stream(chunks())
        return httpx.Response(status, headers=headers, stream=body)

    return answer


def failure(error: Exception) -> Answer:
    """Make an answer that never arrives."""

    async def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


DOWN = failure(httpx.ConnectError("nobody listens"))


@dataclass
class Network:
    """A network with one issuer in it, who may lie, and a source of its keys.

    `answers` replaces the answer of a path. `asked` lists what was asked for.
    """

    issuer: ch09.Issuer
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the issuer would, or as `answers` says."""
        self.asked.append(str(request.url))
        await asyncio.sleep(0)
        honest = {
            ch09.METADATA_PATH: reply(self.issuer.metadata()),
            ch09.JWKS_PATH: reply(self.issuer.jwks()),
        }
        return await (honest | self.answers)[request.url.path](request)

    def source(self) -> ch09.KeySource:
        """Return a source without keys that uses this network and clock."""
        source = ch09.KeySource(
            self.issuer.name,
            self.issuer.name + ch09.METADATA_PATH,
            httpx.MockTransport(self.answer),
        )
        source.clock = self.clock
        return source

    @property
    def fetches(self) -> int:
        """Count how often the keys, or their address, were asked for."""
        return sum(url.endswith(ch09.METADATA_PATH) for url in self.asked)
