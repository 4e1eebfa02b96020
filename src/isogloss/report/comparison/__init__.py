"""Encoders side by side: one table, a tested difference, and a tie called a tie."""
