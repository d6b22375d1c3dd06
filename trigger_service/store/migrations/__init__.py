"""How the database came to look as `store.tables` says."""
