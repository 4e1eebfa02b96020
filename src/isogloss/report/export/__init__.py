"""Finished models and results in the forms that others read: model cards, mteb, Every Eval Ever."""
