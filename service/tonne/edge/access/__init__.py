"""Access: authentication, roles, limits by caller and book."""
