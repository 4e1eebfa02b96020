"""Tables, figures and a page, from rows of results and plain records only; never from models."""
