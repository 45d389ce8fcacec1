"""Judges logs of any size in constant memory, part by part, and adds up what the parts showed."""
