"""Each attack succeeds against its flaw, and is stopped by its guard."""

import pytest

from snippets.ch10_attack_lab import (
    ATTACKS,
    GUARDS,
    Attack,
    flawed_app,
    run,
)

every_attack = pytest.mark.parametrize(
    "attack", ATTACKS.values(), ids=list(ATTACKS)
)


@pytest.mark.anyio
@every_attack
async def test_attack_succeeds_against_its_flaw(attack: Attack) -> None:
    outcome = await run(attack, flawed_app(**{attack.guard: attack.flaw}))
    assert outcome.status == 200


@pytest.mark.anyio
@every_attack
async def test_attack_is_stopped_by_its_guard(attack: Attack) -> None:
    assert attack.guard in GUARDS
    outcome = await run(attack, flawed_app())
    assert str(outcome) == f"401, stopped by {attack.guard}"
