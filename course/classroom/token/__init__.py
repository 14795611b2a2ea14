"""A token parsed, laid out, edited, signed again and checked."""
