"""What decides how records are posted: books, methods, editions, facilities, entities, months."""
