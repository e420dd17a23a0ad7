"""Answer-quality suites."""
