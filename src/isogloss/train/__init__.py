"""Training: one loop, and fine-tuning as a loss and its batches."""
