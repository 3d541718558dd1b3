"""Telling others what happens on a board: subscribers, their rules, an outbox, and signed deliveries."""
