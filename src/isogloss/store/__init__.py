"""Finished steps and what is read out of them: present with all its bytes, or not there at all."""
