"""Input of people: files, streams, samples."""
