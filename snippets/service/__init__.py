"""A login service to copy: see README.md."""
