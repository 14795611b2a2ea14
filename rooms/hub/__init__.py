"""A JupyterHub for one room: `python -m rooms.hub`."""
