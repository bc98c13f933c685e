"""Records of one id: found by their keys, compared as they are, reversed or decided."""
