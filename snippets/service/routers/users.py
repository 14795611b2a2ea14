"""What users may do with their own accounts (chapters 4 to 11)."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from ..accounts import PasswordChange, change_password
from ..limits import check_password, forget_failures
from ..logins import end_families
from ..models import FamilyRow, User
from ..security import CurrentUser, Me, Owner

router = APIRouter()


@router.delete("/users/me/logins/", status_code=204)
async def log_out_everywhere(me: Me) -> None:
    """End all of the current user's logins with us, this one too."""
    await run_in_threadpool(end_families, FamilyRow.user_id == me.id)


@router.post("/users/me/password", status_code=204)
async def change_own_password(
    change: PasswordChange, me: Me, request: Request
) -> None:
    """Change the current user's password, and end all logins."""
    await check_password(request, me.username, change_password, me, change)
    await run_in_threadpool(forget_failures, me.username)
    await run_in_threadpool(end_families, FamilyRow.user_id == me.id)


@router.get("/status/")
async def read_system_status(current_user: CurrentUser) -> dict[str, str]:
    """Answer any user with a valid token, whatever its scopes."""
    return {"status": "ok"}


@router.get("/users/me/")
async def read_users_me(current_user: Me) -> User:
    """Return the current user's public fields."""
    return current_user


@router.get("/users/me/items/")
async def read_own_items(owner: Owner) -> list[dict[str, str]]:
    """Return the current user's items."""
    return [{"item_id": "Foo", "owner": owner.username}]
