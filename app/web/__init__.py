"""The server of the app: what Streamlit starts, and the headers of its answers."""
