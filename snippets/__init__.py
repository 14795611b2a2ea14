"""The system of the course, one module a chapter, the same stem as its notebook."""
