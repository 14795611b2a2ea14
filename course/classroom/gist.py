"""The gist of a message: the few words that a diagram has room for."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

import httpx

FORM = "application/x-www-form-urlencoded"
SECRET = {"password", "client_secret", "refresh_token", "code_verifier"}
DOTS = "••••••"
LABELS = {"location": "to", "www-authenticate": "challenge"}


def asked(request: httpx.Request) -> Iterator[str]:
    """Say what was asked, with which credentials, and in which form.

    `POST /token`, then `username=johndoe, password=••••••`.
    """
    yield f"{request.method} {request.url.raw_path.decode('ascii')}"
    for credentials in request.headers.get_list("authorization"):
        scheme, _, secret = credentials.partition(" ")
        yield f"Authorization: {scheme} {start_of(secret)}"
    content = content_of(request).decode("latin-1")
    if content and request.headers.get("content-type", "").startswith(FORM):
        fields = parse_qsl(content, keep_blank_values=True)
        yield ", ".join(
            f"{name}={DOTS if name in SECRET and value else value}"
            for name, value in fields
        )


def answered(response: httpx.Response) -> Iterator[str]:
    """Say the status, the way on, and the one thing that matters.

    `401 Unauthorized`, `challenge: Bearer`, `detail: Not authenticated`.
    """
    yield f"{response.status_code} {response.reason_phrase}"
    for name, label in LABELS.items():
        for value in response.headers.get_list(name):
            yield f"{label}: {value}"
    if "json" in response.headers.get("content-type", ""):
        try:
            body = json.loads(content_of(response))
        except (ValueError, RecursionError):
            return
        yield news(body)


def news(body: object) -> str:
    """Say the one thing that matters in a JSON body."""
    match body:
        case {"access_token": str(token)}:
            return f"token received: {start_of(token)}"
        case {"error": str(error)}:
            return f"error: {error}"
        case {"detail": str(detail)} | {"detail": [{"msg": str(detail)}, *_]}:
            return f"detail: {detail}"
        case dict():
            return f"JSON: {', '.join(body)}"
        case list():
            return f"JSON: a list of {len(body)}"
    return "JSON"


def content_of(message: httpx.Request | httpx.Response) -> bytes:
    """Return a body; nothing, where it was streamed and not read."""
    try:
        return message.content
    except (httpx.RequestNotRead, httpx.ResponseNotRead):
        return b""


def start_of(secret: str) -> str:
    """Cut a secret to its first eight characters, as tokens are."""
    return secret if len(secret) <= 8 else f"{secret[:8]}…"
