"""The issuer's metadata and public keys (chapter 9)."""

from typing import Any

from fastapi import APIRouter, Depends, Response

from ..codes import PASSWORD_GRANT
from ..security import anyone
from ..tokens import CACHE_LIFE, JWKS_PATH, METADATA_PATH, Issuer, ours

router = APIRouter(dependencies=[Depends(anyone)])


@router.get(METADATA_PATH, include_in_schema=False)
async def read_own_metadata(response: Response) -> dict[str, Any]:
    """Return our issuer's metadata, before chapter 9's route below would."""
    response.headers["Cache-Control"] = f"max-age={CACHE_LIFE:.0f}"
    grants = ["authorization_code", "refresh_token"]
    return ours.metadata() | {  # RFC 8414 §2, RFC 9207 §3
        "authorization_endpoint": f"{ours.name}/authorize",
        "response_types_supported": ["code"],
        "grant_types_supported": grants + ["password"] * PASSWORD_GRANT,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": True,
    }


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


router.include_router(published(ours))
