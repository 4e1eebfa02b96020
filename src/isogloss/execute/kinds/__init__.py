"""One file a kind of step: what it reads, what it makes."""
