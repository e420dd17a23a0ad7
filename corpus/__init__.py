"""Documents: what they are, how files become them, where they are kept, and the service cards we write."""
