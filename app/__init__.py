"""What people touch: the Streamlit pages and the command line. No formula lives here."""
