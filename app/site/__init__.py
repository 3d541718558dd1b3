"""The static site: a board as files that need no server, with the numbers of the pages."""
