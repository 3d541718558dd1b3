"""`twixt doctor`: what is installed, what is configured, whether it works, and a bundle that can be shown to others."""
