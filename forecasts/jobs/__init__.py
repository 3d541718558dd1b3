"""Jobs: what is due, the one process that computes it, and when to stop trying."""
