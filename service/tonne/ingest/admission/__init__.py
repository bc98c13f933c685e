"""Who comes in, and how much at once: memory, books, streams that say nothing, slots."""
