"""The command `isogloss`: words in, rooms called, words out; rooms are imported inside commands."""
