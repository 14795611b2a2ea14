"""Tests of the service; keep them, and add your own."""
