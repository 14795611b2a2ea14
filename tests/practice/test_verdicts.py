"""Verdicts are quoted in the same words on every run and every Python."""

import pytest

from tests.support.verdicts import masked


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('`f(<token {"alg": "HS256"} . {"exp": 17} . ab…>, 1)`', None),
        ('`f(<token {"alg": "HS256", "iat": 17…, 1)`', None),
        ("`f('eyJhbGciOi.eyJ.ab_-…', 1)`", "`f('eyJ…', 1)`"),
        ("`$2b$04$abc./D`", "`$2b$…`"),
        ("`$argon2id$v=19$m=8,t=1,p=1$a+b`", "`$argon2id$…`"),
        ("<object at 0x7f1234567890>", "<object at 0x…>"),
        (
            "`f(1)` raised `TypeError: words of 3.14`. So.",
            "`f(1)` raised `TypeError`. So.",
        ),
        ("It has 2 bytes instead of 32.", "It has 2 bytes instead of 32."),
    ],
)
def test_what_varies_is_masked(text: str, quoted: str | None) -> None:
    assert masked(text) == (quoted or "`f(token…, 1)`")
