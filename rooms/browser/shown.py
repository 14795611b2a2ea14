"""The cells that a tab cannot run: they are shown with their stored output.

A cell is named by its id in the notebook, so a changed text or place of the
cell changes nothing here. A cell that uses what such a cell makes is listed
as well.
"""

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
}
# Cells of which one line is left out, with a comment in its place: the line
# asserts times that only CPython's own libraries have.
LINES = {
    "ch07_database": {
        "0f9b792e": (
            "assert times[old_hash] > 1.5 * times[new_hash]",
            "# In a browser tab JavaScript computes, and Argon2 is slower.",
        )
    }
}
# Notebooks of which no cell is run, each with the reason.
NOTEBOOKS = {
    "ch09_keys_and_claims": CRYPTOGRAPHY,
    "ch10_attack_lab": CRYPTOGRAPHY,
    "ch11_under_load": CRYPTOGRAPHY,
    "ch12_browser_clients": CRYPTOGRAPHY,
    "extra_event_loop": OWN_KERNEL,
}
