"""What a client handed to its user, beside what was on the wire."""
