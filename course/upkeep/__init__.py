"""For maintainers: weave, constraints."""
