"""The records: SQLite through SQLAlchemy Core. Functions take the connection of the caller's transaction."""
