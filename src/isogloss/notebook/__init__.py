"""Studies and results as objects for notebooks and scripts; they show themselves richly."""
