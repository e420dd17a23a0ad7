"""Passages, vectors, lexical postings, builds and retrieval."""
