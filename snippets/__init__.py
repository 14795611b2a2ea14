"""The system of the course: one module a chapter, named as its notebook."""
