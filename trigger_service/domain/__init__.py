"""Values and pure decisions. Standard library only, Python 3.9 in syntax: it also runs under users' interpreters."""
