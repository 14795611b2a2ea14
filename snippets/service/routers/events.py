"""A WebSocket that begins with a token (chapter 12)."""

import asyncio
from datetime import timedelta

from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from fastapi.security import SecurityScopes
from sqlalchemy.exc import SQLAlchemyError

from ..models import StoredUser
from ..oauth import OAuthError
from ..security import anyone, get_current_user
from ..tokens import KeysUnavailableError

router = APIRouter(dependencies=[Depends(anyone)])


FIRST_MESSAGE = timedelta(seconds=5)


async def websocket_user(websocket: WebSocket) -> StoredUser | None:
    """Return the user of the token in the first message, or None.

    A browser's WebSocket cannot send an Authorization header, and a token in
    the address would end up in logs (RFC 9700 §4.3.2).
    """
    try:
        async with asyncio.timeout(FIRST_MESSAGE.total_seconds()):
            token = await websocket.receive_text() or ""
        return await get_current_user(SecurityScopes(["me"]), token)
    except (OAuthError, TimeoutError, WebSocketDisconnect, KeyError):
        return None


@router.websocket("/users/me/events/")
async def send_events(websocket: WebSocket) -> None:
    """Greet the user whose token comes first; hang up otherwise."""
    await websocket.accept()
    try:
        user = await websocket_user(websocket)
    except (KeysUnavailableError, SQLAlchemyError):
        await websocket.close(1013, "try again later")
        return
    if user is None:
        await websocket.close(1008, "the first message is a valid token")
        return
    await websocket.send_json({"hello": user.username})
    await websocket.close()
