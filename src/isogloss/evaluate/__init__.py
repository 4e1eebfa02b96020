"""Score what a trained model says: predictions, then metrics that never see a model."""
