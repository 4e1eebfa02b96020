"""The map: where languages are, and where the line runs between good and bad scores."""
