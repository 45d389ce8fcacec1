"""A gateway judged from both sides, with a scripted upstream behind it, or beside the endpoint that it stands for."""
