"""Models: tokenizers, encoders with their head, precision and attention."""
