"""Hypothesis strategies: JSON values as an attacker or a client sends them."""

from typing import Any

from hypothesis import strategies as st


def json_of(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a scalar, or lists and objects of such scalars up to depth 3 or so.

    The names of an object are texts of at most five characters.
    """
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=6,
    )


CONSTANTS = st.none() | st.booleans() | st.integers()
# Python writes NaN, infinities and lone surrogates; JSON has none of them.
json_values = json_of(
    CONSTANTS | st.floats() | st.text(st.characters(), max_size=20)
)
strict_json_values = json_of(
    CONSTANTS
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
)
