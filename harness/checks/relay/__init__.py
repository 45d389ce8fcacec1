"""Both sides of a gateway, and an endpoint beside the one it stands for."""
