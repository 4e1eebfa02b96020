"""Pure functions on numbers: intervals, transfer, learning curves, gaps between languages."""
