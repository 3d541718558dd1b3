"""What happens to the record when the world goes wrong: kills, full disks, restarts, cuts, clocks, mixed versions."""
