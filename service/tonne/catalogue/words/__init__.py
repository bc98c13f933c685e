"""The words of the field: units, regions, activities, accounts, gases, rules."""
