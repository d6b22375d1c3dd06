"""A single-cell atlas: submissions that arrive in a drop are verified and become releases."""
