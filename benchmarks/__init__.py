"""Measurements of Isogloss: each file, or package, is one."""
