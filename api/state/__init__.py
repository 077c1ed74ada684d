"""The state of an installation in SQLite or PostgreSQL, and its files; the only room that imports sqlalchemy."""
