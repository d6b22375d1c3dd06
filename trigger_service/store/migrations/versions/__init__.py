"""One file for each version, named by its number; applied in order, never changed once released."""
