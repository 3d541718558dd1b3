"""The script that `streamlit run` starts. It lies apart from `app/pages` on purpose.

Beside a `pages` directory Streamlit would run those files by itself when a deep link is the first request of a new
server; and its own directory comes first on the import path, where modules of `app` would hide others of their name.
"""

from app.main import main

if __name__ == "__main__":
    main()
