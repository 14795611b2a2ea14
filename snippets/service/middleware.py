"""What stands around every route (chapters 12 and 13)."""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .security import refuse_open_routes
from .settings import settings

PAGE_ORIGINS = settings.page_origins


class CORSForAPI(CORSMiddleware):
    """Let pages of other origins call the API, but not log anybody in.

    At the authorization endpoint no script has any business (RFC 9700 §2.6),
    at the session's none of another origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Allow what the API has, and the headers that a page needs."""
        super().__init__(
            app,
            allow_origins=PAGE_ORIGINS,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization"],
            expose_headers=["WWW-Authenticate", "Retry-After"],
        )

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Leave the endpoints of pages without CORS headers."""
        if scope.get("path", "").startswith(("/authorize", "/session")):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class SafeHeaders:
    """Add headers to every answer, those of refusals included.

    The browser comes back by https alone (RFC 6797 §6.1), and does not guess
    what an answer is. Two answers come from outside of all middleware: the
    500 of a crash, and the 413 of a body that says how long it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand around an app."""
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass everything on, and add the headers to the answer."""

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                if scope["scheme"] == "https":  # RFC 6797 §7.2
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, send_more)


MOST_BODY_BYTES = 64_000  # of a request's body


def protect(app: FastAPI, hosts: list[str]) -> None:
    """Finish an app: look at its routes, and stand guards around it.

    Raises:
        OpenRouteError: a route does not say who may call it.
    """
    refuse_open_routes(app)
    app.add_middleware(CORSForAPI)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(SafeHeaders)
