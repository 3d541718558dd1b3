"""The files of the starter board, with `@NAME@` where `board_new` puts days and years."""
