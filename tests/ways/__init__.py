"""The ways of asking: which there are, which cannot meet, and requests in which every two of them that can meet do.

The requests are kept as cases, to be read like those written by hand; ``python -m tests.ways`` writes them again.
"""
