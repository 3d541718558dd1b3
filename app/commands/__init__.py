"""The commands of `twixt`, one module each; `app.cli` loads them by name."""
