"""The rules of posting: books, methods, editions, facilities, entities, months."""
