"""What a person brings: files, streams, samples."""
