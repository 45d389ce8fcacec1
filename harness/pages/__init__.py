"""Run records drawn for people: pure functions from a record and its verdict to text."""
