"""Chapter 4's practice: who may learn what from an answer."""

from importlib import import_module
from typing import Any
from unittest.mock import patch

import httpx

from snippets.classroom.answers import an_app
from snippets.classroom.practice import exercise
from snippets.classroom.predictions import prediction, right, wrong
from snippets.classroom.trials import expect, given

WIRING = "snippets.ch03_dependency_wiring"

prediction(
    "What does an unknown user get?",
    wrong(
        "404: there is no such user",
        "That would be friendly, and would tell everybody who asks which "
        "usernames exist. Half of each login is then known.",
    ),
    right(
        "401, as for a wrong password",
        "Both answers are the same, byte for byte, so nobody can tell from "
        "them which usernames exist.",
    ),
    wrong(
        "422: the form is not valid",
        "FastAPI answers 422 when a field is missing. This form has both, "
        "and what stands in them is for our own code to judge.",
    ),
)


@exercise(
    "stop the leak",
    an_app,
    hints=(
        "FastAPI sends what a function returns, unless the function promises "
        "something else. What does `read_team` promise?",
        "`/users/me/` returns a `UserInDB` as well, and no hash leaves. "
        "Compare its signature with yours.",
        "Say after `->` what the answer is: not what the store holds, but a "
        "list of what others may see of a user. FastAPI drops the rest.",
    ),
)
async def stop_the_leak(client: httpx.AsyncClient) -> None:
    """`GET /team/` answers with public fields, whatever the store holds."""
    wiring = import_module(WIRING)
    own = {name: user.model_copy() for name, user in wiring.users.items()}
    hashes = {user.hashed_password for user in own.values()}

    class Tomorrow(wiring.UserInDB):  # type: ignore[misc, name-defined]
        """A user with one more secret."""

        recovery_code: str

    with patch.dict(wiring.users, own, clear=True):
        store = list(wiring.users.values())
        given("a visitor who wants to know who is on the team")
        team = await read_team(client)
        expect(
            {user.get("username") for user in team} == own.keys()
            and all(user.get("email") for user in team),
            "The page does not show who is on the team, with username and "
            "email. A leak is not mended by answering with less than people "
            "need: they would go round it.",
        )
        given("a visitor who looks for hashes")
        expect(
            not any("hashed_password" in user for user in team),
            "`hashed_password` is a field of the answer. Whoever has the hash "
            "can guess the password at home, as fast as their machine can.",
        )
        expect(
            not any(hashed in str(team) for hashed in hashes),
            "The field has another name now, and the hash is still in it.",
        )
        given("a user who logs in afterwards")
        expect(
            all(vars(user).get("hashed_password") in hashes for user in store),
            "The hash is gone from the store as well, so nobody can log in "
            "any more. Change what leaves, not what is kept.",
        )
        given("a secret that somebody adds to the store next year")
        wiring.users["carol"] = Tomorrow(
            **own["johndoe"].model_dump(), recovery_code="4711-teach"
        )
        expect(
            "4711-teach" not in str(await read_team(client)),
            "It leaves with the answer. A list of what must not leave is out "
            "of date the day somebody adds a field. List what may.",
        )


async def read_team(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Read the page as its visitors do."""
    response = await client.get("/team/")
    expect(
        response.status_code == 200,
        "The page is gone. A leak is not mended by closing the service.",
    )
    team = response.json()
    expect(
        isinstance(team, list) and all(isinstance(u, dict) for u in team),
        "The page answers with something else than a list of users, each "
        "with its fields. Whoever reads it by program now fails.",
    )
    users: list[dict[str, Any]] = team
    return users
