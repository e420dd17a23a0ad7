"""A tiny Argos package that the tests train themselves: for tests only, it knows a hundred sentences."""
