"""What a person declares: frozen, strict and silent declarations, and how a file becomes one."""
