"""The parts of the section "Why", each from the evidence to blocks; none if there is nothing."""
