"""Isogloss: find the line where a multilingual encoder stops working, and move it."""

__version__ = "0.1.0"
