"""Other rooms to take the course in than one's own machine."""
