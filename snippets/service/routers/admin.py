"""What administrators may do (chapter 13)."""

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from ..models import Session, UserRow
from ..security import Administrator

router = APIRouter()


def usernames() -> list[str]:
    """Return the names of all users, in order."""
    with Session() as session:
        names = sa.select(UserRow.username)
        return list(session.scalars(names.order_by(UserRow.username)))


@router.get("/admin/users/")
async def read_usernames(admin: Administrator) -> list[str]:
    """Return all usernames to an administrator."""
    return await run_in_threadpool(usernames)
