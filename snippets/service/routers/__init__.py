"""The service's routes, a module for each part."""
