"""What a client returned to its user, compared with what was on the wire."""
