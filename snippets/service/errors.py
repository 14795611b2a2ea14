"""Failures that become an answer of 503 (chapters 7 and 9)."""

from fastapi import Request
from fastapi.responses import JSONResponse

from .oauth import OAuthError, refuse
from .passwords import logger

FETCH_PAUSE = 60.0  # seconds at least between two fetches


async def unavailable(request: Request, error: Exception) -> JSONResponse:
    """Log an error of the database, and answer 503 without its text."""
    logger.error("the database failed", exc_info=error)
    refusal = OAuthError(
        503, "temporarily_unavailable", "try again later", {"Retry-After": "5"}
    )
    return await refuse(request, refusal)


async def no_keys(request: Request, error: Exception) -> JSONResponse:
    """Answer 503: the token may be good, but nobody can tell now."""
    later = {"Retry-After": f"{FETCH_PAUSE:.0f}"}
    refusal = OAuthError(503, "temporarily_unavailable", "no keys", later)
    return await refuse(request, refusal)
