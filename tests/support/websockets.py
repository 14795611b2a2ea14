"""A WebSocket to an app in this process, message by message."""

import asyncio

from starlette.types import ASGIApp, Message, Scope


async def talk(
    app: ASGIApp, path: str, *sent: Message, host: str = "course.example"
) -> list[Message]:
    """Connect, send messages as a server hands them on, and hear the answers.

    `{"type": "websocket.receive", "text": "…"}`. After the last message the
    other side says nothing more.
    """
    waiting: list[Message] = [{"type": "websocket.connect"}, *sent]
    heard: list[Message] = []

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Message) -> None:
        heard.append(message)

    scope: Scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "wss",
        "query_string": b"",
        "headers": [(b"host", host.encode())],
        "subprotocols": [],
        "client": ("203.0.113.7", 50_000),
        "server": ("course.example", 443),
        "state": {},
    }
    await app(scope, receive, send)
    return heard


def text(content: str) -> Message:
    """Make a message of text."""
    return {"type": "websocket.receive", "text": content}


def binary(content: bytes) -> Message:
    """Make a message of bytes."""
    return {"type": "websocket.receive", "bytes": content}


HANGS_UP: Message = {"type": "websocket.disconnect", "code": 1001}
