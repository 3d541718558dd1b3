"""Tests of board definitions."""
