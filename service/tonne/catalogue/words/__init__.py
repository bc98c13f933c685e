"""The words of the field: units, places, activities, accounts, gases, rules."""
