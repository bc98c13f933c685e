"""Meters: readings of registers, and Green Button files, as amounts of intervals."""
