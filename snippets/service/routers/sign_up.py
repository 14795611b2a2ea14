"""Sign up (chapters 7 and 11)."""

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from ..accounts import SignUp, UsernameTakenError, add_user
from ..limits import BusyError, count_address, hashing, host_of, take_back
from ..models import User
from ..security import anyone

router = APIRouter(dependencies=[Depends(anyone)])


@router.post("/users/", status_code=201)
async def sign_up(new: SignUp, request: Request) -> User:
    """Store a new user, and return the public fields."""
    host = host_of(request)
    await run_in_threadpool(count_address, host)
    try:
        return await hashing.run(add_user, new)
    except BusyError:
        await run_in_threadpool(take_back, host)
        raise
    except UsernameTakenError as error:
        raise HTTPException(409, "this username is taken") from error
