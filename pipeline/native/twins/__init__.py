"""The plain twins of the native functions: their specification."""
