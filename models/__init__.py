"""Pure statistics: arrays in, arrays out. No file, no clock, no database, no question text."""
