"""Readers, one file a format: each turns a file into rows, one after the other."""
