"""The child side: what runs users' tasks. Standard library, luigi and `domain` only; Python 3.9 and later."""
