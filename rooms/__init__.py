"""Ways to be in a class: for those who teach the course."""
