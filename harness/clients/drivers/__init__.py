"""The programs that drive the clients, each for itself: they know nothing of us but ``protocol``, and nothing is judged in them."""
