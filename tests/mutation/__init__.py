"""Systematic mutation: faults generated from data; ``tests/mutants`` has the hand-written ones.

Hand-written mutants show that each requirement can fail; they cannot show what no requirement sees. Here operators, conditions and
endpoints are crossed over every place in the reference's replies; the table says which are found, and at which level.

operators_*  ways to break a reply, a stream, a request, or HTTP        conditions   when a fault happens
severity     what an official client's user gets of it                  run          plays mutations, on all cores, resumable
explained    survivors that are no gap, each with a check               table        the outcome as a table
"""
