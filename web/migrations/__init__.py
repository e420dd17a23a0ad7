"""Steps that bring a database to the tables of ``web.storage``."""
