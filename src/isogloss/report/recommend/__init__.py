"""Which candidate to take, under stated constraints and weights, and who ties with it."""
