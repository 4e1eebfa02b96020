"""The command `isogloss`: words in, rooms called, words out.

Heavy rooms are imported inside commands.
"""
