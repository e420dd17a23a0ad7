"""The desk: advisors ask for their clients and take conversations over; the corpus learns what it lacks."""
