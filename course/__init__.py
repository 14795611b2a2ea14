"""What stands around the system: the desk, the aids, practice and upkeep."""
