"""One plug-in of each kind for Isogloss, to copy from."""
