"""Product footprints of suppliers (PACT): read, added up again, made an edition."""
