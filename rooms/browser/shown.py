"""The cells that a tab cannot run: they are shown with their stored output.

A cell is named by its id in the notebook, so a changed text or place of the
cell changes nothing here. A cell that uses what such a cell makes is listed
as well.
"""

import re
from pathlib import Path

from course.chapters import chapters

THREADS = "measures or uses threads, and a browser tab has none"
CRYPTOGRAPHY = (
    "needs the package cryptography, which does not exist for browsers yet"
)
OWN_KERNEL = "is about Jupyter's own kernel, which a browser tab does not use"

CELLS: dict[str, dict[str, str]] = {
    "ch04_token_endpoint": {"e7e981cb": THREADS, "d46b3f4a": THREADS},
    "ch07_database": {
        "403f44b0": THREADS,
        "453e5f5c": THREADS,
        "2087d8be": THREADS,
    },
    "ch08_refresh_logout": {"4f17d819": THREADS, "b0bea24a": THREADS},
    "ch14_bug_hunt": {"41fe6036": CRYPTOGRAPHY},
}
# Cells of which some lines are left out, with a comment in their place: the
# lines assert times that only CPython's own libraries have.
LINES = {
    "ch04_token_endpoint": {
        "0e3d57ec": (
            """\
assert times["johndoe"] > 25 * times["root"]
assert times["alice"] > 25 * times["admin"]""",
            "# In a browser tab a request without bcrypt takes longer, too.",
        )
    },
    "ch07_database": {
        "0f9b792e": (
            "assert times[old_hash] > 1.5 * times[new_hash]",
            "# In a browser tab JavaScript computes, and Argon2 is slower.",
        )
    },
}
# Notebooks of which no cell is run, beside those that need cryptography.
NOTEBOOKS = {"extra_event_loop": OWN_KERNEL}
NEEDS = re.compile(r"(?m)^(?:import|from) cryptography\b")
CHAPTER = re.compile(r"(?m)^from snippets(?:\.| import )(\w+)")


def to_read(root: Path) -> dict[str, str]:
    """Return the notebooks of which a tab runs no cell, each with its reason.

    A chapter needs cryptography if its module, or a module of the system that
    it imports, does. So a new chapter need not be listed here.

    Returns:
        `{"ch09_keys_and_claims": "needs the package cryptography, …"}`.
    """
    found = dict(NOTEBOOKS)
    texts = {
        chapter.stem: chapter.module.read_text(encoding="utf-8")
        for chapter in chapters(root)
        if chapter.module.exists()
    }
    # A module imports modules of earlier chapters only.
    for stem, text in texts.items():
        if NEEDS.search(text) or found.keys() & set(CHAPTER.findall(text)):
            found[stem] = CRYPTOGRAPHY
    return found
