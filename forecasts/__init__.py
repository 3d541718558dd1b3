"""The domain: boards, the ledger, refits, snapshots and what is read from them."""
