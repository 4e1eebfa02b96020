"""Training: one loop; fine-tuning, pre-training and distillation as losses and batches for it."""
