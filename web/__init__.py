"""The web chat, the HTTP API and the command line."""
