"""Where planning meets work: the only room that knows both wings."""
