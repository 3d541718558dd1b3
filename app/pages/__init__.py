"""The pages of the app, one `render()` each."""
