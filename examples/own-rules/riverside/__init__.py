"""The rules of the Riverside Gazette."""
