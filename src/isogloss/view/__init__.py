"""A small site over a whole store: studies, what runs now, reports, any two studies compared."""
