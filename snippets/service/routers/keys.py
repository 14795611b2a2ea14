"""The issuer's metadata and public keys (chapter 9)."""

from typing import Any

from fastapi import APIRouter, Depends, Response

from ..security import anyone
from ..tokens import CACHE_LIFE, JWKS_PATH, METADATA_PATH, Issuer, ours


def published(issuer: Issuer) -> APIRouter:
    """Make the routes of an issuer's metadata and keys."""
    router = APIRouter()

    @router.get(METADATA_PATH)
    async def read_metadata(response: Response) -> dict[str, Any]:
        """Return where this issuer's endpoints and keys are."""
        response.headers["Cache-Control"] = f"max-age={CACHE_LIFE:.0f}"
        return issuer.metadata()

    @router.get(JWKS_PATH)
    async def read_jwks(response: Response) -> dict[str, Any]:
        """Return this issuer's public keys."""
        response.headers["Cache-Control"] = f"max-age={CACHE_LIFE:.0f}"
        return issuer.jwks()

    return router


router = APIRouter(dependencies=[Depends(anyone)])
router.include_router(published(ours))
