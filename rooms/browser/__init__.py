"""The browser edition: the course as a static site, run in a browser tab."""
