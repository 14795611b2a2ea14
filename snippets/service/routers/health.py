"""Is the service alive, and is it ready? (chapter 13)"""

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool

from ..limits import FOR_ALL, strategy
from ..models import Session
from ..security import anyone

router = APIRouter(dependencies=[Depends(anyone)])


def check_stores() -> None:
    """Ask the database and the counters for a sign of life.

    Raises:
        SQLAlchemyError: the database does not answer.
        StorageError: the counters do not.
    """
    with Session() as session:
        session.execute(sa.select(1))
    strategy.get_window_stats(FOR_ALL[0], "all")


@router.get("/health/live")
async def read_life() -> dict[str, str]:
    """Answer: the process runs. If nothing comes, restart it."""
    return {"status": "ok"}


@router.get("/health/ready")
async def read_readiness() -> dict[str, str]:
    """Answer: requests may come. A 503 says that they should not."""
    await run_in_threadpool(check_stores)
    return {"status": "ok"}
