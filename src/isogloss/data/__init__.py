"""Data: sources of examples, splits, sampling per language, batches and the audit."""
