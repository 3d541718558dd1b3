"""Backups: one file with every row, artefact and definition, from either database and into either."""
